// Voices between pages, as the hall has it: the server tells whom I hear and who hears me, and a
// connection is worth having with either. Whom I do not hear is silent at once, and who does not hear me
// is sent nothing at once; the connection stays for a while, so that coming and going costs no new one.

import { soundOf } from './hearing_rule.js';
import { Ears } from './voice_ears.js';
import { VoicePeer } from './voice_peer.js';

const PEERS_MAX = 32; // voices that an ordinary line carries upwards, and a page decodes
const BEAT_MS = 100;
const LINGER_MS = 5000;
const ANSWERER_LINGER_MS = 8000; // the one who did not offer waits for the other to hang up
const FAILED_PAUSE_MS = 3000;
const CONNECT_WITHIN_MS = 15_000;
const OWN = 'own microphone';

export class VoiceMesh {
  #peers = new Map(); // socket id → {peer, sinceMs, uselessSinceMs}
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
      session.hall.on('change', () => this.#obey()),
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
    if (stream) this.#hearing().add(OWN, stream, { heard: false });
    else this.#ears?.remove(OWN);
    this.#obey();
    this.peopleChanged();
  }

  // Begins to work when anybody, me included, has a microphone on; rests when nobody has any connection.
  peopleChanged() {
    const anybody = this.#track || this.#peers.size || [...this.session.people.values()].some((person) => person.voice);
    if (anybody && this.#timer === null) this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    if (anybody || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.floor.setLevel(this.session.ownId, 0);
  }

  #hearing() {
    this.#ears ??= new Ears();
    return this.#ears;
  }

  #beat() {
    if (!this.session.joined) return;
    const useful = this.#useful();
    for (const [id, known] of [...this.#peers]) this.#judge(id, known, useful.has(id));
    for (const id of useful) if (!this.#peers.has(id) && this.#offers(id)) this.#call(id);
    this.#obey();
    this.#showLevels();
    this.peopleChanged();
  }

  // With whom a connection would carry a voice. Both sides find the same, but for those beyond the limit.
  #useful() {
    const { people, hall } = this.session;
    const heard = [...hall.heard.keys()].filter((id) => people.get(id)?.voice);
    const hearers = this.#track ? [...hall.hearers].filter((id) => people.has(id)) : [];
    const found = new Set([...heard, ...hearers]);
    return found.size <= PEERS_MAX ? found : new Set([...found].slice(0, PEERS_MAX));
  }

  #offers(id) {
    return this.session.ownId < id;
  }

  #judge(id, known, useful) {
    const nowMs = performance.now();
    if (!this.session.people.has(id)) {
      this.#hangUp(id);
    } else if (!known.peer.connected && nowMs - known.sinceMs > CONNECT_WITHIN_MS) {
      this.#failed(id);
    } else if (useful) {
      known.uselessSinceMs = null;
    } else {
      known.uselessSinceMs ??= nowMs;
      const lingerMs = this.#offers(id) ? LINGER_MS : ANSWERER_LINGER_MS;
      if (nowMs - known.uselessSinceMs > lingerMs) this.#hangUp(id);
    }
  }

  // Every connection carries now what the hall says, both ways.
  #obey() {
    const { hall } = this.session;
    const me = this.floor.pose;
    for (const [id, { peer }] of this.#peers) {
      peer.speak(hall.hearers.has(id) ? this.#track : null);
      const link = hall.heard.get(id);
      if (link) this.#ears?.place(id, soundOf(link, me, this.floor.toldPoseOf(id), hall.audio.spatial_audio_range_meters));
      else this.#ears?.silence(id);
    }
  }

  #showLevels() {
    if (!this.#ears) return;
    for (const id of this.#peers.keys()) this.floor.setLevel(id, this.#ears.level(id));
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
      track: this.session.hall.hearers.has(id) ? this.#track : null,
      send: (event, payload) => this.session.signal(event, { targetSocketId: id, ...payload }),
      heard: (stream) => this.#hearing().add(id, stream, { heard: true }),
      failed: () => this.#failed(id),
    });
    this.#peers.set(id, { peer, sinceMs: performance.now(), uselessSinceMs: null });
    this.peopleChanged();
    return peer;
  }

  #failed(id) {
    this.#hangUp(id);
    this.#notBefore.set(id, performance.now() + FAILED_PAUSE_MS);
  }

  async #signalled(event, { fromSocketId: id, offer, answer, candidate }) {
    if (!this.session.people.has(id)) return;
    const peer = this.#peers.get(id)?.peer;
    try {
      if (event === 'webrtc-offer') await this.#offered(id, offer);
      else if (event === 'webrtc-answer' && peer?.call === answer.call) await peer.accept(answer);
      else if (event === 'webrtc-ice-candidate' && peer?.call === candidate.call) await peer.add(candidate);
    } catch {
      this.#failed(id);
    }
  }

  async #offered(id, offer) {
    if (this.#offers(id) || (!this.#peers.has(id) && this.#peers.size >= PEERS_MAX)) return;
    await this.#newPeer(id, offer.call).answer(offer);
  }

  #hangUp(id) {
    this.#peers.get(id)?.peer.close();
    this.#peers.delete(id);
    this.#ears?.remove(id);
    this.floor.setLevel(id, 0);
  }

  #hangUpAll() {
    for (const id of [...this.#peers.keys()]) this.#hangUp(id);
  }
}
