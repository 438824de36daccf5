// What an honest page needs of its own service. Its results are lines of "need: outcome".
const outcomeOf = async (attempt) => {
  const late = new Promise((resolve) => setTimeout(resolve, 10_000, 'pending'));
  try {
    return await Promise.race([attempt(), late]);
  } catch (error) {
    return `${error.name}: ${error.message}`;
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

const message = () => new Promise((resolve) => addEventListener('message', ({ data }) => resolve(data)));

const send = async (method, headers = {}) => {
  const response = await fetch('api?of=fetch', { method, headers, body: method === 'GET' ? undefined : '{"a":1}' });
  return `${response.status} ${await response.text()}`;
};

const needs = {
  script: () => attach('script', { src: 'script.js' }).then(() => String(window.ranScript)),
  module: () => attach('script', { type: 'module', src: 'module.js' }).then(() => String(window.ranModule)),
  // a classic script can't, in Chromium: it counts as another origin's
  import: () => attach('script', { type: 'module', src: 'import.js' }).then(() => window.imported),
  style: () =>
    attach('link', { rel: 'stylesheet', href: 'style.css' }).then(() => getComputedStyle(document.body).color),
  image: () => attach('img', { src: 'image.svg' }),
  // neither is any: that they are asked for is what counts
  font: () => new FontFace('own', 'url(font.woff2)').load().catch(() => 'no font'),
  video: () => event(Object.assign(document.createElement('video'), { src: 'video.webm' }), 'loadeddata'),
  frame: async () => {
    const said = message();
    await attach('iframe', { src: 'frame.html' });
    return said;
  },
  get: () => send('GET'),
  post: () => send('POST', { 'content-type': 'application/json', 'x-asked': 'yes' }),
  put: () => send('PUT', { 'content-type': 'application/json' }),
  delete: () => send('DELETE'),
  events: async () => {
    const source = new EventSource('events');
    const first = await new Promise((resolve) => {
      source.onmessage = ({ data }) => resolve(data);
      source.onerror = () => resolve('error');
    });
    source.close();
    return first;
  },
  form: async () => {
    await attach('iframe', { name: 'target' });
    const form = Object.assign(document.createElement('form'), { action: 'form', method: 'post', target: 'target' });
    document.body.append(form);
    const answered = event(document.querySelector('iframe[name=target]'), 'load');
    form.submit();
    return answered;
  },
};

window.results = (async () => {
  const outcomes = await Promise.all(
    Object.entries(needs).map(async ([name, attempt]) => `${name}: ${await outcomeOf(attempt)}`),
  );
  return outcomes.join('\n');
})();
