// Two pages of Chromium's meet in a room and exchange bytes over a data channel.
// Usage: node rooms-in-browser.mjs <http uri of the server>
import { randomBytes } from 'node:crypto';
import { fail, launch, open } from './browser.mjs';
import { answerInRoom, offerInRoom, route } from './rooms-page.mjs';

const [uri] = process.argv.slice(2);
const signaling = `ws${uri.slice('http'.length)}/.webrtc`;
const room = randomBytes(16).toString('hex');
const config = { iceServers: [] };

const browser = await launch();
const answerer = await open(browser, 'answerer', uri);
const offerer = await open(browser, 'offerer', uri);
if ((await answerer.evaluate(answerInRoom, { signaling, room, config })) !== 0) fail('the room was not empty');
const length = await offerer.evaluate(offerInRoom, { signaling, room, config, length: 60_000 });
console.log(`echoed ${length} bytes`);
console.log(`route ${(await offerer.evaluate(route)).join(' ')}`);
await browser.close();
console.log('done');
