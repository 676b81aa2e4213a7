// The tickets that a space sells: what they cost, how many are left, which I have; and buying one.

import { api } from './api.js';
import { Attempt } from './attempt.js';
import { h } from './dom.js';
import { doing } from './money_parts.js';
import { grouped, tokens } from './money_words.js';
import { OutsidePayment } from './outside_payment.js';
import { toast } from './toast.js';

const NAMES = {
  qna_access: 'Ticket for questions',
  premium: 'Premium ticket',
};

function leftOf({ max_tickets: most, sold }) {
  if (most === null) return `${grouped(sold)} sold`;
  return most > sold ? `${grouped(most - sold)} of ${grouped(most)} left` : 'Sold out';
}

export class TicketsView {
  #rows = new Map(); // sale → {element, payment, show}
  #known = ''; // my abilities when this was read
  #stopped = false;

  constructor({ till, space, hall }) {
    Object.assign(this, { till, space, hall });
    this.list = h('ul', { class: 'hall-list tickets' });
    this.element = h('section', { class: 'hall-part', 'aria-label': 'Tickets', hidden: true }, h('h3', {}, 'Tickets'), this.list);
  }

  stop() {
    this.#stopped = true;
    for (const { payment } of this.#rows.values()) payment.stop();
  }

  // What I may do rests on my tickets, so a change of it is when to look again.
  abilitiesChanged() {
    const { audio } = this.hall;
    const known = JSON.stringify(audio?.abilities ?? null);
    if (!audio || known === this.#known) return;
    this.#known = known;
    this.load();
  }

  async load() {
    try {
      const { tickets, mine } = await api.tickets(this.till.api.token(), this.space);
      if (!this.#stopped) this.#render(tickets.filter(({ status }) => status === 'open'), new Set(mine));
    } catch {
      return; // What was shown stays; the next change looks again.
    }
  }

  #render(sales, mine) {
    const open = new Set(sales.map(({ id }) => id));
    for (const [id, { payment }] of this.#rows) {
      if (open.has(id)) continue;
      payment.stop();
      this.#rows.delete(id);
    }
    for (const sale of sales) {
      if (!this.#rows.has(sale.id)) this.#rows.set(sale.id, this.#row(sale));
      this.#rows.get(sale.id).show(sale, mine.has(sale.ticket_type));
    }
    this.list.replaceChildren(...sales.map(({ id }) => this.#rows.get(id).element));
    this.element.hidden = sales.length === 0;
  }

  #row({ ticket_type: type, opened_at: since }) {
    const attempt = new Attempt();
    const about = h('span', { class: 'hint' });
    const actions = h('div', { class: 'hall-actions' });
    const error = h('p', { class: 'alert', role: 'alert', hidden: true });
    const onError = (text) => {
      error.textContent = text;
      error.hidden = false;
    };
    const wish = { purchase_type: 'ticket_purchase', space_type: this.space.type, space_id: this.space.id, ticket_type: type };
    const bought = () => {
      toast('You have a ticket');
      this.load();
    };
    const payment = new OutsidePayment({ till: this.till, wish, since, onPaid: bought });
    const buy = async (price) => {
      error.hidden = true;
      const body = { ticket_type: type, price_tokens: price };
      const sold = await attempt.make(body, (key) => this.till.api.spaceTicket(this.space, body, key));
      if (!sold) return;
      this.till.keep(sold.newBalance);
      bought();
    };
    const show = (sale, have) => {
      const { price_tokens: price } = sale;
      const buys = !have && this.till.account !== null && !this.hall.can('administer');
      const left = sale.max_tickets === null || sale.max_tickets > sale.sold;
      about.textContent = `${price ? tokens(price) : 'Free'} · ${leftOf(sale)}`;
      payment.offer(buys && price ? price : null);
      const shown = JSON.stringify([price, have, buys, left]);
      if (actions.dataset.shown === shown) return;
      actions.dataset.shown = shown;
      const nodes = [];
      if (have) nodes.push(h('span', { class: 'tag own' }, 'You have it'));
      if (buys && left) nodes.push(doing(price ? `Buy for ${tokens(price)}` : 'Take a free ticket', () => buy(price), { look: 'primary', onError }));
      if (!have && this.till.account === null) nodes.push(h('span', { class: 'hint' }, 'Sign in with an account to buy one.'));
      actions.replaceChildren(...nodes);
    };
    const name = NAMES[type] ?? type.replaceAll('_', ' ');
    const element = h('li', { class: 'hall-ticket', 'data-ticket': type }, h('span', { class: 'hall-name', dir: 'auto' }, name), about, actions, payment.element, error);
    return { element, payment, show };
  }
}
