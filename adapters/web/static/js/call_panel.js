// The calls I am in, over whatever screen I am on: who rings, and the meter while it runs.

import { elapsedNow, isLive } from './call_center.js';
import { h, iconButton, placeChildren, setText } from './dom.js';
import { doing } from './money_parts.js';
import { clock, tokens } from './money_words.js';
import { personFromAccount } from './person.js';
import { avatar } from './roster.js';

const TICK_MS = 250;
const HERE_WITHIN_S = 5; // silence from here on stops the meter

const STATES = {
  init: 'Starting',
  ringing: 'Ringing',
  active: 'Meter runs',
  paused: 'Paused',
  ending: 'Ending',
  ended: 'Over',
  failed: 'Over',
};

const REASONS = {
  hung_up: ({ endedBy, me }) => (endedBy === me ? 'You hung up.' : `${endedBy ?? 'Somebody'} hung up.`),
  declined: ({ side, mine }) => (mine ? `The ${side === 'fan' ? 'creator' : 'fan'} declined.` : 'You declined.'),
  no_answer: () => 'Nobody answered.',
  insufficient: ({ side }) => (side === 'fan' ? 'Your tokens ran out.' : 'The fan ran out of tokens.'),
  silence: () => 'One of you was silent for too long.',
  abandoned: () => 'It was paused for too long.',
  frozen: () => 'A wallet could not be charged.',
  interrupted: () => 'The server was interrupted before it rang.',
};

const PAUSES = {
  fan: ({ side }) => (side === 'fan' ? 'You have paused. Nobody pays.' : 'The fan has paused. Nobody pays.'),
  creator: ({ side }) => (side === 'creator' ? 'You have paused. Nobody pays.' : 'The creator has paused. Nobody pays.'),
  silence: () => 'The meter waits until both of you are here. Nobody pays.',
  unpaid: () => 'The meter waits for the next block to be reserved.',
  recovery: () => 'The server was restarted. The meter waits for both of you; that time is free.',
};

function note(call, me) {
  if (!isLive(call)) return REASONS[call.reason]?.({ ...call, me }) ?? 'The call is over.';
  if (call.state === 'paused') return PAUSES[call.reason]?.(call) ?? 'The meter stands still.';
  if (call.state === 'ringing' && call.accepted) return 'Accepted. The meter starts when both of you are here.';
  if (call.state === 'ringing') return call.mine ? 'Waiting for an answer. It costs nothing yet.' : 'It costs nothing until you accept.';
  return '';
}

function terms(call) {
  const price = `${tokens(call.rate)} a minute`;
  return call.side === 'fan' ? `You pay ${price}` : `The fan pays ${price}`;
}

class CallCard {
  constructor({ call, till, onTip }) {
    Object.assign(this, { till, onTip, id: call.id });
    const other = personFromAccount(call.other);
    this.state = h('span', { class: 'call-state', role: 'status' });
    this.fold = iconButton('down', 'Fold', () => this.#toggle(), 'small call-fold');
    this.fold.setAttribute('aria-expanded', 'true');
    this.clock = h('span', { class: 'call-clock', 'aria-label': 'Time talked' });
    this.cost = h('dd', { class: 'call-cost' });
    this.next = h('dd', { class: 'call-next' });
    this.left = h('dd', { class: 'call-left' });
    this.leftRow = h('div', {}, h('dt', {}, 'You have'), this.left);
    this.here = { fan: h('span', { class: 'presence' }), creator: h('span', { class: 'presence' }) };
    this.meter = h(
      'div',
      { class: 'call-meter' },
      this.clock,
      h(
        'dl',
        { class: 'call-figures' },
        h('div', {}, h('dt', {}, call.side === 'fan' ? 'Paid so far' : 'Earned so far'), this.cost),
        h('div', {}, h('dt', {}, 'Next block'), this.next),
        this.leftRow,
      ),
      h('p', { class: 'call-presences', 'aria-label': 'Who is evidently there' }, this.here[call.side], this.here[call.side === 'fan' ? 'creator' : 'fan']),
    );
    this.note = h('p', { class: 'hint call-note', 'aria-live': 'polite' });
    this.warning = h('p', { class: 'call-warning', role: 'alert', hidden: true });
    this.error = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.actions = h('div', { class: 'call-actions' });
    this.element = h(
      'section',
      { class: 'call-card', 'aria-label': `Call with ${call.other}`, 'data-call': call.id },
      h(
        'header',
        { class: 'call-head' },
        avatar(other),
        h('div', { class: 'call-who' }, h('h2', { dir: 'auto' }, call.other), h('p', { class: 'hint' }, `${call.callType === 'voice' ? 'Voice' : 'Video'} · ${terms(call)}`)),
        this.state,
        this.fold,
      ),
      call.message && !call.mine ? h('p', { class: 'call-message', dir: 'auto' }, `“${call.message}”`) : null,
      this.meter,
      this.note,
      this.warning,
      this.error,
      this.actions,
    );
  }

  #toggle() {
    const folded = this.element.classList.toggle('folded');
    this.fold.setAttribute('aria-expanded', String(!folded));
    const label = folded ? 'Unfold' : 'Fold';
    this.fold.setAttribute('aria-label', label);
    this.fold.title = label;
  }

  render(call) {
    this.element.dataset.state = call.state;
    setText(this.state, STATES[call.state] ?? call.state);
    this.meter.hidden = call.state === 'ringing' || call.state === 'init' || call.state === 'failed';
    const rings = call.state === 'ringing' && !call.accepted;
    this.fold.hidden = rings; // Nobody should have to look for how to answer.
    if (rings) this.element.classList.remove('folded');
    setText(this.note, note(call, this.till.account));
    this.note.hidden = this.note.textContent === '';
    const wanted = this.#wanted(call);
    const signature = wanted.map(([label]) => label).join();
    if (this.actions.dataset.shown !== signature) {
      this.actions.dataset.shown = signature;
      this.actions.replaceChildren(...wanted.map(([label, work, look]) => this.#button(label, work, look)));
    }
    this.tick(call);
  }

  #wanted(call) {
    const { calls } = this.till;
    const { id } = call;
    if (!isLive(call)) return [['Close', () => calls.dismiss(id), 'quiet']];
    if (call.state === 'ringing' && !call.accepted) {
      return call.mine
        ? [['Cancel', () => calls.end(id), 'danger']]
        : [['Accept', () => calls.accept(id), 'primary'], ['Decline', () => calls.end(id), 'danger']];
    }
    const byHand = call.reason === 'fan' || call.reason === 'creator';
    return [
      ...(call.state === 'active' ? [['Pause', () => calls.pause(id)]] : []),
      ...(call.state === 'paused' && byHand ? [['Resume', () => calls.resume(id), 'primary']] : []),
      ...(call.side === 'fan' ? [['Tip', () => this.onTip(call)]] : []),
      ['End', () => calls.end(id), 'danger'],
    ];
  }

  #button(label, work, look = '') {
    return doing(
      label,
      () => {
        this.error.hidden = true;
        return work();
      },
      {
        look,
        onError: (text) => {
          this.error.textContent = text;
          this.error.hidden = false;
        },
      },
    );
  }

  // What changes with time alone.
  tick(call) {
    const nowMs = performance.now();
    const seconds = elapsedNow(call, nowMs);
    const sinceS = (nowMs - call.atMs) / 1000;
    setText(this.clock, clock(seconds));
    setText(this.cost, tokens(call.side === 'fan' ? call.cost : call.earned));
    if (call.next) {
      const inSeconds = Math.max(0, Math.ceil(call.next.inSeconds - (call.state === 'active' ? sinceS : 0)));
      setText(this.next, `${tokens(call.next.tokens)} ${call.state === 'active' ? `in ${inSeconds} s` : `after ${inSeconds} s more`}`);
    }
    this.leftRow.hidden = call.side !== 'fan' || this.till.balance === null;
    if (this.till.balance !== null) setText(this.left, tokens(this.till.balance));
    for (const side of ['fan', 'creator']) this.#presence(call, side, sinceS);
    this.warning.hidden = call.warning === null || !isLive(call);
    if (call.warning) {
      const left = Math.max(0, Math.ceil((call.warning.endsAtMs - nowMs) / 1000));
      const who = call.side === 'fan' ? 'You need' : 'The fan needs';
      setText(this.warning, `${who} ${tokens(call.warning.required)} for the next block. The call ends in ${left} s.`);
    }
  }

  #presence(call, side, sinceS) {
    const name = side === call.side ? 'You' : call.other;
    const seen = call.evidence?.[side];
    const silent = seen === null || seen === undefined || seen + (side === call.side ? 0 : sinceS) > HERE_WITHIN_S + 3;
    this.here[side].dataset.here = String(!silent);
    setText(this.here[side], silent ? `${name}: not there` : `${name}: there`);
  }
}

export class CallPanel {
  #cards = new Map();
  #undo;
  #timer;

  constructor({ till, onTip }) {
    Object.assign(this, { till, onTip });
    this.element = h('aside', { class: 'call-panel', 'aria-label': 'Calls' });
    this.#undo = [till.calls.on('change', () => this.#render()), till.on('balance', () => this.#render())];
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    document.body.append(this.element);
    this.#render();
  }

  stop() {
    for (const undo of this.#undo) undo();
    clearInterval(this.#timer);
    this.element.remove();
  }

  #render() {
    const { calls } = this.till.calls;
    for (const id of this.#cards.keys()) if (!calls.has(id)) this.#cards.delete(id);
    const shown = [...calls.values()].map((call) => {
      if (!this.#cards.has(call.id)) this.#cards.set(call.id, new CallCard({ call, till: this.till, onTip: this.onTip }));
      const card = this.#cards.get(call.id);
      card.render(call);
      return card.element;
    });
    placeChildren(this.element, shown);
    this.element.hidden = shown.length === 0;
  }

  #tick() {
    for (const [id, card] of this.#cards) card.tick(this.till.calls.calls.get(id));
  }
}

