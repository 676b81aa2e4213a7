// The calls I am in, as data: who with, where each stands, what it costs. The server's events say that
// something changed; a heartbeat every few seconds says how it is. Emits `change ()`.

import { Emitter } from './emitter.js';

const BEAT_MS = 3000;
const LIVE = new Set(['init', 'ringing', 'active', 'paused', 'ending']);
const CALLS_LOOKED_AT = 10; // the newest of my history, when a reload must find a call again

export function isLive(call) {
  return LIVE.has(call.state);
}

export class CallCenter extends Emitter {
  calls = new Map(); // id → {id, other, side, mine, rate, state, …}

  #undo = [];
  #timer = null;
  #beating = false;

  constructor(till) {
    super();
    this.till = till;
  }

  start() {
    const { line } = this.till;
    this.#undo = [
      line.on('call:incoming', ({ callId }) => this.#learn(callId)),
      line.on('call:status', (said) => this.#status(said)),
      line.on('call:accepted', ({ callId }) => this.#change(callId, { accepted: true })),
      line.on('call:minute_billed', (said) => this.#billed(said)),
      line.on('call:insufficient_funds', ({ callId, endsInSeconds, required }) =>
        this.#change(callId, { warning: { endsAtMs: performance.now() + endsInSeconds * 1000, required } }),
      ),
      line.on('state', (connected) => connected && this.#find()),
    ];
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  stop() {
    for (const undo of this.#undo) undo();
    clearInterval(this.#timer);
  }

  // `fan`: whether I pay. Resolves when it rings; throws why it cannot.
  async ring({ other, fan, rate, callType, message }, key) {
    const { api } = this.till;
    const terms = { rate_tokens_per_min: rate, callType, message };
    const { callId } = fan
      ? await api.ring({ creatorId: other, ...terms }, key)
      : await api.ringFan({ fanId: other, ...terms }, key);
    await this.#learn(callId);
    return callId;
  }

  async accept(id) {
    await this.till.api.accept(id);
    await this.#look(id);
  }

  async pause(id) {
    await this.till.api.pauseCall(id);
    await this.#look(id);
  }

  async resume(id) {
    await this.till.api.resumeCall(id);
    await this.#look(id);
  }

  async end(id) {
    const { state, durationSeconds, totalCost, totalEarned, endedBy } = await this.till.api.endCall(id);
    this.#change(id, { state, elapsed: durationSeconds, cost: totalCost, earned: totalEarned, endedBy });
    this.till.refresh();
  }

  dismiss(id) {
    if (this.calls.delete(id)) this.emit('change');
  }

  // After a reload or a lost connection: what goes on?
  async #find() {
    try {
      const { calls } = await this.till.api.calls({ limit: CALLS_LOOKED_AT });
      await Promise.all(calls.filter(isLive).map(({ id }) => this.#learn(id)));
    } catch {
      return; // The next beat or event tries again.
    }
  }

  async #learn(id) {
    if (this.calls.has(id)) return;
    try {
      const { call, fanId, creatorId, initiator, message } = await this.till.api.call(id);
      if (this.calls.has(id) || !isLive(call)) return;
      const side = fanId === this.till.account ? 'fan' : 'creator';
      this.calls.set(id, {
        id,
        channel: call.channel,
        callType: call.callType,
        rate: call.rate,
        state: call.state,
        side,
        fan: fanId,
        creator: creatorId,
        other: side === 'fan' ? creatorId : fanId,
        mine: initiator === side,
        message,
        accepted: false,
        elapsed: call.durationSeconds,
        atMs: performance.now(),
        cost: call.totalCost,
        earned: call.totalEarned,
        next: null, // {inSeconds, tokens}
        evidence: null, // {fan, creator}: seconds since each was evidently there
        reason: call.reason,
        endedBy: null,
        warning: null,
      });
      this.emit('change');
      await this.#look(id);
    } catch {
      return; // It will be found again when the line comes back.
    }
  }

  #change(id, fields) {
    const call = this.calls.get(id);
    if (!call) {
      this.#learn(id);
      return;
    }
    Object.assign(call, fields);
    this.emit('change');
  }

  #status({ callId, state, durationSeconds, reason, endedBy, totalCost, totalEarned }) {
    const over = !LIVE.has(state);
    if (!this.calls.has(callId) && over) return; // I have put it away already.
    const figures = over ? { elapsed: durationSeconds, cost: totalCost, earned: totalEarned } : {};
    this.#change(callId, { state, reason, endedBy, ...figures });
    this.till.refresh();
    if (!over) this.#look(callId);
  }

  #billed({ callId, totalCost, totalEarned, balance }) {
    this.#change(callId, { cost: totalCost, earned: totalEarned, warning: null });
    if (balance === undefined) this.till.refresh(); // Mine are the earnings.
    else this.till.keep(balance);
  }

  async #beat() {
    if (this.#beating) return;
    this.#beating = true;
    await Promise.all([...this.calls.values()].filter(isLive).map(({ id }) => this.#look(id)));
    this.#beating = false;
  }

  async #look(id) {
    try {
      const { state, billing, totalCost, totalEarned, nextBlockCost, evidence, reason } = await this.till.api.heartbeat(id);
      const call = this.calls.get(id);
      if (!call || !isLive(call)) return;
      this.#change(id, {
        state,
        reason,
        evidence,
        cost: totalCost,
        earned: totalEarned,
        elapsed: billing.elapsedSeconds,
        atMs: performance.now(),
        next: { inSeconds: billing.nextBillingIn, tokens: nextBlockCost },
      });
    } catch {
      return; // Not being heard is what the evidence will show.
    }
  }
}

// How long the call has been active, in seconds, as far as I can tell between two heartbeats.
export function elapsedNow(call, nowMs) {
  return call.elapsed + (call.state === 'active' ? (nowMs - call.atMs) / 1000 : 0);
}
