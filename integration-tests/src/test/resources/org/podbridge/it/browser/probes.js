// What a hostile page tries on the pod whose host it shares. Its results are lines of "probe: outcome".
const pod = location.origin;

const outcomeOf = async (attempt, patience = 10_000) => {
  const late = new Promise((resolve) => setTimeout(resolve, patience, 'pending'));
  try {
    return await Promise.race([attempt(), late]);
  } catch (error) {
    return error.name ?? String(error);
  }
};

const event = (target, good, bad = 'error') =>
  new Promise((resolve) => {
    target.addEventListener(good, () => resolve(good));
    target.addEventListener(bad, () => resolve(bad));
  });

const attach = (name, attributes) => {
  const element = Object.assign(document.createElement(name), attributes);
  const loaded = event(element, 'load');
  document.body.append(element);
  return loaded;
};

const frameOf = async (name) => {
  await attach('iframe', { name, src: `${pod}/seen/iframe` });
  return `read ${frames[name].document.contentType}`;
};

const send = async (method, path) => {
  const response = await fetch(pod + path, {
    method,
    credentials: 'include',
    headers: method === 'PUT' ? { 'content-type': 'text/turtle' } : {},
    body: method === 'GET' ? undefined : '<#me> a <#Fool>.',
  });
  return `${response.status} ${await response.text()}`;
};

const probes = {
  origin: () => window.origin,
  cookies: () => document.cookie,
  'cookie written': () => {
    document.cookie = 'written=1; Path=/';
    return 'done';
  },
  localStorage: () => localStorage.getItem('key'),
  sessionStorage: () => `${sessionStorage.length} entries`,
  indexedDB: () => event(indexedDB.open('db'), 'success'),
  caches: async () => `${(await caches.keys()).length} caches`,
  'file system': async () => (await navigator.storage.getDirectory()).kind,
  fetch: () => send('GET', '/private/fetch'),
  'fetch with CORS': () => send('GET', '/shared/fetch'),
  put: () => send('PUT', '/private/put'),
  'put with CORS': () => send('PUT', '/shared/put'),
  'service worker': async () => (await navigator.serviceWorker.register('worker.js')).scope,
  'service worker of the host': async () =>
    (await navigator.serviceWorker.register('worker-of-all.js', { scope: '/' })).scope,
  'shared worker': async () => event(new SharedWorker('shared-worker.js').port, 'never', 'never'),
  socket: () => event(new WebSocket(`ws${pod.slice('http'.length)}/seen/socket`), 'open'),
  image: () => attach('img', { src: `${pod}/seen/image` }),
  style: () => attach('link', { rel: 'stylesheet', href: `${pod}/seen/style` }),
  frame: () => frameOf('one'),
  form: async () => {
    await attach('iframe', { name: 'target' });
    const form = Object.assign(document.createElement('form'), {
      action: `${pod}/seen/form`,
      method: 'post',
      target: 'target',
    });
    document.body.append(form);
    const answered = event(document.querySelector('iframe[name=target]'), 'load');
    form.submit();
    return answered;
  },
  beacon: () => String(navigator.sendBeacon(`${pod}/seen/beacon`, 'x')),
  window: async () => {
    const opened = window.open(`${pod}/empty`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    try {
      return `read ${opened.document.contentType} ${opened.localStorage.getItem('key')}`;
    } finally {
      opened.close();
    }
  },
  passkey: async () => {
    await navigator.credentials.get({
      publicKey: { challenge: new Uint8Array(32), rpId: location.hostname, userVerification: 'discouraged' },
    });
    return 'asserted';
  },
};

const patience = { 'shared worker': 500, passkey: 1500 };

window.results = (async () => {
  const outcomes = await Promise.all(
    Object.entries(probes).map(async ([name, attempt]) => `${name}: ${await outcomeOf(attempt, patience[name])}`),
  );
  return outcomes.join('\n');
})();
