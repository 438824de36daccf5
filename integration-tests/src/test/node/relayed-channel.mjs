// Two pages of Chromium's connect only through the TURN server for which the pod server gives credentials; with others than
// those it refuses them.
// Usage: node relayed-channel.mjs <http uri of the server> <token> <secret of the TURN server>
import { createHmac, randomBytes } from 'node:crypto';
import { fail, launch, open } from './browser.mjs';
import { answerInRoom, offerInRoom, route } from './rooms-page.mjs';

const [uri, token, secret] = process.argv.slice(2);
const signaling = `ws${uri.slice('http'.length)}/.webrtc`;
const room = randomBytes(16).toString('hex');

/** What the server gives to a page of its own origin. */
const fetchIceServers = async (bearer) => {
  const response = await fetch('/.turn/credentials', { headers: { authorization: `Bearer ${bearer}` } });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()).iceServers;
};

/** Gathers relayed candidates and returns how many there were, and the errors. */
const gather = async (iceServers) => {
  const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' });
  const found = { candidates: 0, errors: [] };
  pc.onicecandidateerror = ({ errorCode }) => found.errors.push(errorCode);
  pc.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate) found.candidates += 1;
  };
  pc.createDataChannel('test');
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') {
    await new Promise((next) => (pc.onicegatheringstatechange = next));
  }
  pc.close();
  return found;
};

const browser = await launch();
const answerer = await open(browser, 'answerer', uri);
const offerer = await open(browser, 'offerer', uri);

const iceServers = await offerer.evaluate(fetchIceServers, token);
const config = { iceServers, iceTransportPolicy: 'relay' };
if ((await answerer.evaluate(answerInRoom, { signaling, room, config })) !== 0) fail('the room was not empty');
const length = await offerer.evaluate(offerInRoom, { signaling, room, config, length: 60_000 });
console.log(`echoed ${length} bytes`);
console.log(`route ${(await offerer.evaluate(route)).join(' ')}`);

const report = async (label, username, credential) => {
  const { candidates, errors } = await offerer.evaluate(gather, [{ urls: iceServers[0].urls, username, credential }]);
  console.log(`${label}: ${candidates > 0 ? 'taken' : 'none'} ${errors.join(' ')}`.trim());
};
const sign = (username) => createHmac('sha1', secret).update(username).digest('base64');
const now = Math.floor(Date.now() / 1000);
const { username, credential } = iceServers[0];
await report('given', username, credential);
await report('made here', `${now + 600}`, sign(`${now + 600}`));
await report('expired', `${now - 600}`, sign(`${now - 600}`));
await report('prolonged', `${Number(username) + 600}`, credential);
await report('wrong', username, sign('something else'));
await browser.close();
console.log('done');
