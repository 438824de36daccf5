import './style.css';
import { greeting } from './greeting.js';

const main = document.querySelector('main');
const base = new URL(import.meta.env.BASE_URL, document.baseURI);
const api = (name) => new URL(`api/${name}`, base);

// the router: paths below the base, each page loaded when it is needed
const pages = {
  '': async () => greeting,
  about: async () => (await import('./about-page.js')).render(),
};
const show = async () => {
  const name = location.pathname.slice(base.pathname.length);
  main.textContent = await (pages[name] ?? (() => `no page ${name}`))();
};
const go = async (name) => {
  history.pushState(null, '', new URL(name, base));
  await show();
};
addEventListener('popstate', show);

if (import.meta.hot) {
  import.meta.hot.accept('./greeting.js', (changed) => {
    main.textContent = changed.greeting;
  });
}

const first = (target, ...names) =>
  new Promise((resolve) => {
    for (const name of names) target.addEventListener(name, resolve);
  });

const ask = async (name, options) => (await fetch(api(name), options)).json();

const must = (condition, what) => {
  if (!condition) throw new Error(what);
};

// what an app does, as the documentation lists it
const uses = {
  'pages load with their modules and styles': async () => {
    await show();
    must(main.textContent !== '' && getComputedStyle(main).color === 'rgb(1, 2, 3)', main.textContent);
  },
  'routes change the address (History API)': async () => {
    const { pathname } = location;
    await go('about?from=there');
    must(main.textContent === 'about this app' && location.search === '?from=there', location.href);
    history.back();
    await first(window, 'popstate');
    must(location.pathname === pathname && location.search === '', location.href);
  },
  'parts of the code are loaded later (`import()`)': async () => {
    must((await import('./about-page.js')).render() === 'about this app', 'not loaded');
  },
  'requests to its own API': async () => {
    must((await ask('echo')).method === 'GET', 'GET');
  },
  'requests of any method, and with JSON': async () => {
    const options = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' };
    must((await ask('echo', options)).method === 'PUT', 'PUT');
  },
  'its own WebSocket': async () => {
    const socket = new WebSocket(String(api('socket')).replace('http', 'ws'));
    must((await first(socket, 'message', 'error', 'close')).data === 'from the service', 'closed');
    socket.close();
  },
  'server-sent events': async () => {
    const source = new EventSource(api('events'));
    const { data } = await first(source, 'message', 'error');
    source.close();
    must(data === 'an event', 'error');
  },
  'cookies that its API sets and reads (passthrough)': async () => {
    await ask('login');
    const { cookie } = await ask('echo');
    must(/session=1/.test(cookie), `cookies '${cookie}'`);
  },
  'cookies of its scripts (`document.cookie`)': async () => {
    document.cookie = 'theme=dark';
    must(/theme=dark/.test(document.cookie), 'no cookie');
  },
  'storage (`localStorage`, IndexedDB, caches)': async () => {
    localStorage.setItem('key', 'value');
    must((await first(indexedDB.open('db'), 'success', 'error')).type === 'success', 'error');
  },
  'workers from a file': async () => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    must((await first(worker, 'message', 'error')).data === 'from a worker', 'error');
  },
  'workers from a blob': async () => {
    const worker = new Worker(URL.createObjectURL(new Blob(["postMessage('from a blob')"])));
    must((await first(worker, 'message', 'error')).data === 'from a blob', 'error');
  },
  'service workers': async () => {
    await navigator.serviceWorker.register(api('service-worker.js'));
  },
};

const outcome = async (use) => {
  try {
    const late = new Promise((resolve, reject) => setTimeout(reject, 30_000, new Error('nothing happens')));
    await Promise.race([use(), late]);
    return 'yes';
  } catch (error) {
    return `no, ${error.name}: ${error.message}`;
  }
};

window.results = (async () => {
  const lines = [];
  for (const [name, use] of Object.entries(uses)) lines.push(`${name}: ${await outcome(use)}`);
  await show();
  return lines.join('\n');
})();
