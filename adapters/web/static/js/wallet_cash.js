// Cashing out what was earned: how much may go, a request, and what has become of earlier ones.

import { h, setText } from './dom.js';
import { amountInput, doing, empty, entry, field, moneyForm, panel, wholeNumber } from './money_parts.js';
import { grouped, money, tokens, when } from './money_words.js';
import { toast } from './toast.js';

const STATUS = {
  requested: 'Waiting for approval',
  approved: 'Approved, to be paid',
  paid: 'Paid',
  cancelled: 'Cancelled',
  refused: 'Refused',
};

export function payoutTag(status) {
  const look = { requested: 'wait', approved: 'wait', paid: 'own' }[status] ?? '';
  return h('span', { class: `tag ${look}`.trim(), 'data-status': status }, STATUS[status] ?? status);
}

export class CashOutView {
  constructor({ till, onDone }) {
    Object.assign(this, { till, onDone });
    this.can = h('p', { class: 'hint' });
    this.amount = amountInput('cash-out', {});
    this.form = moneyForm({
      fields: [field('Tokens to cash out', this.amount)],
      button: 'Ask to cash out',
      look: '',
      read: () => wholeNumber(this.amount, 'Tokens to cash out'),
      send: (count, key) => till.api.cashOut(count, key),
      done: () => {
        this.amount.value = '';
        this.onDone();
      },
    });
    this.list = h('ul', { class: 'entries payouts', 'aria-label': 'Your cash-outs' });
    this.error = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.element = panel('Cash out', { class: 'cash', hidden: true }, this.can, this.form, this.error, this.list);
  }

  // Only who takes money, or has, can cash out.
  async render(wallet) {
    this.element.hidden = wallet.creator === null && wallet.total_earned === 0;
    if (this.element.hidden) return;
    setText(
      this.can,
      `${tokens(wallet.cashable)} can be cashed out now; at least ${grouped(wallet.cashout_min)} at a time. ` +
        'Only what was earned, and a while ago; an operator approves each request.',
    );
    this.form.hidden = wallet.cashable < wallet.cashout_min;
    const { payouts } = await this.till.api.payouts({ limit: 10 });
    const signature = JSON.stringify(payouts);
    if (this.list.dataset.shown === signature) return;
    this.list.dataset.shown = signature;
    this.list.replaceChildren(...(payouts.length ? payouts.map((row) => this.#row(row)) : [h('li', {}, empty('Nothing cashed out yet.'))]));
  }

  #row(row) {
    const open = row.status === 'requested' || row.status === 'approved';
    const cancel = doing(
      'Take back',
      async () => {
        this.error.hidden = true;
        await this.till.api.cancelCashOut(row.id);
        toast('The tokens are yours again');
        this.onDone();
      },
      {
        onError: (text) => {
          this.error.textContent = text;
          this.error.hidden = false;
        },
      },
    );
    return entry(
      `${tokens(row.token_amount)} for ${money(row.amount, row.currency)}`,
      `${when(row.requested_at)}${row.reference ? ` · ${row.reference}` : ''}`,
      payoutTag(row.status),
      { actions: open ? [cancel] : [] },
    );
  }
}
