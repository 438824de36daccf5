// Chromium as the tests need it: camera and microphone made up, and nothing but this machine to connect to.
import { execFileSync } from 'node:child_process';
import puppeteer from 'puppeteer-core';

const chromium = () =>
  execFileSync('sh', ['-c', 'command -v "$0"', process.env.CHROMIUM ?? 'chromium'], { encoding: 'utf8' }).trim();

export const launch = () =>
  puppeteer.launch({
    executablePath: chromium(),
    args: [
      // tests may run as root, where Chromium's sandbox can't; all pages are our own
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection',
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      // pages in the background go on at full speed
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ],
  });

/** A page of its own profile: no other shares its storage. Its errors end the test. */
export const open = async (browser, label, uri, prepare = async () => {}) => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => fail(`${label}: ${error.message}`));
  page.on('console', (message) => console.log(`${label} says: ${message.text()}`));
  await prepare(page);
  await page.goto(uri);
  return page;
};

export const fail = (reason) => {
  console.error(`failed: ${reason}`);
  process.exit(1);
};

/** Asks until the answer pleases; fails after 60 s with the last answer. */
export const until = async (what, ask, pleases) => {
  const deadline = Date.now() + 60_000;
  let answer;
  do {
    answer = await ask();
    if (pleases(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < deadline);
  return fail(`${what}: ${JSON.stringify(answer)}`);
};
