// What a creator earns: all of it, by kind, what waits, and the newest of each.

import { callEntry } from './calls.js';
import { h } from './dom.js';
import { empty, entry, field, figure, moneyForm, moneyPage, panel, Refresher } from './money_parts.js';
import { grouped, money, tokens, when } from './money_words.js';
import { streamTag } from './streams.js';
import { CashOutView } from './wallet_cash.js';

const REFRESH_MS = 8000;
const NEWEST = 10;
const STREAMS_SUMMED = 100;
const NAME_LENGTH_MAX = 64;

export class EarningsScreen {
  #undo = [];

  constructor({ till, onLeave, onExpired }) {
    this.till = till;
    this.refresher = new Refresher({ load: () => this.#load(), everyMs: REFRESH_MS, onExpired });
    this.totals = h('dl', { class: 'figures totals' });
    this.kinds = h('dl', { class: 'figures kinds' });
    this.waiting = h('ul', { class: 'entries' });
    this.waitingPanel = panel('Waiting to be released', { hidden: true }, this.waiting);
    this.tips = h('ul', { class: 'entries earned-tips' });
    this.top = h('ol', { class: 'entries top-tippers' });
    this.calls = h('ul', { class: 'entries earned-calls' });
    this.streams = h('ul', { class: 'entries earned-streams' });
    this.cash = new CashOutView({ till, onDone: () => this.refresher.now() });
    this.enrolment = panel(
      'Become a creator',
      { hidden: true },
      h('p', { class: 'hint' }, 'Whoever takes money from others enrols first: for tips, paid calls and streams.'),
      this.#enrolForm(),
    );
    this.all = h(
      'div',
      { class: 'money-parts', hidden: true },
      panel('Altogether', {}, this.totals, h('h3', {}, 'By kind'), this.kinds),
      this.waitingPanel,
      this.cash.element,
      panel('Tips', {}, this.tips, h('h3', {}, 'Who gave most in the last 30 days'), this.top),
      panel('Calls', {}, this.calls),
      panel('Tickets', {}, this.streams),
    );
    this.element = moneyPage(
      { till, current: 'earnings', title: 'Earnings', undo: this.#undo, onLeave },
      this.refresher.trouble,
      this.enrolment,
      this.all,
    );
    this.#undo.push(
      till.on('moved', () => this.refresher.soon()),
      till.on('balance', () => this.refresher.soon()),
    );
  }

  start() {
    this.refresher.start();
  }

  stop() {
    this.refresher.stop();
    for (const undo of this.#undo) undo();
  }

  #enrolForm() {
    const name = h('input', { class: 'input', name: 'creator-name', type: 'text', maxlength: NAME_LENGTH_MAX, value: this.till.account, autocomplete: 'off' });
    return moneyForm({
      fields: [field('Name that others see', name)],
      button: 'Become a creator',
      read: () => {
        if (!name.value.trim()) throw new Error('Write the name that others see.');
        return name.value.trim();
      },
      send: (shown) => this.till.api.enrol(shown),
      done: () => this.refresher.now(),
    });
  }

  async #load() {
    const { api, account } = this.till;
    const wallet = await api.wallet();
    this.enrolment.hidden = wallet.creator !== null;
    if (wallet.creator === null) return;
    const [earnings, packs, tips, tipped, calls, callStats, { streams }] = await Promise.all([
      api.earnings(),
      api.packs(),
      api.tipsReceived({ limit: NEWEST }),
      api.tipStats(account, '30d'),
      api.calls({ limit: NEWEST }),
      api.callStats(account),
      api.streamsOf(account, { limit: STREAMS_SUMMED }),
    ]);
    this.till.keep(wallet.balance);
    this.all.hidden = false;
    const sold = streams.filter((stream) => stream.type === 'private');
    const ticketCount = sold.reduce((sum, stream) => sum + stream.tickets_sold, 0);
    const ticketTokens = sold.reduce((sum, stream) => sum + stream.tickets_sold * stream.price_tokens, 0);
    const worth = (count) => money(count * Number(packs.tokenValue), packs.currency);
    this.totals.replaceChildren(
      figure('Earned', grouped(earnings.total_earned), `about ${worth(earnings.total_earned)}`),
      figure('Can be cashed out', grouped(earnings.cashable), `about ${worth(earnings.cashable)}`),
      figure('Waiting', grouped(earnings.escrow_tokens), 'not released yet'),
    );
    this.kinds.replaceChildren(
      figure('Tips', grouped(tips.total_amount), plural(tips.total_tips, 'tip')),
      figure('Calls', grouped(callStats.stats.total_earned), plural(callStats.stats.total_calls, 'call')),
      figure('Tickets', grouped(ticketTokens), plural(ticketCount, 'ticket')),
    );
    this.waitingPanel.hidden = earnings.escrow.length === 0;
    fill(this.waiting, earnings.escrow, (row) =>
      entry(row.type === 'tip' ? 'Tip' : 'Tickets', row.release_at ? `until ${when(row.release_at)}` : 'until it is delivered', `${row.amount} ${row.currency === 'TOK' ? 'tokens' : row.currency}`),
    );
    fill(this.tips, tips.tips, (tip) => entry(tip.tipper_id, `${when(tip.created_at)}${tip.message ? ` · ${tip.message}` : ''}${tip.reversed ? ' · reversed' : ''}`, tokens(tip.creator_cut), { look: tip.reversed ? 'reversed' : '' }), 'No tips yet.');
    fill(this.top, tipped.top_tippers, (one) => entry(one.username, plural(one.tip_count, 'tip'), tokens(one.total_amount)), 'Nobody yet.');
    fill(this.calls, calls.calls, (call) => callEntry(call), 'No calls yet.');
    fill(this.streams, sold, (stream) => entry(stream.title, `${plural(stream.tickets_sold, 'ticket')} at ${tokens(stream.price_tokens)}`, streamTag(stream.status)), 'No ticketed streams yet.');
    await this.cash.render(wallet);
  }
}

function plural(count, word) {
  return `${grouped(count)} ${word}${count === 1 ? '' : 's'}`;
}

function fill(list, rows, draw, nothing = '') {
  const signature = JSON.stringify(rows);
  if (list.dataset.shown === signature) return;
  list.dataset.shown = signature;
  list.replaceChildren(...(rows.length || !nothing ? rows.map(draw) : [h('li', {}, empty(nothing))]));
}
