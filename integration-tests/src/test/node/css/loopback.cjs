// Preloaded into a server: whatever address it wants to listen on, nobody but this machine reaches it.
const { Server } = require('node:net');

const { listen } = Server.prototype;

Server.prototype.listen = function (first, ...rest) {
  const options = typeof first === 'object' ? first : { port: Number(first) };
  if (options?.port === undefined) throw new Error('only ports can be listened on');
  return listen.call(this, { ...options, host: '127.0.0.1' }, rest.find((argument) => typeof argument === 'function'));
};
