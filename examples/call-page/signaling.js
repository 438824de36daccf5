// The identity dialect of /.webrtc: who is there, and messages between WebIDs.

const SIGNALING = new URL('../.webrtc', import.meta.url);
const TURN = new URL('../.turn/credentials', import.meta.url);
const PAUSES = [1000, 2000, 5000, 10_000, 30_000];

/** What went wrong, in words for the person in front of the page. */
export class Problem extends Error {}

/**
 * A connection that comes back by itself. Events: `welcome` and `presence` (see `you` and `peers`), `message` (from another
 * agent, or an error), `lost` (it will come back) and `ended` (it won't; the detail says why).
 */
export class Signaling extends EventTarget {
  #token;
  #socket;
  #ended = false;
  #attempts = 0;
  you = '';
  peers = new Set();

  constructor(token) {
    super();
    this.#token = token;
  }

  /** Connects for the first time; rejects with a Problem where that fails. */
  async connect() {
    await this.#open(await this.#ticket());
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Sends a message if there is a connection, and tells whether there was one. */
  send(message) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** The ICE servers of the pod server's operator: none where it offers no TURN, or can't now. */
  async iceServers() {
    try {
      const response = await fetch(TURN, { headers: { authorization: `Bearer ${this.#token}` } });
      if (response.ok) return (await response.json()).iceServers;
    } catch {
      // a call may well go without
    }
    return [];
  }

  /** A WebSocket can't carry an Authorization field, so it gets a ticket, which is good for one use. */
  async #ticket() {
    let response;
    try {
      response = await fetch(SIGNALING, { method: 'POST', headers: { authorization: `Bearer ${this.#token}` } });
    } catch {
      throw new Problem('The pod server does not answer. Check that it runs and that you are online, then enter again.');
    }
    if (response.ok) return (await response.json()).url;
    const { detail } = await response.json().catch(() => ({}));
    const advice = {
      401: 'Look for the token that the server was started with.',
      403: 'Ask its operator to let your WebID in.',
    };
    const problem = new Problem(
      `The server said: ${detail ?? response.status}. ${advice[response.status] ?? 'Wait a little and try again.'}`,
    );
    problem.isFinal = response.status === 401 || response.status === 403;
    throw problem;
  }

  #open(url) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      let welcomed = false;
      let error = '';
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === 'peers') {
          welcomed = true;
          this.#attempts = 0;
          resolve();
        } else if (message.type === 'error' && !welcomed) {
          error = message.message;
        }
        this.#handle(message);
      };
      socket.onclose = ({ code, reason }) => {
        if (!welcomed) {
          reject(new Problem(error || 'The connection to the pod server broke off. Try again.'));
        } else {
          this.#lost(code, reason);
        }
      };
      this.#socket = socket;
    });
  }

  #handle(message) {
    switch (message.type) {
      case 'peers':
        this.you = message.you;
        this.peers = new Set(message.peers);
        this.#tell('welcome');
        this.#tell('presence');
        break;
      case 'peer-joined':
        this.peers.add(message.webId);
        this.#tell('presence');
        break;
      case 'peer-left':
        this.peers.delete(message.webId);
        this.#tell('presence', message.webId);
        break;
      default:
        this.#tell('message', message);
    }
  }

  #lost(code, reason) {
    this.peers.clear();
    this.#tell('presence');
    if (code === 4409) {
      // to connect again would throw out the page that threw out this one
      this.#end('You entered from another page or device, so this one was disconnected. Reload to use this one.');
    } else if (code === 1008) {
      this.#end(`${reason || 'You were disconnected'}. Enter again.`);
    } else {
      this.#tell('lost');
      this.#retry();
    }
  }

  #retry() {
    const pause = PAUSES[Math.min(this.#attempts++, PAUSES.length - 1)];
    // not all pages at once when a server comes back
    setTimeout(() => this.#reconnect(), pause * (0.75 + Math.random() / 2));
  }

  async #reconnect() {
    if (this.#ended) return;
    try {
      await this.connect();
    } catch (problem) {
      if (problem.isFinal) this.#end(problem.message);
      else this.#retry();
    }
  }

  #end(why) {
    this.#ended = true;
    this.#tell('ended', why);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
