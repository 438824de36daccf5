// What runs inside a page: two peers of a room open a data channel, without trickle ICE, as the rooms dialect has it.

/** Enters the room and answers whoever offers. Resolves when it is in; the channel echoes. */
export const answerInRoom = async ({ signaling, room, config }) => {
  const socket = new WebSocket(signaling);
  await new Promise((resolve) => (socket.onopen = resolve));
  const entered = new Promise((resolve) => {
    socket.onmessage = async ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'resource-peers') resolve(message.count);
      if (message.type !== 'offer') return;
      const pc = new RTCPeerConnection(config);
      window.pc = pc;
      pc.ondatachannel = ({ channel }) => {
        channel.binaryType = 'arraybuffer';
        channel.onmessage = (event) => channel.send(event.data);
      };
      await pc.setRemoteDescription({ type: 'offer', sdp: message.sdp });
      await pc.setLocalDescription();
      while (pc.iceGatheringState !== 'complete') {
        await new Promise((next) => (pc.onicegatheringstatechange = next));
      }
      const { resource, from, offer_id } = message;
      socket.send(JSON.stringify({ type: 'answer', resource, to: from, offer_id, sdp: pc.localDescription.sdp }));
    };
  });
  socket.send(JSON.stringify({ type: 'announce', resource: room }));
  return entered;
};

/** Enters the room with an offer, sends bytes to whoever answers, and returns how many came back the same. */
export const offerInRoom = async ({ signaling, room, config, length }) => {
  const pc = new RTCPeerConnection(config);
  window.pc = pc;
  const channel = pc.createDataChannel('test');
  channel.binaryType = 'arraybuffer';
  const opened = new Promise((resolve) => (channel.onopen = resolve));
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') {
    await new Promise((next) => (pc.onicegatheringstatechange = next));
  }
  const socket = new WebSocket(signaling);
  await new Promise((resolve) => (socket.onopen = resolve));
  const answered = new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'answer' && message.offer_id === 'first') resolve(message.sdp);
      if (message.type === 'error') reject(new Error(message.message));
    };
  });
  const offers = [{ offer_id: 'first', sdp: pc.localDescription.sdp }];
  socket.send(JSON.stringify({ type: 'announce', resource: room, offers }));
  await pc.setRemoteDescription({ type: 'answer', sdp: await answered });
  await opened;

  const sent = crypto.getRandomValues(new Uint8Array(length));
  const received = new Uint8Array(length);
  let at = 0;
  const echoed = new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      received.set(new Uint8Array(data), at);
      at += data.byteLength;
      if (at >= length) resolve();
    };
  });
  for (let from = 0; from < length; from += 16_000) channel.send(sent.subarray(from, from + 16_000));
  await echoed;
  return sent.every((byte, index) => byte === received[index]) ? length : -1;
};

/** The kinds of candidate at both ends of the connection that the page has. */
export const route = async () => {
  const stats = await window.pc.getStats();
  const transport = [...stats.values()].find((entry) => entry.type === 'transport');
  const pair = stats.get(transport.selectedCandidatePairId);
  return [stats.get(pair.localCandidateId).candidateType, stats.get(pair.remoteCandidateId).candidateType];
};
