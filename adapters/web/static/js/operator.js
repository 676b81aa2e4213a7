// What operators do by hand: say that a payment has come, approve cash-outs and say how they were paid,
// and see disputes through.

import { h } from './dom.js';
import { doing, entry, fill, moneyPage, panel, Refresher } from './money_parts.js';
import { money, tokens, when } from './money_words.js';
import { DisputesView } from './operator_disputes.js';
import { toast } from './toast.js';
import { payoutTag } from './wallet_cash.js';

const REFRESH_MS = 6000;
const LISTED_MAX = 50;

function reference(what) {
  return h('input', { class: 'input small', type: 'text', maxlength: 200, placeholder: 'Reference', 'aria-label': `How ${what} was paid`, autocomplete: 'off' });
}

function written(input) {
  if (!input.value.trim()) throw new Error('Write how it was paid: the payment’s own reference.');
  return input.value.trim();
}

export class OperatorScreen {
  #undo = [];

  constructor({ till, onLeave, onExpired }) {
    this.till = till;
    this.refresher = new Refresher({ load: () => this.#load(), everyMs: REFRESH_MS, onExpired });
    this.error = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.purchases = h('ul', { class: 'entries purchases' });
    this.payouts = h('ul', { class: 'entries payouts' });
    this.disputes = new DisputesView({ till, onDone: () => this.refresher.now() });
    this.element = moneyPage(
      { till, current: 'operator', title: 'Operators', undo: this.#undo, onLeave },
      this.refresher.trouble,
      this.error,
      panel('Packs that wait for their payment', {}, this.purchases),
      panel('Cash-outs', {}, this.payouts),
      this.disputes.element,
    );
  }

  start() {
    this.refresher.start();
  }

  stop() {
    this.refresher.stop();
    for (const undo of this.#undo) undo();
  }

  async #load() {
    const { api } = this.till;
    const [{ purchases }, { payouts }, { disputes }] = await Promise.all([
      api.operatorPurchases({ status: 'pending', limit: LISTED_MAX }),
      api.operatorPayouts({ limit: LISTED_MAX }),
      api.disputes({ status: 'undecided', limit: LISTED_MAX }),
    ]);
    fill(this.purchases, purchases, (row) => this.#purchase(row), 'Nothing waits for a payment.');
    fill(this.payouts, payouts, (row) => this.#payout(row), 'Nobody has asked to cash out.');
    this.disputes.render(disputes);
  }

  #do(label, work, said, look = '') {
    const onError = (text) => {
      this.error.textContent = text;
      this.error.hidden = false;
    };
    return doing(
      label,
      async () => {
        this.error.hidden = true;
        await work();
        toast(said);
        await this.refresher.now();
      },
      { look, onError },
    );
  }

  #purchase(row) {
    const how = reference(`the pack of ${row.account}`);
    return entry(
      row.account,
      `${tokens(row.token_amount)} for ${money(row.amount, row.currency)} · ${when(row.created_at)} · ${row.id}`,
      null,
      {
        actions: [
          how,
          this.#do('Confirm payment', () => this.till.api.confirmPurchase(row.id, written(how)), `${row.account} has the tokens`, 'primary'),
        ],
      },
    );
  }

  #payout(row) {
    const { api } = this.till;
    const how = reference(`the cash-out of ${row.account}`);
    const actions = [];
    if (row.status === 'requested') actions.push(this.#do('Approve', () => api.approvePayout(row.id), 'Approved', 'primary'));
    if (row.status === 'approved') actions.push(how, this.#do('Mark as paid', () => api.confirmPayout(row.id, written(how)), 'Paid', 'primary'));
    if (row.status === 'requested' || row.status === 'approved') actions.push(this.#do('Reject', () => api.cancelPayout(row.id), 'The tokens are given back', 'danger'));
    const votes = row.status === 'requested' ? ` · ${row.approvals.length} of ${row.approvals_needed} approvals` : '';
    return entry(
      row.account,
      `${tokens(row.token_amount)} for ${money(row.amount, row.currency)} · ${when(row.requested_at)}${votes}${row.reference ? ` · ${row.reference}` : ''}`,
      payoutTag(row.status),
      { actions },
    );
  }
}
