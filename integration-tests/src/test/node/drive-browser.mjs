// Drives a browser with a fresh profile for a test in another process, until it is ended.
// Usage: node drive-browser.mjs chromium|firefox
// Says "ready <uri>" and answers there, always in text:
//   POST /open?url=…&width=…&height=…&alone=…   opens a page, waits until it has loaded, answers its number; with
//                                               patience=…, waits no longer than so many milliseconds
//   POST /<number>/go?url=…                     opens another in its place; answers why it failed, if it did
//   POST /<number>/evaluate                     what the expression in the body gives, or its promise
//   POST /<number>/click                        clicks on what the selector in the body finds first
//   POST /<number>/screenshot?path=…            writes a picture
//   POST /<number>/close
import { createServer } from 'node:http';
import { launch, launchFirefox } from './browser.mjs';

const [kind] = process.argv.slice(2);
const browser = await (kind === 'firefox' ? launchFirefox() : launch());
const pages = new Map();
let last = 0;

const go = async (page, options) => {
  try {
    await page.goto(options.get('url'), { timeout: Number(options.get('patience') ?? 30_000) });
    return '';
  } catch (error) {
    // a download, an answer without content: the test looks at what there is
    return error.message;
  }
};

// one after the other: Firefox loses some that are made at once
let made = Promise.resolve();
const make = (alone) => {
  const page = made.then(async () => (alone ? await browser.createBrowserContext() : browser).newPage());
  made = page.catch(() => {});
  return page;
};

const open = async (options) => {
  const page = await make(options.get('alone') === 'true');
  const number = String(++last);
  pages.set(number, page);
  if (options.has('width')) {
    await page.setViewport({ width: Number(options.get('width')), height: Number(options.get('height')) });
  }
  return `${number} ${await go(page, options)}`;
};

const perform = async (url, body) => {
  const options = url.searchParams;
  const [, subject, action] = url.pathname.split('/');
  if (subject === 'open') return open(options);
  const page = pages.get(subject);
  switch (action) {
    case 'go':
      return go(page, options);
    case 'evaluate':
      return page.evaluate(body);
    case 'click':
      await page.click(body);
      return '';
    case 'screenshot':
      await page.screenshot({ path: options.get('path'), fullPage: true });
      return '';
    case 'close':
      pages.delete(subject);
      await page.close();
      return '';
    default:
      throw new Error(`no such command: ${url.pathname}`);
  }
};

const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  try {
    const answer = await perform(new URL(request.url, 'http://localhost'), body);
    response.end(String(answer));
  } catch (error) {
    response.writeHead(500).end(error.message);
  }
});

const end = async () => {
  await browser.close();
  process.exit(0);
};
process.on('SIGTERM', end);
process.on('SIGINT', end);
// who has started it is gone without a word
process.stdin.resume().on('end', end);
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${server.address().port}`));
