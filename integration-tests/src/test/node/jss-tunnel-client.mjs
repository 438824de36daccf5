// A tunnel client of the first protocol version, as such clients are written: register, then answer each request.
// Usage: node jss-tunnel-client.mjs <relay ws uri> <token> <name> <local http origin>
import http from 'node:http';
import WebSocket from 'ws';

const [relay, token, name, target] = process.argv.slice(2);
const socket = new WebSocket(relay, { headers: { Authorization: `Bearer ${token}` } });

socket.on('open', () => socket.send(JSON.stringify({ type: 'register', name })));
socket.on('close', (code, reason) => {
  console.log(`closed ${code} ${reason}`);
  process.exit(0);
});
socket.on('message', (data) => {
  const text = data.toString();
  const message = JSON.parse(text);
  if (message.type !== 'request') {
    console.log(text);
    return;
  }
  const url = new URL(target);
  const body = message.body === undefined ? undefined : Buffer.from(message.body, message.bodyEncoding ?? 'utf8');
  const request = http.request(
    { host: url.hostname, port: url.port, method: message.method, path: message.path, headers: message.headers },
    (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        socket.send(
          JSON.stringify({
            type: 'response',
            id: message.id,
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('base64'),
            bodyEncoding: 'base64',
          }),
        ),
      );
    },
  );
  request.on('error', (error) =>
    socket.send(
      JSON.stringify({ type: 'response', id: message.id, status: 502, headers: {}, body: `local: ${error.code}` }),
    ),
  );
  request.end(body);
});
