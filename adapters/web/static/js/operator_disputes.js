// Disputes, as operators see them through: what is frozen, who has it when it is decided, and a new one.

import { h } from './dom.js';
import { doing, entry, field, fill, moneyForm, panel } from './money_parts.js';
import { tokens, when } from './money_words.js';
import { toast } from './toast.js';

const KINDS = [
  ['tip', 'Tip'],
  ['stream_ticket', 'Ticket to a stream'],
  ['space_ticket', 'Ticket to a space'],
  ['call', 'Call'],
  ['microphone', 'Microphone'],
];
const NAMES = new Map(KINDS);
const UNDECIDED = { opening: 'Being opened', open: 'Open', winning: 'Being won', losing: 'Being lost' };

export class DisputesView {
  constructor({ till, onDone }) {
    Object.assign(this, { till, onDone });
    this.error = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.list = h('ul', { class: 'entries disputes' });
    this.element = panel('Disputes', { class: 'disputed' }, this.list, this.error, h('h3', {}, 'Open a dispute'), this.#form());
  }

  render(rows) {
    fill(this.list, rows, (row) => this.#row(row), 'Nobody disputes anything.');
  }

  #form() {
    const kind = h('select', { class: 'input', name: 'dispute-kind' }, ...KINDS.map(([value, label]) => h('option', { value }, label)));
    const id = h('input', { class: 'input', name: 'dispute-sale', type: 'text', maxlength: 36, autocomplete: 'off', spellcheck: 'false' });
    const reason = h('input', { class: 'input', name: 'dispute-reason', type: 'text', maxlength: 500, autocomplete: 'off' });
    return moneyForm({
      fields: [field('What was sold', kind), field('Its id', id), field('Why it is disputed', reason)],
      button: 'Freeze the earnings',
      look: '',
      read: () => {
        if (!id.value.trim()) throw new Error('Write the id of what was sold.');
        if (!reason.value.trim()) throw new Error('Write why it is disputed.');
        return { kind: kind.value, id: id.value.trim(), reason: reason.value.trim() };
      },
      send: (wish) => this.till.api.openDispute(wish),
      done: ({ dispute }) => {
        id.value = '';
        reason.value = '';
        toast(`${tokens(dispute.frozen)} of ${dispute.account} are frozen`);
        this.onDone();
      },
    });
  }

  #row(row) {
    const actions = [];
    if (row.status === 'open' || row.status === 'winning') actions.push(this.#decide(row, 'won', `${row.account} has it again`));
    if (row.status === 'open' || row.status === 'losing') actions.push(this.#decide(row, 'lost', 'Who paid has it back'));
    const what = `${NAMES.get(row.kind)} · ${row.reason} · ${when(row.opened_at)} by ${row.opened_by} · ${tokens(row.frozen)} frozen · ${row.sale}`;
    return entry(row.account, what, h('span', { class: 'tag wait', 'data-status': row.status }, UNDECIDED[row.status]), { actions });
  }

  #decide(row, verdict, said) {
    const onError = (text) => {
      this.error.textContent = text;
      this.error.hidden = false;
    };
    return doing(
      verdict === 'won' ? 'Mark as won' : 'Mark as lost',
      async () => {
        this.error.hidden = true;
        await this.till.api.decideDispute(row.id, verdict);
        toast(said);
        await this.onDone();
      },
      { look: verdict === 'won' ? 'primary' : 'danger', onError },
    );
  }
}
