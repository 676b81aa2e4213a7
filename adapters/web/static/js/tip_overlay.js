// Tips as they are given on a channel, over what everybody looks at. A tip may be told of twice.

import { h } from './dom.js';
import { tokens } from './money_words.js';
import { personFromAccount } from './person.js';
import { avatar } from './roster.js';

const SHOWN_MS = 8000;
const SHOWN_MAX = 3;
const REMEMBERED_MAX = 200;

export class TipOverlay {
  #told = new Set();
  #timers = new Set();

  // `onTip (tip)` hears of each once.
  constructor({ onTip = () => {} } = {}) {
    this.onTip = onTip;
    this.element = h('div', { class: 'tips', role: 'log', 'aria-live': 'polite', 'aria-label': 'Tips' });
  }

  stop() {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  show(tip) {
    if (!tip?.tipId || this.#told.has(tip.tipId)) return;
    this.#told.add(tip.tipId);
    if (this.#told.size > REMEMBERED_MAX) this.#told.delete(this.#told.values().next().value);
    const card = tipCard(tip);
    this.element.append(card);
    while (this.element.children.length > SHOWN_MAX) this.element.firstElementChild.remove();
    const timer = setTimeout(() => {
      card.remove();
      this.#timers.delete(timer);
    }, SHOWN_MS);
    this.#timers.add(timer);
    this.onTip(tip);
  }
}

export function tipCard({ tipId, fromUsername, toCreatorId, amountTokens, message }) {
  return h(
    'div',
    { class: 'tip', 'data-tip': tipId },
    avatar(personFromAccount(fromUsername)),
    h(
      'div',
      { class: 'tip-words' },
      h('p', { class: 'tip-line', dir: 'auto' }, `${fromUsername} tipped ${toCreatorId}`),
      message ? h('p', { class: 'tip-message', dir: 'auto' }, message) : null,
    ),
    h('span', { class: 'tip-amount' }, tokens(amountTokens)),
  );
}
