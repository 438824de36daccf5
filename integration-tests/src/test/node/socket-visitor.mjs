// Visits socket-service.mjs through a tunnel:
// node socket-visitor.mjs <URL of the tunnel> <scenario> <code of closes without one> <code of breaking off>
// The codes are 1005 and 1006, but for servers that have 1000 or a close frame instead.
// Prints "as expected" at the end, or what was not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';

const [tunnel, scenario, codeOfNone, codeOfBreak] = process.argv.slice(2);
const target = (path) => `${tunnel.replace(/^http/, 'ws').replace(/\/$/, '')}${path}`;
const page = async (path) => (await fetch(`${tunnel.replace(/\/$/, '')}${path}`)).text();

const open = async (path, ...options) => {
  const socket = new WebSocket(target(path), ...options);
  socket.received = [];
  socket.on('message', (data, isBinary) => socket.received.push(isBinary ? data : data.toString()));
  socket.ended = new Promise((resolve) => {
    socket.on('close', (code, reason) => {
      console.log(`${path} has ended with ${code} ${reason}`);
      resolve({ code, reason: reason.toString() });
    });
  });
  await once(socket, 'open');
  return socket;
};
const until = async (what, condition) => {
  for (const deadline = Date.now() + 60_000; !(await condition()); ) {
    assert.ok(Date.now() < deadline, `no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
const refusal = (path) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(target(path));
    socket.on('open', () => reject(new Error('it was accepted')));
    socket.on('error', () => {});
    socket.on('unexpected-response', async (request, response) => {
      const content = [];
      for await (const piece of response) content.push(piece);
      resolve({ status: response.statusCode, fields: response.headers, content: Buffer.concat(content) });
    });
  });
const endOf = async (path, condition) => {
  await until('end of the socket of the service', async () =>
    JSON.parse(await page(`/ends?path=${path}`)).some(condition),
  );
};

const scenarios = {
  async messagesOfEveryKind() {
    const socket = await open('/echo');
    const said = ['text', '', 'grüße \u{1F600}', Buffer.from([0, 255]), Buffer.alloc(0), 'x'.repeat(70_000)];
    said.forEach((message) => socket.send(message));
    await until('echoes', () => socket.received.length === said.length);
    assert.deepEqual(socket.received, said);
    socket.close();
    await socket.ended;
  },

  async fragments() {
    const socket = await open('/echo');
    const letters = Buffer.from('a\u00e9\u20ac\u{1F600}'.repeat(3));
    letters.forEach((byte, i) => {
      socket.send(Buffer.from([byte]), { binary: false, fin: i === letters.length - 1 });
      if (i % 3 === 0) socket.ping();
    });
    await until('echo', () => socket.received.length === 1);
    assert.equal(socket.received[0], letters.toString());
    socket.terminate();
  },

  async largeMessages() {
    const socket = await open('/echo', { maxPayload: 64 << 20 });
    const binary = Buffer.alloc(20_000_000);
    for (let i = 0; i < binary.length; i++) binary[i] = (i * 31 + (i >> 8)) & 255;
    const text = '\u20ac'.repeat(5_000_000);
    socket.send(binary);
    socket.send(text);
    await until('echoes', () => socket.received.length === 2);
    assert.ok(binary.equals(socket.received[0]));
    assert.ok(socket.received[1] === text);
    socket.close();
    await socket.ended;
  },

  async manySmallMessages() {
    const socket = await open('/echo');
    for (let i = 0; i < 50_000; i++) socket.send(`${i}`);
    await until('echoes', () => socket.received.length === 50_000);
    socket.received.forEach((message, i) => assert.equal(message, `${i}`));
    socket.close();
    await socket.ended;
  },

  async subprotocolsAndFields() {
    const socket = await open('/fields', ['first', 'second'], {
      origin: 'https://page.example',
      headers: { cookie: 'a=b', 'x-custom': '1', authorization: 'Bearer secret' },
    });
    await until('fields', () => socket.received.length === 1);
    const fields = JSON.parse(socket.received[0]);
    assert.equal(socket.protocol, 'second');
    assert.equal(socket.extensions, '');
    assert.equal(fields.origin, 'https://page.example');
    assert.equal(fields['x-custom'], '1');
    assert.equal(fields['x-forwarded-host'], new URL(tunnel).host);
    assert.equal(fields['sec-websocket-extensions'], undefined);
    assert.equal(fields.cookie, undefined);
    assert.equal(fields.authorization, undefined);
    socket.close();
    await socket.ended;
  },

  async messagesInTheSamePacketAsTheAnswer() {
    const socket = await open('/burst');
    assert.deepEqual(await socket.ended, { code: 1000, reason: 'that was all' });
    assert.equal(socket.received.length, 1000);
    assert.equal(socket.received[999], 'message 999');
  },

  async closeCodesOfTheService() {
    for (const [code, reason] of [[1000, 'done'], [1001, ''], [1011, 'größe'], [3000, ''], [4321, 'x'.repeat(123)]]) {
      const socket = await open('/close');
      socket.send(JSON.stringify({ code, reason }));
      assert.deepEqual(await socket.ended, { code, reason });
    }
    const socket = await open('/close');
    socket.send('{}');
    assert.deepEqual(await socket.ended, { code: Number(codeOfNone), reason: '' });
  },

  async closeCodesOfTheVisitor() {
    for (const [code, reason] of [[1000, 'done'], [3999, 'größe'], [4321, 'x'.repeat(123)]]) {
      const socket = await open('/echo');
      socket.close(code, reason);
      assert.equal((await socket.ended).code, code);
      await endOf('/echo', (end) => end.code === code && end.reason === reason);
    }
    const socket = await open('/echo');
    socket.close();
    await socket.ended;
    await endOf('/echo', (end) => end.code === Number(codeOfNone));
  },

  async aServiceThatBreaksOff() {
    const socket = await open('/terminate');
    socket.on('error', () => {});
    socket.send('now');
    assert.equal((await socket.ended).code, Number(codeOfBreak));
  },

  async aVisitorThatBreaksOff() {
    const socket = await open('/terminate');
    socket.terminate();
    await endOf('/terminate', (end) => end.code === 1006);
  },

  async refusals() {
    const refused = await refusal('/refuse');
    assert.equal(refused.status, 403);
    assert.equal(refused.fields['x-why'], 'because');
    assert.equal(refused.fields['content-type'], 'image/x-any');
    assert.deepEqual([...refused.content], [0, 255, 1, 254]);
    assert.equal((await refusal('/refuse-much')).status, 502);
    assert.equal((await refusal('/silent')).status, 504);
  },

  async aServiceThatDoesNotRead() {
    const socket = await open('/paused');
    const all = 64 << 20;
    for (let i = 0; i < 64; i++) socket.send(Buffer.alloc(1 << 20));
    let before;
    await until('stop', async () => {
      const stopped = before === socket.bufferedAmount;
      before = socket.bufferedAmount;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return stopped;
    });
    assert.ok(before > all / 4, `${before} bytes are still here`);
    await scenarios.messagesOfEveryKind(); // another socket of the tunnel isn't held up
    await page('/resume');
    await until('last message', () => socket.received.at(-1) === String(all));
    socket.close();
    await socket.ended;
  },

  async aVisitorThatDoesNotRead() {
    const socket = await open('/download');
    socket.pause();
    const held = async () => JSON.parse(await page('/sent')).reduce((sum, bytes) => sum + bytes, 0);
    let before;
    await until('stop', async () => {
      const now = await held();
      const stopped = before === now;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return stopped;
    });
    assert.ok(before > 16 << 20, `${before} bytes are still at the service`);
    await scenarios.messagesOfEveryKind();
    socket.resume();
    await until('download', () => socket.received.length === 64);
    socket.close();
    await socket.ended;
  },

  async theEndOfTheTunnel() {
    const socket = await open('/echo');
    console.log('open');
    assert.deepEqual(await socket.ended, { code: 1001, reason: 'Tunnel disconnected' });
    assert.equal((await refusal('/echo')).status, 502);
  },
};

try {
  await scenarios[scenario]();
  console.log('as expected');
  process.exit(0);
} catch (error) {
  console.log(`not as expected: ${error.stack}`);
  process.exit(1);
}
