// Opens a page in a headless Chromium and tells what a person would see, line by line, until it is ended:
//   node visit.mjs <URL> <selector of an element>
// "shows <text>" whenever the element's text has changed, with "(again)" if the page was loaded anew for it;
// "socket <status> <URL>" for every WebSocket that the page opens, "message <text>" for what comes on it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const [url, selector] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), 'podbridge-visit-'));
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = spawn(
  process.env.CHROMIUM ?? 'chromium',
  [
    '--headless=new',
    ...asRoot,
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    'about:blank',
  ],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);

const end = () => {
  browser.kill();
};
process.on('SIGTERM', end);
process.on('SIGINT', end);
browser.on('error', (error) => {
  console.log(`no browser: ${error.message}`);
  process.exit(1);
});
browser.on('exit', () => {
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
});

const endpoint = await new Promise((resolve) => {
  createInterface({ input: browser.stderr }).on('line', (line) => {
    const found = line.match(/^DevTools listening on (ws:\S+)/);
    if (found) resolve(found[1]);
  });
});

const devTools = new WebSocket(endpoint);
await new Promise((resolve) => devTools.once('open', resolve));
const answers = new Map();
const sockets = new Map();
let last = 0;
let session;

const ask = (method, params = {}) =>
  new Promise((resolve, reject) => {
    answers.set(++last, { resolve, reject });
    devTools.send(JSON.stringify({ id: last, method, params, sessionId: session }));
  });

devTools.on('message', (data) => {
  const { id, result, error, method, params } = JSON.parse(data);
  if (id) {
    const answer = answers.get(id);
    answers.delete(id);
    if (error) answer.reject(new Error(error.message));
    else answer.resolve(result);
  } else if (method === 'Network.webSocketCreated') {
    sockets.set(params.requestId, params.url);
  } else if (method === 'Network.webSocketHandshakeResponseReceived') {
    console.log(`socket ${params.response.status} ${sockets.get(params.requestId)}`);
  } else if (method === 'Network.webSocketFrameReceived') {
    console.log(`message ${params.response.payloadData}`);
  } else if (method === 'Network.webSocketFrameError') {
    console.log(`socket failed: ${params.errorMessage}`);
  }
});

const { targetId } = await ask('Target.createTarget', { url: 'about:blank' });
session = (await ask('Target.attachToTarget', { targetId, flatten: true })).sessionId;
await ask('Network.enable');
await ask('Page.enable');
await ask('Page.navigate', { url });

// The mark is lost when the page is loaded anew.
const look = `(() => {
  const text = document.querySelector(${JSON.stringify(selector)})?.textContent;
  if (!text) return null;
  const marked = window.seenBefore === true;
  window.seenBefore = true;
  return { text, marked };
})()`;
let shown;
for (;;) {
  const { result } = await ask('Runtime.evaluate', { expression: look, returnByValue: true }).catch(() => ({}));
  const seen = result?.value;
  if (seen && seen.text !== shown) {
    const again = shown !== undefined && !seen.marked ? ' (again)' : '';
    shown = seen.text;
    console.log(`shows ${shown}${again}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}
