// My line to the server outside any space: it rings, tells what calls cost, and what happens on the
// channels I watch. While it is open, I am evidently there. Emits every event under its own name, and
// `state (connected)`.

import { io } from '../vendor/socket.io-client/socket.io.esm.min.js';
import { Emitter } from './emitter.js';

const ACK_TIMEOUT_MS = 10_000;

export class Line extends Emitter {
  connected = false;

  #socket = null;
  #watched = new Map(); // channel → how many of the page's parts watch it

  // `token ()`: the proof of who I am, as it is now.
  constructor(token) {
    super();
    this.token = token;
  }

  open() {
    if (this.#socket) return;
    const socket = io({
      auth: (give) => give({ token: this.token() }),
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: 300,
      reconnectionDelayMax: 4000,
      forceNew: true,
    });
    this.#socket = socket;
    socket.on('connect', () => this.#came());
    socket.on('disconnect', () => this.#went());
    socket.onAny((name, ...args) => this.emit(name, ...args));
    window.addEventListener('pagehide', this.#leave);
    window.addEventListener('pageshow', this.#comeBack);
  }

  close() {
    window.removeEventListener('pagehide', this.#leave);
    window.removeEventListener('pageshow', this.#comeBack);
    this.#leave();
  }

  // Resolves with the server's answer: `viewers`, or `success: false` and why not.
  async watch(channel) {
    this.open();
    const before = this.#watched.get(channel) ?? 0;
    this.#watched.set(channel, before + 1);
    const answer = await this.#ask('room:join', channel);
    if (answer.success === false && answer.code !== 'no_answer') this.#watched.delete(channel);
    return answer;
  }

  unwatch(channel) {
    const left = (this.#watched.get(channel) ?? 0) - 1;
    if (left > 0) {
      this.#watched.set(channel, left);
    } else if (this.#watched.delete(channel)) {
      this.#ask('room:leave', channel);
    }
  }

  #leave = () => {
    this.#socket?.disconnect();
  };

  #comeBack = ({ persisted }) => {
    if (persisted) this.#socket?.connect();
  };

  #came() {
    // Recovered: the server still knows what I watch, and what I missed is on its way.
    if (!this.#socket.recovered) for (const channel of this.#watched.keys()) this.#ask('room:join', channel);
    this.connected = true;
    this.emit('state', true);
  }

  #went() {
    this.connected = false;
    this.emit('state', false);
  }

  async #ask(event, payload) {
    try {
      return await this.#socket.timeout(ACK_TIMEOUT_MS).emitWithAck(event, payload);
    } catch {
      return { success: false, code: 'no_answer', error: 'No answer from the server.' };
    }
  }
}
