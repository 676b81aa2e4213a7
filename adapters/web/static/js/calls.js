// Calls: ring somebody, and what has been talked and paid.

import { h } from './dom.js';
import { doing, empty, entry, moneyPage, panel, Refresher } from './money_parts.js';
import { clock, tokens, when } from './money_words.js';
import { openCallDialog } from './tip_dialog.js';
import { toast } from './toast.js';

const REFRESH_MS = 10_000;
const LISTED_MAX = 50;

const STATES = { init: 'starts', ringing: 'rings', active: 'goes on', paused: 'is paused', ending: 'ends', failed: 'did not happen' };
const REASONS = { no_answer: 'no answer', declined: 'declined', insufficient: 'tokens ran out', interrupted: 'interrupted' };

function words({ callType, state, durationSeconds, reason, rate, initiatedAt }) {
  const how = state === 'ended' ? clock(durationSeconds) : STATES[state] ?? state;
  const why = REASONS[reason] ? ` · ${REASONS[reason]}` : '';
  return `${callType === 'voice' ? 'Voice' : 'Video'} · ${how}${why} · ${tokens(rate)} a minute · ${when(initiatedAt)}`;
}

export function callEntry(call, actions = []) {
  const count = tokens(call.side === 'creator' ? call.totalEarned : call.totalCost);
  return entry(call.participant.displayName, `${words(call)}${call.reversed ? ' · reversed' : ''}`, count, { look: call.reversed ? 'reversed' : '', actions });
}

export class CallsScreen {
  #undo = [];

  constructor({ till, onLeave, onExpired }) {
    this.till = till;
    this.refresher = new Refresher({ load: () => this.#load(), everyMs: REFRESH_MS, onExpired });
    this.list = h('ul', { class: 'entries call-history' });
    this.element = moneyPage(
      { till, current: 'calls', title: 'Calls', undo: this.#undo, onLeave },
      this.refresher.trouble,
      panel(
        'Ring somebody',
        {},
        h('p', { class: 'hint' }, 'A fan pays a creator by the minute, block by block, and only for time in which both are there.'),
        doing('Ring somebody', () => this.#ring(), { look: 'primary ring', onError: toast }),
      ),
      panel('History', {}, this.list),
    );
    this.#undo.push(till.calls.on('change', () => this.#changed()));
  }

  start() {
    this.refresher.start();
  }

  stop() {
    this.refresher.stop();
    for (const undo of this.#undo) undo();
  }

  // Only a creator can be paid for a call that they make.
  async #ring() {
    openCallDialog({ till: this.till, creator: await this.till.isCreator() });
  }

  // Only what a history shows of it matters here, not each second.
  #changed() {
    const states = [...this.till.calls.calls.values()].map(({ id, state }) => id + state).join();
    if (states === this.list.dataset.states) return;
    this.list.dataset.states = states;
    this.refresher.now();
  }

  async #load() {
    const { calls } = await this.till.api.calls({ limit: LISTED_MAX });
    const signature = JSON.stringify(calls);
    if (this.list.dataset.shown === signature) return;
    this.list.dataset.shown = signature;
    this.list.replaceChildren(...(calls.length ? calls.map((call) => callEntry(call)) : [h('li', {}, empty('You have not talked to anybody yet.'))]));
  }
}
