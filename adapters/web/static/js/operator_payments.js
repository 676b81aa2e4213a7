// Money from outside, as operators see it through: payments that wait for their word, and what people
// overpaid.

import { h } from './dom.js';
import { entry, fill, panel } from './money_parts.js';
import { goodsOf, money, PAYMENT_STATES, when } from './money_words.js';
import { amountField, openConfirm, referenceField } from './operator_confirm.js';
import { toast } from './toast.js';


export class PaymentsView {
  constructor({ till, onDone }) {
    Object.assign(this, { till, onDone });
    this.list = h('ul', { class: 'entries outside-payments' });
    this.element = panel('Payments from outside', {}, this.list);
  }

  render(rows) {
    fill(this.list, rows, (row) => this.#row(row), 'No payment from outside is waited for.');
  }

  #row(row) {
    const { account, amount, currency, paid, status } = row;
    const came = Number(paid) ? ` · ${money(paid, currency)} has come` : '';
    const button = (label, look, onclick) => h('button', { class: `button small ${look}`, type: 'button', onclick }, label);
    return entry(
      account,
      `${money(amount, currency)} for ${goodsOf(row)}${came} · ${when(row.created_at)} · ${row.memo}`,
      h('span', { class: `tag ${status === 'expired' ? '' : 'wait'}`.trim(), 'data-status': status }, PAYMENT_STATES[status] ?? status),
      {
        actions: [
          button('Confirm payment', 'primary', () => this.#confirm(row)),
          button('Refuse', 'danger', () => this.#refuse(row)),
        ],
      },
    );
  }

  #confirm(row) {
    const { account, currency, payment_channel_id: id } = row;
    const [howField, how] = referenceField();
    const [amount, much] = amountField(row.to_pay, currency);
    openConfirm({
      title: 'Confirm a payment',
      words: `You say that ${account} has paid. For ${money(row.to_pay, currency)} they have ${goodsOf(row)}; what is over is their credit.`,
      fields: [amount, howField],
      button: 'Confirm payment',
      read: () => ({ amount: much(), reference: how() }),
      send: (wish) => this.till.api.confirmOutside(id, wish),
      done: ({ status, to_pay: left }) => {
        toast(status === 'confirmed' ? `${account} has ${goodsOf(row)}` : `${money(left, currency)} is still to come`);
        this.onDone();
      },
    });
  }

  #refuse(row) {
    const { account, amount, currency, paid } = row;
    const came = Number(paid) ? `${money(paid, currency)} that has come is their credit.` : 'Nothing has come for it.';
    openConfirm({
      title: 'Refuse a payment',
      words: `${account} will not have ${goodsOf(row)} for ${money(amount, currency)}: what was kept for it is free for others. ${came}`,
      button: 'Refuse the payment',
      look: 'danger',
      send: () => this.till.api.refuseOutside(row.payment_channel_id),
      done: () => {
        toast('The payment is refused');
        this.onDone();
      },
    });
  }
}

export class CreditsView {
  constructor({ till, onDone }) {
    Object.assign(this, { till, onDone });
    this.list = h('ul', { class: 'entries credits' });
    this.element = panel('Credit of people', {}, this.list);
  }

  render(rows) {
    fill(this.list, rows, (row) => this.#row(row), 'Nobody has overpaid.');
  }

  #row(row) {
    const { account, available, reserved, currency } = row;
    const kept = Number(reserved) ? `${money(reserved, currency)} is reserved for what they are buying` : 'Overpaid, or paid for what could not be had';
    const back = h('button', { class: 'button small primary', type: 'button', onclick: () => this.#payBack(row) }, 'Pay back');
    return entry(account, kept, money(available, currency), { actions: Number(available) ? [back] : [] });
  }

  #payBack({ account, available, currency }) {
    const [howField, how] = referenceField();
    const [amount, much] = amountField(available, currency);
    openConfirm({
      title: 'Pay credit back',
      words: `You say that you have sent money back to ${account}, who has ${money(available, currency)} of credit. It leaves their credit for good.`,
      fields: [amount, howField],
      button: 'Record it as paid back',
      read: () => ({ account, currency, amount: much(), reference: how() }),
      send: (wish) => this.till.api.payBackCredit(wish),
      done: ({ paid_back: paid, available: left }) => {
        toast(`${money(paid, currency)} is paid back to ${account}; ${money(left, currency)} is left`);
        this.onDone();
      },
    });
  }
}
