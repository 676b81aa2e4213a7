// A ticket for money from outside: the ways to pay, the quote, and how far it has come. The server
// keeps the quote, so a page that is loaded again shows it as it is.

import { Attempt } from './attempt.js';
import { h } from './dom.js';
import { doing } from './money_parts.js';
import { money, PAYMENT_STATES, when } from './money_words.js';
import { toast } from './toast.js';

const RETRY_MS = 5000;
const LISTED_MAX = 50;
const OPEN = ['awaiting_payment', 'partly_paid'];
const AFTER = {
  expired: 'Its time is over, and the seat is free for anybody. What you send yet buys the ticket if there is one then, or becomes your credit.',
  confirmed: 'Your payment has arrived, and the ticket is yours.',
  given_back: 'What had come for it is your credit; you find it in your wallet.',
};

export class OutsidePayment {
  #quoting = new Attempt();
  #timer = null;
  #stopped = false;
  #undo;
  #offered = null; // tokens
  #prices = null; // what that is in each money; null: not known yet

  // `wish`: what is bought; `since`: payments from before are another sale's; `onPaid ()` follows
  // once the ticket is mine.
  constructor({ till, wish, since = null, onPaid }) {
    Object.assign(this, { till, wish, since, onPaid, payment: null });
    this.ways = h('div', { class: 'outside-ways' });
    this.card = h('div', { class: 'quote', role: 'status', hidden: true });
    this.error = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.element = h('div', { class: 'outside', hidden: true }, this.ways, this.card, this.error);
    this.#undo = till.on('moved', () => this.#waits && this.#look());
  }

  // Offer it for what costs so many tokens; null: it is not to be had, or had already.
  offer(tokens) {
    if (tokens === this.#offered) return;
    const first = this.#offered === null;
    this.#offered = tokens;
    this.#prices = null;
    this.#render();
    if (!tokens) return;
    this.#loadPrices(tokens);
    if (first) this.#find();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#undo();
  }

  get #waits() {
    return this.payment !== null && !['confirmed', 'given_back'].includes(this.payment.status);
  }

  async #loadPrices(tokens) {
    try {
      const { prices } = await this.till.api.outsidePrices(tokens);
      if (tokens === this.#offered) this.#prices = prices;
    } catch {
      return; // Then there are tokens to pay with.
    }
    this.#render();
  }

  // What I began to pay before, on this page or another.
  async #find() {
    try {
      const { payments } = await this.till.api.payments({ limit: LISTED_MAX });
      const fits = (one) => Object.entries(this.wish).every(([name, value]) => one[name] === value);
      const after = (one) => this.since === null || one.created_at >= this.since;
      const found = payments.find((one) => fits(one) && after(one));
      if (found && found.status !== 'confirmed') this.#keep(found);
    } catch (error) {
      this.#say(error.message);
    }
  }

  #keep(payment) {
    if (this.#stopped) return;
    const before = this.payment;
    this.payment = payment;
    this.#render();
    if (payment.status === 'confirmed' && before?.status !== 'confirmed') this.onPaid();
  }

  async #look() {
    try {
      this.#keep(await this.till.api.payment(this.payment.payment_channel_id));
    } catch (error) {
      clearTimeout(this.#timer);
      if (error.retryable && !this.#stopped) this.#timer = setTimeout(() => this.#look(), RETRY_MS);
      if (!error.retryable) this.#say(error.message);
    }
  }

  #say(text) {
    this.error.textContent = text;
    this.error.hidden = false;
  }

  // Nothing is rebuilt under somebody who copies the memo.
  #render() {
    const open = this.payment !== null && OPEN.includes(this.payment.status);
    const shown = JSON.stringify([this.#offered, this.#prices, this.payment]);
    if (shown === this.element.dataset.shown) return;
    this.element.dataset.shown = shown;
    const prices = this.#offered && !open ? (this.#prices ?? []) : [];
    this.ways.hidden = prices.length === 0;
    this.ways.replaceChildren(
      h('span', { class: 'hint' }, 'Or pay with money from outside:'),
      ...prices.map((price) => this.#way(price)),
    );
    this.card.hidden = this.payment === null || (!this.#offered && !open);
    if (this.payment !== null) this.card.replaceChildren(...this.#card(this.payment, open));
    this.element.hidden = this.ways.hidden && this.card.hidden;
  }

  #way({ amount, currency }) {
    const button = doing(`Pay ${money(amount, currency)}`, () => this.#quote(amount, currency), { look: 'quiet', onError: (text) => this.#say(text) });
    button.dataset.currency = currency;
    return button;
  }

  async #quote(amount, currency) {
    this.error.hidden = true;
    const wish = { ...this.wish, currency, amount };
    let payment = null;
    try {
      payment = await this.#quoting.make(wish, (key) => this.till.api.payOutside(wish, key));
    } catch (error) {
      if (error.code !== 'ticket_reserved') throw error;
      await this.#find(); // It was begun on another page of mine.
      return;
    }
    if (payment) this.#keep(payment);
  }

  async #cancel() {
    this.error.hidden = true;
    this.#keep(await this.till.api.cancelPayment(this.payment.payment_channel_id));
    toast('The payment is called off');
  }

  #card(payment, open) {
    const { status, amount, currency } = payment;
    const tag = h('span', { class: `tag ${open ? 'wait' : ''}`.trim(), 'data-status': status }, PAYMENT_STATES[status] ?? status);
    const head = h('p', { class: 'quote-head' }, h('strong', {}, money(amount, currency)), tag);
    if (!open) return [head, h('p', { class: 'hint' }, AFTER[status] ?? '')];
    return [
      head,
      h('p', {}, this.#howToPay(payment)),
      h('p', {}, h('code', { class: 'reference' }, payment.memo)),
      h('p', { class: 'hint' }, `${this.#kept(payment)} It counts as soon as the payment is confirmed.`),
      doing('Call it off', () => this.#cancel(), { look: 'quiet', onError: (text) => this.#say(text) }),
    ];
  }

  #howToPay({ to_pay: left, currency, payment_address: receiver, paid, credit_used: credit }) {
    const came = Number(paid) ? `${money(paid, currency)} has come. ` : '';
    const used = Number(credit) ? `${money(credit, currency)} of it is your credit. ` : '';
    const words = currency === 'USD' ? `Pay ${money(left, currency)} and name this reference:` : `Send ${money(left, currency)} to ${receiver} with this memo:`;
    return `${came}${used}${words}`;
  }

  #kept({ status, expires_at: until, closes_at: over }) {
    if (status === 'partly_paid') return `The rest may come until ${when(over)}; after that it is your credit.`;
    return `Your seat is kept until ${when(until)}.`;
  }
}
