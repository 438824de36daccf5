// Two stock WebTorrent tracker clients, in one process but on sockets of their own, meet at a tracker and end with an open
// data channel and bytes both ways.
// Usage: node tracker-peers.mjs <tracker ws uri of one> <tracker ws uri of the other>
import { createHash, randomBytes } from 'node:crypto';
import Client from 'bittorrent-tracker';

const [oneUri, otherUri] = process.argv.slice(2);
const infoHash = randomBytes(20).toString('hex');
const bytes = randomBytes(200_000);
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

const fail = (reason) => {
  console.error(reason);
  process.exit(1);
};

class Torrent {
  constructor(label, uri) {
    this.label = label;
    this.peerId = randomBytes(20).toString('hex');
    // no ICE servers: the two are on one machine
    this.client = new Client({ infoHash, peerId: this.peerId, announce: [uri], port: 6881, rtcConfig: { iceServers: [] } });
    this.client.on('error', (error) => fail(`${label}: ${error.message}`));
    this.client.on('warning', (error) => {
      // libdatachannel's own race, seen rarely, when an answer comes with its candidates at once: another offer gets around it
      if (!error.message.includes('Got a remote candidate without ICE transport')) fail(`${label}: ${error.message}`);
      console.log(`${label} offers again: ${error.message}`);
      this.client.update({ left: 1, uploaded: 0, downloaded: 0 });
    });
    this.client.on('update', ({ complete, incomplete }) => console.log(`${label} counts ${complete}+${incomplete}`));
    // the first that opens is the one that counts: both sides offer, so there may be two
    this.channel = new Promise((resolve) =>
      this.client.on('peer', (peer) => peer.once('connect', () => resolve(peer))),
    );
  }

  event(name) {
    return new Promise((resolve) => this.client.once(name, resolve));
  }
}

/** Echoes what comes through every channel of a torrent. */
const echo = (torrent) =>
  torrent.client.on('peer', (peer) => {
    peer.on('error', (error) => console.log(`${torrent.label}: a channel ended: ${error.message}`));
    peer.on('data', (data) => peer.write(data));
  });

const seeder = new Torrent('seeder', oneUri);
echo(seeder);
seeder.client.start({ left: 0, uploaded: 0, downloaded: 0 });
await seeder.event('update');

const leecher = new Torrent('leecher', otherUri);
leecher.client.start({ left: 1, uploaded: 0, downloaded: 0 });
const counts = await leecher.event('update');
if (counts.complete !== 1 || counts.incomplete !== 1) fail(`wrong counts: ${JSON.stringify(counts)}`);

const channel = await leecher.channel;
if (channel.id !== seeder.peerId) fail(`met ${channel.id} and not ${seeder.peerId}`);
console.log('the channel is open');

const received = [];
let length = 0;
const echoed = new Promise((resolve) =>
  channel.on('data', (data) => {
    received.push(data);
    length += data.length;
    if (length >= bytes.length) resolve();
  }),
);
// in pieces of what every implementation takes as one message
for (let at = 0; at < bytes.length; at += 16_000) channel.write(bytes.subarray(at, at + 16_000));
await echoed;
if (sha256(Buffer.concat(received)) !== sha256(bytes)) fail('other bytes came back');
console.log(`echoed ${length} bytes`);

leecher.client.scrape();
const scraped = await leecher.event('scrape');
console.log(`scraped ${scraped.complete}+${scraped.incomplete}`);

leecher.client.complete({ left: 0, uploaded: 0, downloaded: bytes.length });
const completed = await leecher.event('update');
console.log(`completed ${completed.complete}+${completed.incomplete}`);
leecher.client.stop();
await leecher.event('update');
seeder.client.scrape();
const last = await seeder.event('scrape');
console.log(`at the end ${last.complete}+${last.incomplete} downloaded ${last.downloaded}`);
process.exit(0);
