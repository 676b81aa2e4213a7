// Who is connected to whom by voice: those near enough, while either has a microphone on. A link once
// made lasts a little past the range, so nobody at the edge comes and goes.

import { TALK_RANGE_M } from './floor_paint.js';
import { Ears } from './voice_ears.js';
import { VoicePeer } from './voice_peer.js';

const HEARD_MAX = 12;
const KEEP_RANGE_M = TALK_RANGE_M * 1.1;
const LET_GO_RANGE_M = TALK_RANGE_M * 2; // the one who did not offer waits for the other to hang up
const BEAT_MS = 100;
const FAILED_PAUSE_MS = 3000;
const OWN = 'own microphone';

export class VoiceMesh {
  #peers = new Map(); // socket id → VoicePeer
  #notBefore = new Map(); // socket id → when a failed connection may be tried again
  #ears = null;
  #track = null;
  #timer = null;
  #undo = [];

  constructor({ session, floor, iceServers }) {
    Object.assign(this, { session, floor, iceServers });
    this.#undo = [
      session.on('signal', (event, data) => this.#signalled(event, data)),
      session.on('state', (state) => state !== 'joined' && this.#hangUpAll()),
    ];
  }

  stop() {
    for (const undo of this.#undo) undo();
    clearInterval(this.#timer);
    this.#hangUpAll();
    this.#ears?.stop();
  }

  // `stream`: my microphone, or null when it is off.
  speak(stream) {
    this.#track = stream?.getAudioTracks()[0] ?? null;
    if (stream) this.#hearing().add(OWN, stream, { placed: false });
    else this.#ears?.remove(OWN);
    for (const peer of this.#peers.values()) peer.speak(this.#track);
    this.peopleChanged();
  }

  // Begins to work when anybody, me included, has a microphone on; rests when nobody has.
  peopleChanged() {
    const anybody = this.#track || [...this.session.people.values()].some((person) => person.voice);
    if (anybody && this.#timer === null) this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    if (anybody || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#beat();
  }

  #hearing() {
    this.#ears ??= new Ears();
    return this.#ears;
  }

  #beat() {
    if (!this.session.joined) return;
    const wanted = this.#wanted();
    for (const id of [...this.#peers.keys()]) if (!this.#keeps(id, wanted)) this.#hangUp(id);
    for (const id of wanted) if (!this.#peers.has(id) && this.#offers(id)) this.#call(id);
    this.#place();
  }

  // The nearest people with whom a connection is of use.
  #wanted() {
    const near = [];
    for (const person of this.session.people.values()) {
      if (person.self || !(this.#track || person.voice)) continue;
      const metres = this.floor.distanceTo(person.socketId);
      const reach = this.#peers.has(person.socketId) ? KEEP_RANGE_M : TALK_RANGE_M;
      if (metres !== null && metres <= reach) near.push({ id: person.socketId, metres });
    }
    near.sort((a, b) => a.metres - b.metres);
    return new Set(near.slice(0, HEARD_MAX).map(({ id }) => id));
  }

  #offers(id) {
    return this.session.ownId < id;
  }

  #keeps(id, wanted) {
    if (wanted.has(id)) return true;
    const person = this.session.people.get(id);
    if (!person || this.#offers(id)) return false;
    const metres = this.floor.distanceTo(id);
    return (this.#track || person.voice) && metres !== null && metres <= LET_GO_RANGE_M;
  }

  #place() {
    if (!this.#ears) return;
    this.#ears.face(this.floor.pose);
    for (const id of this.#peers.keys()) {
      const pose = this.floor.poseOf(id);
      if (pose) this.#ears.place(id, pose);
      this.floor.setLevel(id, this.#ears.level(id));
    }
    this.floor.setLevel(this.session.ownId, this.#track ? this.#ears.level(OWN) : 0);
  }

  #call(id) {
    if (performance.now() < (this.#notBefore.get(id) ?? 0)) return;
    const peer = this.#newPeer(id, crypto.getRandomValues(new Uint32Array(1))[0]);
    peer.offer().catch(() => this.#failed(id));
  }

  #newPeer(id, call) {
    this.#hangUp(id);
    const peer = new VoicePeer({
      iceServers: this.iceServers,
      call,
      track: this.#track,
      send: (event, payload) => this.session.signal(event, { targetSocketId: id, ...payload }),
      heard: (stream) => this.#hearing().add(id, stream, { placed: true }),
      failed: () => this.#failed(id),
    });
    this.#peers.set(id, peer);
    return peer;
  }

  #failed(id) {
    this.#hangUp(id);
    this.#notBefore.set(id, performance.now() + FAILED_PAUSE_MS);
  }

  async #signalled(event, { fromSocketId: id, offer, answer, candidate }) {
    if (!this.session.people.has(id)) return;
    const peer = this.#peers.get(id);
    try {
      if (event === 'webrtc-offer') await this.#newPeer(id, offer.call).answer(offer);
      else if (event === 'webrtc-answer' && peer?.call === answer.call) await peer.accept(answer);
      else if (event === 'webrtc-ice-candidate' && peer?.call === candidate.call) await peer.add(candidate);
    } catch {
      this.#failed(id);
    }
  }

  #hangUp(id) {
    this.#peers.get(id)?.close();
    this.#peers.delete(id);
    this.#ears?.remove(id);
    this.floor.setLevel(id, 0);
  }

  #hangUpAll() {
    for (const id of [...this.#peers.keys()]) this.#hangUp(id);
  }
}
