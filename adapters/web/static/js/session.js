// One stay in one space: the admission over HTTP, the socket, the roster, and coming back after a
// lost connection. Says what happens through events; draws nothing.
//
//   state (name, detail)   connecting | joined | reconnecting | draining | refused | ended
//   roster ()              who is here changed; `people` is the truth
//   arrived (person), departed (person)
//   pose (socketId, pose)  somebody else's new place
//   message (row)          a chat message of this space
//   tip (tip)              somebody here gave somebody tokens
//   signal (event, data)   WebRTC signalling from another member

import { io } from '../vendor/socket.io-client/socket.io.esm.min.js';
import { api, ApiError } from './api.js';
import { Emitter } from './emitter.js';
import { HALL_EVENTS, HallState } from './hall_state.js';
import { renewed } from './identity.js';
import { poseFromWire } from './motion.js';
import { personFromUser, serverName } from './person.js';
import { decodePoseFrame } from './pose_frame.js';
import { sameSpace, spaceChannel } from './space_id.js';

const JOIN_TIMEOUT_MS = 10_000;
const ACK_TIMEOUT_MS = 10_000;
const JOIN_ATTEMPTS_MAX = 6;
const SEND_INTERVAL_MS = 67; // at most 15 poses a second
const SIGNALS = ['webrtc-offer', 'webrtc-answer', 'webrtc-ice-candidate'];

export class Session extends Emitter {
  people = new Map(); // socket id → person
  state = 'idle';
  admission = null; // what the join answered: the space, its settings, TURN and the session token

  #socket = null;
  #pose;
  #sent = '';
  #sentAtMs = 0;
  #sendTimer = null;
  #joinTimer = null;
  #attempts = 0;
  #left = false;
  #voice = false;
  #epoch = 0;
  #bodies = new Map(); // index in pose frames → socket id

  constructor({ identity, space, pose }) {
    super();
    this.identity = identity;
    this.space = space;
    this.hall = new HallState(serverName(identity));
    this.#pose = pose;
  }

  get ownId() {
    return this.#socket?.id ?? null;
  }

  get joined() {
    return this.state === 'joined';
  }

  async enter() {
    this.#become('connecting');
    try {
      await this.#admit();
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (!this.#left) this.#connect();
  }

  leave() {
    this.#left = true;
    clearTimeout(this.#sendTimer);
    clearTimeout(this.#joinTimer);
    this.#socket?.disconnect();
  }

  // Tell the others where I am now; many calls become few messages.
  moved(pose) {
    this.#pose = pose;
    if (this.#sendTimer !== null) return;
    const waitMs = Math.max(0, this.#sentAtMs + SEND_INTERVAL_MS - performance.now());
    this.#sendTimer = setTimeout(() => this.#sendPose(), waitMs);
  }

  setVoice(enabled) {
    this.#voice = enabled;
    const me = this.people.get(this.ownId);
    if (me) me.voice = enabled;
    this.emit('roster');
    this.moved(this.#pose);
  }

  // Resolves with the server's answer; `code` is `no_answer` when it is unknown whether it arrived.
  async say(content, key) {
    return this.ask('chat-message', { content, message_type: 'text', key });
  }

  async ask(event, payload = {}) {
    try {
      return await this.#socket.timeout(ACK_TIMEOUT_MS).emitWithAck(event, payload);
    } catch {
      return { success: false, code: 'no_answer', error: 'No answer from the server.' };
    }
  }

  signal(event, payload) {
    if (this.joined) this.#socket.emit(event, payload);
  }

  async #admit() {
    const { token, account } = this.identity;
    this.admission = await api.join(token, this.space, account);
    this.identity = renewed(this.identity, this.admission);
  }

  #connect() {
    const socket = io({
      auth: (give) => give({ token: this.identity.token, userAccount: this.identity.account }),
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: 300,
      reconnectionDelayMax: 4000,
      forceNew: true,
    });
    this.#socket = socket;
    socket.on('connect', () => this.#connected());
    socket.on('disconnect', (reason) => this.#disconnected(reason));
    socket.on('connect_error', (error) => this.#connectFailed(error));
    socket.on('server-draining', () => this.#become('draining'));
    socket.on('space-joined', (answer) => this.#joinedSpace(answer));
    socket.on('space-error', (error) => this.#joinRefused(error));
    socket.on('user-joined', (user) => this.#arrive(user));
    socket.on('user-left', ({ socketId }) => this.#depart(socketId));
    socket.on('aframe-update', (update) => this.#othersMoved(update));
    socket.on('poses', (data) => this.#frameCame(data));
    socket.on('chat-message', (row) => this.emit('message', row));
    socket.on(`tip:new:${spaceChannel(this.space)}`, (tip) => this.emit('tip', tip));
    for (const name of HALL_EVENTS) socket.on(name, (data) => this.hall.receive(name, data));
    socket.on('abilities-changed', () => this.hall.can('moderate') && this.#lookAgain());
    for (const name of ['user-unmuted', 'all-unmuted']) socket.on(name, () => !this.hall.can('speak') && this.#lookAgain());
    socket.on('removed-from-space', (how) => this.#putOut(how));
    for (const name of SIGNALS) socket.on(name, (data) => this.emit('signal', name, data));
  }

  // Recovered: I never left, and what I missed is on its way. Else everything begins anew.
  #connected() {
    if (!this.#socket.recovered || !this.people.has(this.ownId)) {
      this.#rejoin();
      return;
    }
    this.#become('joined');
    this.#sent = '';
    this.moved(this.#pose);
  }

  async #rejoin() {
    if (this.#attempts > 0 || this.state !== 'connecting') {
      // The old session token may have run out while we were away.
      try {
        await this.#admit();
      } catch (error) {
        this.#joinRefused(error);
        return;
      }
    }
    if (this.#left || !this.#socket.connected) return;
    clearTimeout(this.#joinTimer);
    this.#joinTimer = setTimeout(() => this.#tryAgain(), JOIN_TIMEOUT_MS);
    const { type, id, subspace } = this.space;
    this.#socket.emit('join-space', {
      spaceType: type,
      spaceId: id,
      subspace,
      userAccount: this.identity.account,
      position: this.#wirePosition(),
      avatar_data: { rotation: this.#wireRotation() },
      session_token: this.admission.session_token,
      poses: 'binary',
      hearers: true,
    });
  }

  #tryAgain() {
    if (this.#left) return;
    this.#attempts += 1;
    if (this.#attempts >= JOIN_ATTEMPTS_MAX) {
      this.#refuse(new ApiError('The space does not answer. Try again in a moment.'));
    } else if (this.#socket?.connected) {
      this.#rejoin();
    }
  }

  #joinRefused(error) {
    if (this.#left || this.joined) return;
    clearTimeout(this.#joinTimer);
    const retryable = error.retryable === true;
    if (retryable && this.#attempts < JOIN_ATTEMPTS_MAX) {
      this.#joinTimer = setTimeout(() => this.#tryAgain(), 500 * 2 ** this.#attempts);
    } else {
      this.#refuse(error);
    }
  }

  // The first answer, and any later one: the server's whole truth replaces ours.
  #joinedSpace(answer) {
    const { spaceType: type, spaceId: id, subspace } = answer;
    if (this.#left || (type && !sameSpace({ type, id: String(id), subspace }, this.space))) return;
    clearTimeout(this.#joinTimer);
    this.#attempts = 0;
    this.#epoch = answer.epoch;
    this.#bodies.clear();
    const people = new Map();
    for (const user of answer.users ?? []) {
      people.set(user.socketId, personFromUser(user, this.ownId));
      this.#bodies.set(user.poseIndex, user.socketId);
      this.#tellPose(user);
    }
    this.people = people;
    this.hall.joined(answer.audio);
    this.ask('room:join', spaceChannel(this.space));
    this.#become('joined');
    this.emit('roster');
    this.#sent = '';
    this.moved(this.#pose);
  }

  #arrive(user) {
    if (!this.joined || !user?.socketId) return;
    const known = this.people.has(user.socketId);
    const person = personFromUser(user, this.ownId);
    this.people.set(user.socketId, person);
    this.#bodies.set(user.poseIndex, user.socketId);
    this.#tellPose(user);
    this.emit('roster');
    if (!known && !person.self) this.emit('arrived', person);
  }

  #depart(socketId) {
    const person = this.people.get(socketId);
    if (!person) return;
    this.people.delete(socketId);
    this.hall.departed(socketId);
    this.emit('roster');
    this.emit('departed', person);
  }

  #othersMoved({ socketId, entityData }) {
    const person = this.people.get(socketId);
    if (!person || person.self) return; // Only joining makes a body.
    const pose = poseFromWire(entityData?.position, entityData?.rotation);
    if (pose) this.emit('pose', socketId, pose);
    const voice = entityData?.voice_enabled;
    if (typeof voice === 'boolean' && voice !== person.voice) {
      person.voice = voice;
      this.emit('roster');
    }
  }

  #frameCame(data) {
    const frame = decodePoseFrame(data);
    if (!frame || frame.epoch !== this.#epoch) return; // Indices of another roster mean nobody.
    for (const { index, position, rotation } of frame.poses) {
      this.#othersMoved({ socketId: this.#bodies.get(index), entityData: { position, rotation } });
    }
  }

  // Who becomes a moderator, or is heard again, may see and do more than what was shown on coming in.
  async #lookAgain() {
    const audio = await this.ask('audio-state');
    if (audio.success !== false && this.joined) this.hall.shown(audio);
  }

  #tellPose(user) {
    if (user.socketId === this.ownId) return;
    const pose = poseFromWire(user.position, user.rotation ?? user.avatar_data?.rotation);
    if (pose) this.emit('pose', user.socketId, pose);
  }

  #sendPose() {
    this.#sendTimer = null;
    if (!this.joined) return;
    const update = { position: this.#wirePosition(), rotation: this.#wireRotation(), voice_enabled: this.#voice };
    const text = JSON.stringify(update);
    if (text === this.#sent) return;
    this.#sent = text;
    this.#sentAtMs = performance.now();
    this.#socket.emit('aframe-update', update);
  }

  #wirePosition() {
    const round = (metres) => Math.round(metres * 1000) / 1000;
    return { x: round(this.#pose.x), y: 0, z: round(this.#pose.z) };
  }

  #wireRotation() {
    const yaw = ((this.#pose.yaw % 360) + 360) % 360;
    return { x: 0, y: Math.round(yaw * 10) / 10, z: 0 };
  }

  #disconnected(reason) {
    clearTimeout(this.#joinTimer);
    if (this.#left) return;
    if (reason === 'io server disconnect') this.#end();
    else if (this.state !== 'draining') this.#become('reconnecting');
  }

  #connectFailed(error) {
    if (this.#left) return;
    if (this.#socket.active) {
      if (this.state === 'joined') this.#become('reconnecting');
      return; // The stock client keeps trying.
    }
    this.#refuse(new ApiError(error.message, { code: error.data?.code ?? 'refused' }));
  }

  #end(message = 'The session in this space has ended.') {
    this.#become('ended', { message });
  }

  #putOut({ reason, by, text, until }) {
    const what = reason === 'banned' ? 'banned you from' : 'put you out of';
    const limit = until ? ` until ${new Date(until).toLocaleString()}` : '';
    this.#end(`${by} ${what} this space${limit}.${text ? ` “${text}”` : ''}`);
    this.leave();
  }

  #refuse(error) {
    if (this.#left) return;
    clearTimeout(this.#joinTimer);
    this.#socket?.disconnect();
    this.#become('refused', { message: error.error ?? error.message, code: error.code, status: error.status ?? 0 });
  }

  #become(state, detail = null) {
    if (this.#left) return;
    this.state = state;
    this.emit('state', state, detail);
  }
}
