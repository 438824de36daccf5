// A service whose WebSockets do what their path says:  node socket-service.mjs
// Prints "ready <URL>". GET /ends tells how the sockets of a path have ended, GET /resume lets the paused ones read on.
import http from 'node:http';
import { WebSocketServer } from 'ws';

const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: 64 << 20,
  perMessageDeflate: true,
  handleProtocols: (offered) => (offered.has('second') ? 'second' : false),
});
const ends = [];
const paused = [];
const held = [];

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://service');
  if (url.pathname === '/ends') {
    const path = url.searchParams.get('path');
    response.end(JSON.stringify(ends.filter((end) => end.path === path)));
  } else if (url.pathname === '/resume') {
    paused.splice(0).forEach((socket) => socket.resume());
    response.end('resumed');
  } else if (url.pathname === '/sent') {
    response.end(JSON.stringify(held.map((socket) => socket.bufferedAmount)));
  } else {
    response.statusCode = 404;
    response.end('no such page');
  }
});

const refuse = (socket, status, fields, body) => {
  socket.write(`HTTP/1.1 ${status}\r\n${fields}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`);
  socket.end(body);
};

const behaviours = {
  '/echo': (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  '/fields': (socket, request) => socket.send(JSON.stringify(request.headers)),
  '/burst': (socket) => {
    for (let i = 0; i < 1000; i++) socket.send(`message ${i}`);
    socket.close(1000, 'that was all');
  },
  '/close': (socket) =>
    socket.on('message', (data) => {
      const { code, reason } = JSON.parse(data);
      if (code) socket.close(code, reason);
      else socket.close();
    }),
  '/terminate': (socket) => socket.on('message', () => socket.terminate()),
  '/paused': (socket) => {
    socket.pause();
    paused.push(socket);
    let bytes = 0;
    socket.on('message', (data) => {
      bytes += data.length;
      socket.send(String(bytes));
    });
  },
  '/download': (socket) => {
    held.push(socket);
    const piece = Buffer.alloc(1 << 20, 7);
    for (let i = 0; i < 64; i++) socket.send(piece);
  },
};

server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => {});
  const { pathname } = new URL(request.url, 'http://service');
  if (pathname === '/refuse') {
    refuse(socket, '403 Forbidden', 'X-Why: because\r\nContent-Type: image/x-any\r\n', Buffer.from([0, 255, 1, 254]));
  } else if (pathname === '/refuse-much') {
    refuse(socket, '403 Forbidden', '', Buffer.alloc(65_537, 'x'));
  } else if (pathname === '/silent') {
    held.push(socket);
  } else {
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on('error', () => {});
      opened.on('close', (code, reason) => ends.push({ path: pathname, code, reason: reason.toString() }));
      behaviours[pathname]?.(opened, request);
    });
  }
});

server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${server.address().port}`));
