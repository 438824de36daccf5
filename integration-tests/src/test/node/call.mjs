// Two agents meet, negotiate and hang up over the identity dialect. Prints every message that either gets, in order.
// Usage: node call.mjs <signaling ws uri> <token of alice> <token of bob>
import WebSocket from 'ws';

const [uri, aliceToken, bobToken] = process.argv.slice(2);

class Agent {
  constructor(label, token) {
    this.label = label;
    this.inbox = [];
    this.waiting = [];
    this.socket = new WebSocket(`${uri}?token=${encodeURIComponent(token)}`);
    this.socket.on('message', (data, isBinary) => {
      console.log(`${label} < ${isBinary ? 'binary ' : ''}${data}`);
      this.inbox.push(JSON.parse(data.toString()));
      this.settle();
    });
    this.socket.on('close', (code) => console.log(`${label} closed ${code}`));
  }

  settle() {
    while (this.waiting.length > 0 && this.inbox.length > 0) this.waiting.shift()(this.inbox.shift());
  }

  next() {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.settle();
    });
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }
}

const expect = (actual, wanted) => {
  for (const [key, value] of Object.entries(wanted)) {
    if (JSON.stringify(actual[key]) !== JSON.stringify(value)) {
      console.error(`expected ${JSON.stringify(wanted)} but got ${JSON.stringify(actual)}`);
      process.exit(1);
    }
  }
  return actual;
};

const alice = new Agent('alice', aliceToken);
const a = expect(await alice.next(), { type: 'peers', peers: [] }).you;
const bob = new Agent('bob', bobToken);
const b = expect(await bob.next(), { type: 'peers', peers: [a] }).you;
expect(await alice.next(), { type: 'peer-joined', webId: b });

const sdp = 'v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=Grüße 😀\r\nt=0 0\r\n';
alice.send({ type: 'offer', to: b, sdp, extra: 'dropped' });
expect(await bob.next(), { type: 'offer', from: a, sdp, extra: undefined });
bob.send({ type: 'answer', to: a, sdp });
expect(await alice.next(), { type: 'answer', from: b, sdp });
const candidate = { candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host', sdpMid: '0', sdpMLineIndex: 0 };
alice.send({ type: 'candidate', to: b, candidate });
expect(await bob.next(), { type: 'candidate', from: a, candidate });
bob.send({ type: 'candidate', to: a, candidate: { ...candidate, usernameFragment: 'x1' } });
expect(await alice.next(), { type: 'candidate', from: b });
alice.send({ type: 'hangup', to: b });
expect(await bob.next(), { type: 'hangup', from: a });
bob.socket.close();
expect(await alice.next(), { type: 'peer-left', webId: b });
alice.send({ type: 'offer', to: b, sdp });
expect(await alice.next(), { type: 'error', message: 'Peer not online', peer: b });
console.log('the call went well');
alice.socket.close();
