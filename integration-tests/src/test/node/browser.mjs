// The browsers as the tests need them: with fresh profiles, and nothing but this machine to connect to. Chromium has a
// camera and a microphone, made up.
import { execFileSync } from 'node:child_process';
import puppeteer from 'puppeteer-core';

const find = (program) => execFileSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' }).trim();

export const launch = () =>
  puppeteer.launch({
    executablePath: find(process.env.CHROMIUM ?? 'chromium'),
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
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-quic',
      '--disable-sync',
      '--no-first-run',
    ],
  });

export const launchFirefox = () =>
  puppeteer.launch({
    browser: 'firefox',
    executablePath: find(process.env.FIREFOX ?? 'firefox-esr'),
    timeout: 120_000,
    extraPrefsFirefox: {
      // as people have them; a driver's profile lets more cookies through
      'browser.contentblocking.category': 'standard',
      'network.cookie.cookieBehavior': 5,
      'app.update.auto': false,
      'browser.region.network.url': '',
      'browser.safebrowsing.provider.mozilla.updateURL': '',
      'dom.push.connection.enabled': false,
      'extensions.systemAddon.update.enabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'network.prefetch-next': false,
      'services.settings.server': '',
      'toolkit.telemetry.enabled': false,
      'toolkit.telemetry.unified': false,
    },
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
