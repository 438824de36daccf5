// The page: who is there, who rings, and one call at a time.

import { Conversation } from './conversation.js';
import { Problem, Signaling } from './signaling.js';

const RING_MILLIS = 60_000;

const at = (id) => document.getElementById(id);

let signaling = null;
/** The call that there is or that is being set up. */
let conversation = null;
/** Who rings, with what came from them so far: { peer, messages, timer } */
let ringing = null;
let localStream = null;

// --- what the person sees ---------------------------------------------------------------------------------------------

/** A name for a WebID: what comes before profile/card, or the host. */
function nameOf(webId) {
  const { hostname, pathname } = new URL(webId);
  const name = pathname.replace(/\/?profile\/card$/, '').split('/').pop();
  return name ? name[0].toUpperCase() + name.slice(1) : hostname;
}

function notice(text, isWrong = false) {
  at('notice').textContent = text;
  at('notice').hidden = !text;
  at('notice').classList.toggle('wrong', isWrong);
}

function showPeers() {
  const peers = [...signaling.peers].filter((peer) => peer !== signaling.you).sort();
  at('nobody').hidden = peers.length > 0;
  at('peers').replaceChildren(
    ...peers.map((peer) => {
      const name = document.createElement('span');
      name.textContent = nameOf(peer);
      const webId = document.createElement('small');
      webId.textContent = peer;
      name.append(webId);
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'Call';
      button.dataset.peer = peer;
      button.ariaLabel = `Call ${nameOf(peer)}`;
      button.disabled = conversation !== null;
      button.addEventListener('click', () => call(peer));
      const item = document.createElement('li');
      item.append(name, button);
      return item;
    }),
  );
}

function showCall(state) {
  at('call').hidden = conversation === null;
  at('state').textContent = state;
  showPeers();
}

function showSwitch(id, isOff, on, off) {
  at(id).classList.toggle('off', isOff);
  at(id).textContent = isOff ? off : on;
}

// --- entering ---------------------------------------------------------------------------------------------------------

async function enter(token) {
  notice('Connecting …');
  signaling = new Signaling(token);
  signaling.addEventListener('welcome', welcomed);
  signaling.addEventListener('presence', ({ detail: gone }) => presenceChanged(gone));
  signaling.addEventListener('message', ({ detail: message }) => received(message));
  signaling.addEventListener('lost', lost);
  signaling.addEventListener('ended', ({ detail: why }) => ended(why));
  try {
    await signaling.connect();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    ended(problem.message);
  }
}

function welcomed() {
  notice('');
  at('enter').hidden = true;
  at('online').hidden = false;
  at('me').hidden = false;
  at('me').textContent = `You are ${nameOf(signaling.you)}`;
  at('me').title = signaling.you;
}

function lost() {
  at('online').hidden = true;
  stopRinging();
  notice(
    conversation?.isConnected
      ? 'The pod server is gone. Your call goes on without it; new ones have to wait until it is back.'
      : 'The pod server is gone. This page connects again as soon as it is back.',
    true,
  );
}

function ended(why) {
  notice(why, true);
  at('enter').hidden = false;
  at('online').hidden = true;
  at('me').hidden = true;
  stopRinging();
}

function presenceChanged(gone) {
  if (gone && ringing?.peer === gone) stopRinging();
  // whoever is connected needs no server to go on
  if (gone && conversation?.peer === gone && !conversation.isConnected) conversation.end(`${nameOf(gone)} went offline.`);
  showPeers();
}

// --- calling and being called -----------------------------------------------------------------------------------------

async function call(peer) {
  if (conversation) return;
  // who rings already is called back by picking up
  const waiting = ringing?.peer === peer ? stopRinging() : [];
  if (ringing) decline();
  notice('');
  const current = new Conversation(signaling, peer);
  conversation = current;
  waiting.forEach((message) => current.receive(message));
  current.addEventListener('stream', ({ detail: stream }) => {
    at('remote').srcObject = stream;
  });
  current.addEventListener('connected', async () => {
    showCall(nameOf(peer));
    const route = await current.route();
    if (conversation === current) showCall(`${nameOf(peer)}, ${route || 'connected'}`);
  });
  current.addEventListener('ended', ({ detail: why }) => over(why));
  showCall(`Calling ${nameOf(peer)} …`);
  let stream;
  try {
    stream = await openDevices();
  } catch (problem) {
    current.hangUp();
    notice(problem.message, true);
    return;
  }
  if (current.isOver) {
    closeDevices(stream);
    return;
  }
  localStream = stream;
  at('local').srcObject = stream;
  const iceServers = await signaling.iceServers();
  current.start(iceServers, stream);
}

function received(message) {
  if (message.type === 'error') {
    if (message.peer && message.peer === conversation?.peer && !conversation.isConnected) {
      conversation.end(`${nameOf(message.peer)} can't be reached. They may have left, or not take calls from you.`);
    } else if (!message.peer) {
      notice(`The server said: ${message.message}`, true);
    }
    return;
  }
  const { from, type } = message;
  if (!from) return;
  if (conversation?.peer === from) {
    if (type !== 'hangup') conversation.receive(message);
    else conversation.end(`${nameOf(from)} ${conversation.wasConnected ? 'hung up' : 'did not take the call'}.`);
  } else if (ringing?.peer === from) {
    if (type === 'hangup') {
      stopRinging();
      notice(`You missed a call from ${nameOf(from)}.`);
    } else {
      ringing.messages.push(message);
    }
  } else if (type === 'offer' && !conversation && !ringing) {
    ring(message);
  } else if (type === 'offer' || type === 'answer') {
    // busy, or an answer to a call that is over here
    signaling.send({ type: 'hangup', to: from });
    if (type === 'offer') notice(`${nameOf(from)} tried to call you.`);
  }
}

function ring(offer) {
  const timer = setTimeout(() => {
    notice(`You missed a call from ${nameOf(offer.from)}.`);
    decline();
  }, RING_MILLIS);
  ringing = { peer: offer.from, messages: [offer], timer };
  at('caller').textContent = `${nameOf(offer.from)} is calling`;
  at('ringing').hidden = false;
  at('accept').focus();
}

/** Returns what came from who rang. */
function stopRinging() {
  if (!ringing) return [];
  clearTimeout(ringing.timer);
  const { messages } = ringing;
  ringing = null;
  at('ringing').hidden = true;
  return messages;
}

function decline() {
  if (!ringing) return;
  signaling.send({ type: 'hangup', to: ringing.peer });
  stopRinging();
}

function over(why) {
  conversation = null;
  if (localStream) closeDevices(localStream);
  localStream = null;
  at('local').srcObject = null;
  at('remote').srcObject = null;
  showSwitch('microphone', false, 'Mute', 'Unmute');
  showSwitch('camera', false, 'Camera off', 'Camera on');
  showCall('');
  if (why) notice(why);
}

// --- camera and microphone --------------------------------------------------------------------------------------------

async function openDevices() {
  if (!navigator.mediaDevices) {
    throw new Problem('Browsers open the camera and microphone only for https: pages and for localhost. Use such an address.');
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  } catch (error) {
    if (error.name === 'NotFoundError' || error.name === 'NotReadableError') return openMicrophone();
    throw whyNoDevices(error);
  }
}

async function openMicrophone() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    throw whyNoDevices(error);
  }
}

function whyNoDevices({ name, message }) {
  switch (name) {
    case 'NotAllowedError':
      return new Problem('The browser may not use your camera and microphone. Allow it for this page, then call again.');
    case 'NotFoundError':
      return new Problem('There is no microphone. Connect one, then call again.');
    case 'NotReadableError':
      return new Problem('Another program uses the microphone. Close it, then call again.');
    default:
      return new Problem(`The camera and microphone can't be used: ${message}`);
  }
}

function closeDevices(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function toggle(tracks) {
  let isOff = false;
  for (const track of tracks) {
    track.enabled = !track.enabled;
    isOff = !track.enabled;
  }
  return isOff;
}

// --- from here on it runs -----------------------------------------------------------------------------------------------

at('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  enter(at('token').value.trim());
});
at('accept').addEventListener('click', () => call(ringing.peer));
at('decline').addEventListener('click', decline);
at('hangup').addEventListener('click', () => conversation?.hangUp());
at('microphone').addEventListener('click', () =>
  showSwitch('microphone', toggle(localStream?.getAudioTracks() ?? []), 'Mute', 'Unmute'),
);
at('camera').addEventListener('click', () =>
  showSwitch('camera', toggle(localStream?.getVideoTracks() ?? []), 'Camera off', 'Camera on'),
);
addEventListener('pagehide', () => {
  decline();
  conversation?.hangUp();
});

// a link may bring the token: in the fragment, which no server sees, and only until it is read
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) {
  history.replaceState(null, '', location.pathname);
  enter(token);
}
