// What operators do by hand: say that a payment has come, approve cash-outs and say how they were paid,
// pay credit back, and see disputes through. What moves money says first what will happen.

import { h } from './dom.js';
import { entry, fill, moneyPage, panel, Refresher } from './money_parts.js';
import { money, tokens, when } from './money_words.js';
import { openConfirm, referenceField } from './operator_confirm.js';
import { DisputesView } from './operator_disputes.js';
import { CreditsView, PaymentsView } from './operator_payments.js';
import { toast } from './toast.js';
import { payoutTag } from './wallet_cash.js';

const REFRESH_MS = 6000;
const LISTED_MAX = 50;

export class OperatorScreen {
  #undo = [];

  constructor({ till, onLeave, onExpired }) {
    this.till = till;
    this.refresher = new Refresher({ load: () => this.#load(), everyMs: REFRESH_MS, onExpired });
    const onDone = () => this.refresher.now();
    this.purchases = h('ul', { class: 'entries purchases' });
    this.payouts = h('ul', { class: 'entries payouts' });
    this.payments = new PaymentsView({ till, onDone });
    this.credits = new CreditsView({ till, onDone });
    this.disputes = new DisputesView({ till, onDone });
    this.element = moneyPage(
      { till, current: 'operator', title: 'Operators', undo: this.#undo, onLeave },
      this.refresher.trouble,
      panel('Packs that wait for their payment', {}, this.purchases),
      this.payments.element,
      panel('Cash-outs', {}, this.payouts),
      this.credits.element,
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
    const [{ purchases }, { payments }, { payouts }, { credits }, { disputes }] = await Promise.all([
      api.operatorPurchases({ status: 'pending', limit: LISTED_MAX }),
      api.operatorPayments({ status: 'waiting', limit: LISTED_MAX }),
      api.operatorPayouts({ limit: LISTED_MAX }),
      api.credits({ limit: LISTED_MAX }),
      api.disputes({ status: 'undecided', limit: LISTED_MAX }),
    ]);
    fill(this.purchases, purchases, (row) => this.#purchase(row), 'Nothing waits for a payment.');
    this.payments.render(payments);
    fill(this.payouts, payouts, (row) => this.#payout(row), 'Nobody has asked to cash out.');
    this.credits.render(credits);
    this.disputes.render(disputes);
  }

  // A button that asks first. `how`: it is said by which payment; `send (reference)` does it.
  #asking(label, { words, said, send, look = 'primary', how = false }) {
    const onclick = () => {
      const [field, read] = how ? referenceField() : [null, () => null];
      openConfirm({
        title: label,
        words,
        fields: field ? [field] : [],
        button: label,
        look,
        read,
        send,
        done: () => {
          toast(said);
          this.refresher.now();
        },
      });
    };
    return h('button', { class: `button small ${look}`, type: 'button', onclick }, label);
  }

  #purchase(row) {
    const pack = `${tokens(row.token_amount)} for ${money(row.amount, row.currency)}`;
    const confirm = this.#asking('Confirm payment', {
      words: `You say that ${row.account} has paid ${money(row.amount, row.currency)}. They get ${tokens(row.token_amount)} at once.`,
      said: `${row.account} has the tokens`,
      send: (reference) => this.till.api.confirmPurchase(row.id, reference),
      how: true,
    });
    return entry(row.account, `${pack} · ${when(row.created_at)} · ${row.id}`, null, { actions: [confirm] });
  }

  #payout(row) {
    const { api } = this.till;
    const { account, status } = row;
    const [count, worth] = [tokens(row.token_amount), money(row.amount, row.currency)];
    const approve = {
      words: `${account} asks for ${worth} for ${count}. When everybody who has to agrees, it is to be paid.`,
      said: 'Approved',
      send: () => api.approvePayout(row.id),
    };
    const paid = {
      words: `You say that ${account} was paid ${worth}. Their ${count} are gone for good.`,
      said: 'Paid',
      send: (reference) => api.confirmPayout(row.id, reference),
      how: true,
    };
    const reject = {
      words: `${account} will not be paid ${worth}. Their ${count} are theirs again.`,
      said: 'The tokens are given back',
      send: () => api.cancelPayout(row.id),
      look: 'danger',
    };
    const actions = [];
    if (status === 'requested') actions.push(this.#asking('Approve', approve));
    if (status === 'approved') actions.push(this.#asking('Mark as paid', paid));
    if (status === 'requested' || status === 'approved') actions.push(this.#asking('Reject', reject));
    const votes = status === 'requested' ? ` · ${row.approvals.length} of ${row.approvals_needed} approvals` : '';
    return entry(
      account,
      `${count} for ${worth} · ${when(row.requested_at)}${votes}${row.reference ? ` · ${row.reference}` : ''}`,
      payoutTag(status),
      { actions },
    );
  }
}
