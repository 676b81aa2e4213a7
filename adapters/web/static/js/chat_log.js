// The conversation as data: durable rows in the server's order, then what I said that is not durable
// yet. Emits `change ()` and `arrived (row, mine)` for rows nobody had to ask for.
//
// Each thing I say has a key that the server remembers, so saying it again after a doubtful answer
// cannot double it.

import { Emitter } from './emitter.js';

export const LENGTH_MAX = 2000; // UTF-16 units
const PAGE = 50;

function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export class ChatLog extends Emitter {
  rows = [];
  pending = []; // {key, content, atMs, state: 'waiting' | 'sending' | 'failed', error, retryable}
  state = 'loading'; // loading | ready | failed
  olderState = 'idle'; // idle | loading | failed
  hasMore = false;

  #byId = new Map();
  #canSay = false;

  // `readPage({limit, offset})` asks the server; `say(content, key)` sends; `isMine(row)` knows me.
  constructor({ readPage, say, isMine }) {
    super();
    this.readPage = readPage;
    this.sayOnce = say;
    this.isMine = isMine;
  }

  // After joining, and after every return: read what was missed, then say what had to wait.
  async joined() {
    this.#canSay = true;
    const reading = this.#refresh();
    for (const item of [...this.pending]) {
      if (item.state === 'waiting') this.#deliver(item);
    }
    await reading;
  }

  lost() {
    this.#canSay = false;
  }

  async #refresh() {
    try {
      const page = await this.readPage({ limit: PAGE, offset: 0 });
      const overlaps = page.messages.some((row) => this.#byId.has(row.id));
      if (this.rows.length && !overlaps && page.has_more) {
        this.rows = []; // Too much was missed: a hole in the middle would be a lie.
        this.#byId.clear();
      }
      if (!this.rows.length || !overlaps) this.hasMore = page.has_more;
      const known = this.state === 'ready';
      const fresh = this.#merge(page.messages);
      this.state = 'ready';
      this.emit('change');
      if (known) for (const row of fresh) this.emit('arrived', row, this.isMine(row));
    } catch {
      if (this.state === 'loading') this.state = 'failed';
      this.emit('change');
    }
  }

  reload() {
    this.state = 'loading';
    this.emit('change');
    return this.#refresh();
  }

  async loadOlder() {
    if (!this.hasMore || this.olderState === 'loading') return;
    this.olderState = 'loading';
    this.emit('change');
    try {
      const page = await this.readPage({ limit: PAGE, offset: this.rows.length });
      this.#merge(page.messages);
      this.hasMore = page.has_more;
      this.olderState = 'idle';
    } catch {
      this.olderState = 'failed';
    }
    this.emit('change');
  }

  // A row the server sent by itself.
  receive(row) {
    if (!this.#merge([row]).length) return;
    this.emit('change');
    this.emit('arrived', row, this.isMine(row));
  }

  send(content) {
    const item = { key: randomKey(), content, atMs: Date.now(), state: 'waiting', error: null, retryable: true };
    this.pending.push(item);
    if (this.#canSay) this.#deliver(item);
    this.emit('change');
  }

  retry(key) {
    const item = this.pending.find((each) => each.key === key);
    if (!item) return;
    item.state = 'waiting';
    if (this.#canSay) this.#deliver(item);
    this.emit('change');
  }

  discard(key) {
    this.pending = this.pending.filter((item) => item.key !== key);
    this.emit('change');
  }

  async #deliver(item) {
    item.state = 'sending';
    const answer = await this.sayOnce(item.content, item.key);
    if (answer?.success && answer.message) {
      this.discard(item.key);
      this.receive(answer.message);
    } else if (this.pending.includes(item)) {
      const lostWhileAway = answer?.code === 'no_answer' && !this.#canSay;
      item.state = lostWhileAway ? 'waiting' : 'failed';
      item.error = answer?.error ?? 'Not sent.';
      this.emit('change');
    }
  }

  // Adds the rows not known yet and returns them, oldest first.
  #merge(rows) {
    const fresh = [];
    for (const row of rows) {
      if (this.#byId.has(row.id)) {
        Object.assign(this.#byId.get(row.id), row);
        continue;
      }
      const copy = { ...row };
      this.#byId.set(row.id, copy);
      fresh.push(copy);
      this.#settlePending(copy);
    }
    if (fresh.length) {
      this.rows = [...this.rows, ...fresh].sort((a, b) => a.id - b.id);
    }
    return fresh.sort((a, b) => a.id - b.id);
  }

  // My own row can come back before its acknowledgement does; it must not be seen twice.
  #settlePending(row) {
    if (this.isMine(row)) this.pending = this.pending.filter((item) => item.key !== row.key);
  }
}
