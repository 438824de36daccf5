// One call with one agent, by "perfect negotiation" as in section 10.7 of the WebRTC recommendation: each side may offer at any
// time, and when both do at once, the polite one gives way.

/** Events: `stream` (the other's), `connected`, `ended` (the detail says why, if this side didn't want it). */
export class Conversation extends EventTarget {
  #signaling;
  #polite;
  #pc = null;
  #makingOffer = false;
  #settingAnswer = false;
  #work = Promise.resolve();
  #started;
  #ready = new Promise((resolve) => {
    this.#started = resolve;
  });
  isOver = false;
  wasConnected = false;

  constructor(signaling, peer) {
    super();
    this.#signaling = signaling;
    this.peer = peer;
    // both sides compare the same two texts, so exactly one of them is polite
    this.#polite = signaling.you < peer;
  }

  /**
   * Begins to send and, unless an offer of the other side waits already, to offer. What came in until now is dealt with first.
   */
  start(iceServers, stream) {
    if (this.isOver) return;
    const pc = new RTCPeerConnection({ iceServers });
    this.#pc = pc;
    pc.ontrack = ({ streams: [remote] }) => this.#tell('stream', remote);
    pc.onicecandidate = ({ candidate }) => {
      if (candidate) this.#send({ type: 'candidate', candidate: candidate.toJSON() });
    };
    pc.onconnectionstatechange = () => this.#connectionChanged();
    pc.onnegotiationneeded = () => this.#offer();
    for (const track of stream.getTracks()) pc.addTrack(track, stream);
    this.#started();
  }

  /** Takes an offer, answer or candidate; one after the other, and none before the start. */
  receive(message) {
    this.#work = this.#work
      .then(() => this.#ready)
      .then(() => (this.isOver ? undefined : this.#handle(message)))
      .catch((error) => this.#fail(error));
  }

  /** Ends it and tells the other side. */
  hangUp() {
    if (this.isOver) return;
    this.#send({ type: 'hangup' });
    this.end();
  }

  /** Ends it here only. */
  end(why) {
    if (this.isOver) return;
    this.isOver = true;
    this.#pc?.close();
    this.#tell('ended', why);
  }

  get isConnected() {
    return this.#pc?.connectionState === 'connected';
  }

  /** 'directly', 'through a relay', or '' if that can't be told. */
  async route() {
    const stats = await this.#pc.getStats();
    const transport = [...stats.values()].find((entry) => entry.type === 'transport');
    const pair = stats.get(transport?.selectedCandidatePairId);
    if (!pair) return '';
    const ends = [stats.get(pair.localCandidateId), stats.get(pair.remoteCandidateId)];
    return ends.some((end) => end?.candidateType === 'relay') ? 'through a relay' : 'directly';
  }

  async #offer() {
    try {
      this.#makingOffer = true;
      await this.#pc.setLocalDescription();
      this.#sendDescription();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#makingOffer = false;
    }
  }

  async #handle(message) {
    const pc = this.#pc;
    if (message.type === 'candidate') {
      try {
        await pc.addIceCandidate(message.candidate);
      } catch {
        // it belongs to an offer that was ignored, or came late from a call that is over
      }
      return;
    }
    const readyForOffer = !this.#makingOffer && (pc.signalingState === 'stable' || this.#settingAnswer);
    const collision = message.type === 'offer' && !readyForOffer;
    if (collision && !this.#polite) return;

    this.#settingAnswer = message.type === 'answer';
    await pc.setRemoteDescription({ type: message.type, sdp: message.sdp });
    this.#settingAnswer = false;
    if (message.type === 'offer') {
      await pc.setLocalDescription();
      this.#sendDescription();
    }
  }

  #connectionChanged() {
    const state = this.#pc.connectionState;
    if (state === 'connected') {
      this.wasConnected = true;
      this.#tell('connected');
    } else if (state === 'failed' && this.wasConnected && this.#signaling.isOpen) {
      this.#pc.restartIce();
    } else if (state === 'failed') {
      this.#send({ type: 'hangup' });
      this.end(
        this.wasConnected
          ? 'The connection was lost. Call again once both of you are online.'
          : 'There is no way between your two networks. The operator of the pod server can make one with a TURN server: --turn',
      );
    }
  }

  #sendDescription() {
    const { type, sdp } = this.#pc.localDescription;
    this.#send({ type, sdp });
  }

  #send(message) {
    this.#signaling.send({ ...message, to: this.peer });
  }

  #fail(error) {
    if (this.isOver) return;
    console.error(error);
    this.#send({ type: 'hangup' });
    this.end('The call failed. Try again.');
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
