// Alice and Bob call each other with the call page, in two windows of Chromium's, and go on when the server is gone.
// Usage: node call-in-browser.mjs <http uri of the server> <token of alice> <token of bob> <folder for screenshots>
import { fail, launch, open, until } from './browser.mjs';

const [uri, aliceToken, bobToken, screenshots] = process.argv.slice(2);

/** Keeps the peer connections of a page where the test finds them, and lets the test hold back what arrives. */
const watch = (page) =>
  page.evaluateOnNewDocument(() => {
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...settings) {
        super(...settings);
        window.connections.push(this);
        this.addEventListener('signalingstatechange', () => {
          window.states = [...(window.states ?? []), this.signalingState];
        });
      }
    };
    window.WebSocket = class extends WebSocket {
      set onmessage(listener) {
        super.onmessage = (event) => {
          const { type } = JSON.parse(event.data);
          if (window.held && ['offer', 'answer', 'candidate'].includes(type)) {
            window.held.push({ type, deliver: () => listener(event) });
          } else {
            listener(event);
          }
        };
      }
    };
  });

const hold = (page) =>
  page.evaluate(() => {
    window.held = [];
  });
const heldOffers = (page) => page.evaluate(() => window.held.filter(({ type }) => type === 'offer').length);
const letGo = (page) =>
  page.evaluate(() => {
    const { held } = window;
    window.held = null;
    for (const { deliver } of held) deliver();
  });

class Person {
  constructor(label, page) {
    this.label = label;
    this.page = page;
  }

  static async enter(browser, label, token, wrongToken) {
    const page = await open(browser, label, `${uri}/call/`, async (fresh) => {
      await watch(fresh);
      await fresh.setViewport({ width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
    });
    const person = new Person(label, page);
    if (wrongToken) {
      await page.type('#token', wrongToken);
      await page.click('#enter button');
      await person.shows('#notice', 'Look for the token');
      await page.$eval('#token', (input) => {
        input.value = '';
      });
    }
    await page.type('#token', token);
    await page.click('#enter button');
    await page.waitForSelector('#online:not([hidden])');
    return person;
  }

  async click(selector) {
    await this.page.waitForSelector(selector, { visible: true });
    await this.page.click(selector);
  }

  text(selector) {
    return this.page.$eval(selector, (element) => element.textContent);
  }

  shows(selector, part) {
    return until(`${this.label} ${selector}`, () => this.text(selector), (text) => text.includes(part));
  }

  /** Of the connections that aren't closed: how many frames were decoded, and packets of audio received. */
  media() {
    return this.page.evaluate(async () => {
      const sums = { frames: 0, audio: 0, open: 0 };
      for (const connection of window.connections) {
        if (connection.connectionState === 'closed') continue;
        sums.open += 1;
        for (const entry of (await connection.getStats()).values()) {
          if (entry.type !== 'inbound-rtp') continue;
          if (entry.kind === 'video') sums.frames += entry.framesDecoded;
          else sums.audio += entry.packetsReceived;
        }
      }
      return sums;
    });
  }

  async seesMore(than, phase) {
    const now = await until(
      `${this.label}, ${phase}`,
      () => this.media(),
      ({ frames, audio }) => frames >= than.frames + 20 && audio >= than.audio + 20,
    );
    if (now.open !== 1) fail(`${this.label} has ${now.open} connections`);
    console.log(`${this.label}, ${phase}: ${than.frames} to ${now.frames} frames, ${than.audio} to ${now.audio} packets of audio`);
  }

  async picture(name) {
    await this.page.screenshot({ path: `${screenshots}/${name}.png` });
  }
}

const nothing = { frames: 0, audio: 0 };
const browser = await launch();
const alice = await Person.enter(browser, 'alice', aliceToken);
const bob = await Person.enter(browser, 'bob', bobToken, 'nonsense');
const both = [alice, bob];
await alice.shows('#peers', 'Bob');
await bob.shows('#peers', 'Alice');
await alice.picture('call-online');

// one calls, the other accepts
await alice.click('#peers button');
await bob.shows('#caller', 'Alice is calling');
await bob.picture('call-ringing');
await bob.click('#accept');
for (const person of both) await person.seesMore(nothing, 'called');
await alice.shows('#state', 'Bob, directly');
await alice.picture('call-connected');
for (const { label, page } of both) {
  const urls = await page.evaluate(() => window.connections.at(-1).getConfiguration().iceServers.flatMap((server) => server.urls));
  console.log(`${label} may use ${urls.join(' ')}`);
}
await alice.click('#hangup');
await bob.shows('#notice', 'Alice hung up');
for (const person of both) {
  await person.page.waitForSelector('#call[hidden]');
  if ((await person.media()).open !== 0) fail(`${person.label} has a connection left`);
}
console.log('hung up');

// one calls, the other declines
await bob.click('#peers button');
await alice.click('#decline');
await bob.shows('#notice', 'Alice did not take the call');
console.log('declined');

// both call at once: neither hears of the other's offer before it has made its own
for (const person of both) await hold(person.page);
for (const person of both) {
  await person.page.evaluate(() => {
    window.states = [];
  });
  await person.click('#peers button');
}
for (const person of both) await until(`${person.label} waits`, () => heldOffers(person.page), (count) => count > 0);
for (const person of both) await letGo(person.page);
for (const person of both) await person.seesMore(nothing, 'called by both');
for (const person of both) console.log(`${person.label}: ${(await person.page.evaluate(() => window.states)).join(' ')}`);

// the server stops now; the test that started this script does it when it reads this
console.log('stop the server');
await alice.shows('#notice', 'goes on without it');
await bob.shows('#notice', 'goes on without it');
for (const person of both) await person.seesMore(await person.media(), 'without a server');
await bob.picture('call-without-server');
await browser.close();
console.log('done');
