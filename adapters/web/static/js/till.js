// My money on every screen: what I have, my line to the server, and the calls I am in. Lives as long as
// I am signed in. Emits `balance (tokens)`; and `moved ()` when something of mine has changed, or may have.

import { api } from './api.js';
import { CallCenter } from './call_center.js';
import { Emitter } from './emitter.js';
import { currentIdentity } from './identity.js';
import { Line } from './line.js';
import { MoneyApi } from './money_api.js';

const MOVES = ['balance-changed', 'credit-changed', 'payment-changed', 'payout-changed', 'subscription-changed'];
const REFRESH_MS = 60_000; // The server says what changes; this is for what got lost on the way.

export class Till extends Emitter {
  balance = null; // tokens; null: not known yet

  #admin = null;
  #timer = null;

  constructor(identity) {
    super();
    this.identity = identity;
    const token = () => (currentIdentity() ?? identity).token;
    this.api = new MoneyApi(token);
    this.line = new Line(token);
    this.calls = new CallCenter(this);
  }

  get account() {
    return this.identity.account;
  }

  start() {
    if (!this.account) return; // A guest has no wallet, and nobody can ring one.
    this.line.on('balance-changed', ({ balance }) => this.keep(balance));
    for (const event of MOVES) this.line.on(event, () => this.emit('moved'));
    this.line.on('state', (connected) => {
      if (!connected) return;
      this.refresh(); // Something may have been missed.
      this.emit('moved');
    });
    this.line.open();
    this.calls.start();
    this.refresh();
    this.#timer = setInterval(() => document.visibilityState === 'visible' && this.refresh(), REFRESH_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.calls.stop();
    this.line.close();
  }

  // Somebody has said what I have now.
  keep(balance) {
    if (!Number.isFinite(balance) || balance === this.balance) return;
    this.balance = balance;
    this.emit('balance', balance);
  }

  // A balance that cannot be read is simply not shown.
  async refresh() {
    try {
      this.keep((await this.api.balance()).balance);
    } catch {
      return;
    }
  }

  // Whether I take money from others; when that cannot be read, I am not offered what needs it.
  async isCreator() {
    try {
      return (await this.api.wallet()).creator !== null;
    } catch {
      return false;
    }
  }

  async isOperator() {
    this.#admin ??= api.me(this.api.token()).then(
      ({ admin }) => admin,
      () => {
        this.#admin = null;
        return false;
      },
    );
    return this.#admin;
  }
}
