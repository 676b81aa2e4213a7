// My wallet: what I have, packs to buy and those that wait for their payment, cashing out, history.

import { h, placeChildren, setText } from './dom.js';
import { CashOutView } from './wallet_cash.js';
import { HistoryView } from './wallet_history.js';
import { doing, empty, entry, figure, fill, moneyPage, panel, Refresher } from './money_parts.js';
import { goodsOf, grouped, money, PAYMENT_STATES, tokens, when } from './money_words.js';
import { Attempt } from './attempt.js';
import { toast } from './toast.js';

const WAITING_MAX = 5;

export class WalletScreen {
  #undo = [];
  #attempts = new Map(); // pack → Attempt
  #waiting = new Set(); // ids of purchases that wait for their payment
  #wallet = null;

  constructor({ till, onLeave, onExpired }) {
    this.till = till;
    this.refresher = new Refresher({ load: () => this.#load(), onExpired });
    this.figure = h('span', { class: 'purse-figure', 'data-balance': '' }, '…');
    this.worth = h('p', { class: 'purse-worth' }, '\u00a0');
    this.totals = h('dl', { class: 'figures' });
    this.#renderTotals(null);
    this.packs = h('ul', { class: 'packs' });
    this.buyError = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.pending = h('ul', { class: 'entries waiting', 'aria-label': 'Waiting for payment' });
    this.pendingNote = h('p', { class: 'hint', hidden: true }, 'The tokens are yours as soon as the payment is confirmed. Name the reference when you pay.');
    this.begun = h('ul', { class: 'entries begun' });
    this.begunPanel = panel('Payments you have begun', { hidden: true }, this.begun);
    this.cash = new CashOutView({ till, onDone: () => this.refresher.now() });
    this.history = new HistoryView({ till });
    this.element = moneyPage(
      { till, current: 'wallet', title: 'Wallet', undo: this.#undo, onLeave },
      this.refresher.trouble,
      h(
        'section',
        { class: 'panel purse', 'aria-label': 'What you have' },
        h('p', { class: 'purse-line' }, this.figure, h('span', { class: 'purse-unit' }, 'tokens')),
        this.worth,
        this.totals,
      ),
      panel('Buy tokens', { class: 'buy' }, this.packs, this.buyError, this.pending, this.pendingNote),
      this.begunPanel,
      this.cash.element,
      this.history.element,
    );
    this.#undo.push(
      till.on('moved', () => this.refresher.soon()),
      till.on('balance', (balance) => balance !== this.#wallet?.balance && this.refresher.soon()),
    );
  }

  start() {
    this.refresher.start();
    this.#loadPacks();
  }

  stop() {
    this.refresher.stop();
    for (const undo of this.#undo) undo();
  }

  async #load() {
    const { api } = this.till;
    const [wallet, balance, waiting, { payments }] = await Promise.all([
      api.wallet(),
      api.balance(),
      api.purchases({ status: 'pending' }),
      api.payments({ status: 'waiting' }),
    ]);
    const changed = JSON.stringify(wallet) !== JSON.stringify(this.#wallet);
    this.#wallet = wallet;
    this.till.keep(wallet.balance);
    setText(this.figure, grouped(wallet.balance));
    setText(this.worth, `About ${money(balance.usdEstimate, 'USD')} when cashed out, at ${money(balance.tokenValue, 'USD')} a token`);
    this.#renderTotals(wallet);
    this.#renderWaiting(waiting);
    this.begunPanel.hidden = payments.length === 0;
    fill(this.begun, payments, (row) => this.#begun(row), '');
    if (changed) this.history.load();
    await this.cash.render(wallet);
  }

  // `wallet`: null until it is known; its place is kept, so that nothing below moves.
  #renderTotals(wallet) {
    const shown = (name) => (wallet ? grouped(wallet[name]) : '…');
    this.totals.replaceChildren(
      figure('Bought', shown('total_purchased')),
      figure('Earned', shown('total_earned')),
      figure('Spent', shown('total_spent')),
      ...(wallet?.credit ?? []).map(({ available, currency }) => figure('Credit', money(available, currency))),
    );
  }

  // What is to be sent for something that is paid from outside, and where.
  #begun(row) {
    const { to_pay: left, currency, payment_address: to, status } = row;
    const words = status === 'expired' ? 'its time is over' : `${money(left, currency)} to ${to} by ${when(row.expires_at)}, with the memo`;
    return entry(
      `${money(row.amount, currency)} for ${goodsOf(row)}`,
      words,
      h('span', { class: `tag ${status === 'expired' ? '' : 'wait'}`.trim(), 'data-status': status }, PAYMENT_STATES[status] ?? status),
      { actions: [h('code', { class: 'reference', title: 'Memo of this payment' }, row.memo)] },
    );
  }

  async #loadPacks() {
    try {
      const { packs } = await this.till.api.packs();
      this.packs.replaceChildren(...packs.map((pack) => this.#pack(pack)));
    } catch (error) {
      this.packs.replaceChildren(
        h('li', {}, h('p', { class: 'alert', role: 'alert' }, error.message), doing('Try again', () => this.#loadPacks(), { onError: toast })),
      );
    }
  }

  #pack(pack) {
    const attempt = new Attempt();
    this.#attempts.set(pack.tokens, attempt);
    const button = h(
      'button',
      { class: 'pack', type: 'button', 'data-tokens': pack.tokens, onclick: () => this.#buy(pack, button) },
      h('span', { class: 'pack-tokens' }, tokens(pack.tokens)),
      h('span', { class: 'pack-price' }, money(pack.price, pack.currency)),
    );
    return h('li', {}, button);
  }

  async #buy(pack, button) {
    this.buyError.hidden = true;
    button.disabled = true;
    try {
      const answer = await this.#attempts.get(pack.tokens).make(pack, (key) => this.till.api.purchase(pack.tokens, key));
      if (answer) await this.refresher.now();
    } catch (error) {
      this.buyError.textContent = error.message;
      this.buyError.hidden = false;
    } finally {
      button.disabled = false;
    }
  }

  #renderWaiting({ purchases, has_more: more }) {
    const now = new Set(purchases.map(({ id }) => id));
    const paid = [...this.#waiting].filter((id) => !now.has(id));
    if (paid.length && !more) toast('Your payment has arrived');
    this.#waiting = now;
    this.pendingNote.hidden = purchases.length === 0;
    const signature = JSON.stringify([...now]);
    if (this.pending.dataset.shown === signature) return; // Nothing moves under somebody who copies a reference.
    this.pending.dataset.shown = signature;
    const rows = purchases.slice(0, WAITING_MAX).map((row) =>
      entry(
        `${tokens(row.token_amount)} for ${money(row.amount, row.currency)}`,
        when(row.created_at),
        h('span', { class: 'tag wait' }, 'Waiting for payment'),
        { actions: [h('code', { class: 'reference', title: 'Reference of this payment' }, row.id)] },
      ),
    );
    const rest = purchases.length - rows.length;
    placeChildren(this.pending, rest > 0 ? [...rows, h('li', {}, empty(`and ${rest}${more ? ' or more' : ''} older`))] : rows);
  }
}
