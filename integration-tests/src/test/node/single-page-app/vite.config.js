// The app's API stands in the same server as its pages, as in development.
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(`${process.cwd()}/`)('ws');

const answer = ({ method, url, headers }, response, next) => {
  const [, name] = /\/api\/([^?]*)/.exec(url) ?? [];
  const json = (value) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(value));
  };
  switch (name) {
    case 'echo':
      return json({ method, cookie: headers.cookie ?? '' });
    case 'login':
      response.setHeader('set-cookie', 'session=1; Path=/; HttpOnly');
      return json({});
    case 'events':
      response.setHeader('content-type', 'text/event-stream');
      response.write('data: an event\n\n');
      return undefined;
    case 'service-worker.js':
      response.setHeader('content-type', 'text/javascript');
      return response.end('onfetch = () => {};');
    default:
      return next();
  }
};

const api = (server) => {
  server.middlewares.use(answer);
  const sockets = new WebSocketServer({ noServer: true });
  server.httpServer.on('upgrade', (request, socket, head) => {
    if (!request.url.endsWith('/api/socket')) return;
    sockets.handleUpgrade(request, socket, head, (opened) => opened.send('from the service'));
  });
};

export default {
  clearScreen: false,
  plugins: [{ name: 'api', configureServer: api, configurePreviewServer: api }],
};
