// One WebRTC connection to one other person. Of a pair, the one with the smaller socket id offers; the
// single audio line goes both ways from the start, so switching a microphone needs no new agreement.
// Every offer begins a new call, and what belongs to an earlier one is dropped.

export class VoicePeer {
  #early = []; // candidates that came before the description they belong to
  #ready = false;
  #sender = null;

  // `send(event, payload)` signals to the other; `heard(stream)` is called with their voice.
  constructor({ iceServers, call, track, send, heard, failed }) {
    this.call = call;
    this.track = track;
    this.send = send;
    this.connection = new RTCPeerConnection({ iceServers });
    this.connection.onicecandidate = ({ candidate }) => {
      if (candidate) send('webrtc-ice-candidate', { candidate: { ...candidate.toJSON(), call } });
    };
    this.connection.ontrack = ({ track: theirs }) => heard(new MediaStream([theirs]));
    this.connection.onconnectionstatechange = () => {
      if (this.connection.connectionState === 'failed') failed();
    };
  }

  get connected() {
    return this.connection.connectionState === 'connected';
  }

  async offer() {
    const line = this.connection.addTransceiver('audio', { direction: 'sendrecv' });
    this.#sender = line.sender;
    await this.#sender.replaceTrack(this.track);
    await this.connection.setLocalDescription();
    const { type, sdp } = this.connection.localDescription;
    this.send('webrtc-offer', { offer: { type, sdp, call: this.call } });
  }

  async answer({ type, sdp }) {
    await this.connection.setRemoteDescription({ type, sdp });
    const [line] = this.connection.getTransceivers();
    if (line) {
      line.direction = 'sendrecv';
      this.#sender = line.sender;
      await this.#sender.replaceTrack(this.track);
    }
    await this.connection.setLocalDescription();
    const { localDescription } = this.connection;
    this.send('webrtc-answer', {
      answer: { type: localDescription.type, sdp: localDescription.sdp, call: this.call },
    });
    await this.#addEarly();
  }

  async accept({ type, sdp }) {
    await this.connection.setRemoteDescription({ type, sdp });
    await this.#addEarly();
  }

  async add(candidate) {
    if (!this.#ready) this.#early.push(candidate);
    else await this.connection.addIceCandidate(candidate);
  }

  async #addEarly() {
    this.#ready = true;
    for (const candidate of this.#early.splice(0)) await this.connection.addIceCandidate(candidate);
  }

  // `track`: what the other is sent from now on; null: silence.
  speak(track) {
    if (track === this.track) return;
    this.track = track;
    this.#sender?.replaceTrack(track).catch(() => {}); // A closed connection sends nothing anyway.
  }

  close() {
    this.connection.onicecandidate = null;
    this.connection.onconnectionstatechange = null;
    this.connection.close();
  }
}
