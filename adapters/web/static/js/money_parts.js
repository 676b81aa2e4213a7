// What the screens of money have in common: the bar with its links, forms, panels that load.

import { Attempt } from './attempt.js';
import { h, icon, iconButton, setText } from './dom.js';
import { tokens } from './money_words.js';
import { personFromIdentity } from './person.js';
import { avatar } from './roster.js';

const SCREENS = [
  ['wallet', 'Wallet'],
  ['streams', 'Streams'],
  ['calls', 'Calls'],
  ['earnings', 'Earnings'],
];

// The balance, kept right wherever it is shown. `undo` collects what must end with the screen.
export function balanceChip(till, undo) {
  const figure = h('span', { class: 'balance-figure' });
  const chip = h('a', { class: 'balance', href: '#wallet', hidden: true }, icon('coin'), figure);
  const show = () => {
    chip.hidden = till.balance === null;
    if (chip.hidden) return;
    setText(figure, tokens(till.balance));
    chip.setAttribute('aria-label', `Wallet: ${tokens(till.balance)}`);
  };
  undo.push(till.on('balance', show));
  show();
  return chip;
}

export function moneyPage({ till, current, title, undo, onLeave }, ...parts) {
  const me = personFromIdentity(till.identity);
  const link = (name, label) =>
    h('a', { class: 'segment', href: `#${name}`, 'aria-current': name === current ? 'page' : null }, label);
  const links = h('nav', { class: 'segments money-nav', 'aria-label': 'Money' });
  if (till.account) {
    links.append(...SCREENS.map(([name, label]) => link(name, label)));
    till.isOperator().then((operator) => operator && links.append(link('operator', 'Operators')));
  }
  return h(
    'div',
    { class: 'page' },
    h(
      'header',
      { class: 'bar' },
      iconButton('back', 'Spaces', onLeave),
      h('p', { class: 'brand' }, icon('mark'), h('span', {}, 'Presence')),
      h(
        'div',
        { class: 'bar-end' },
        balanceChip(till, undo),
        h('span', { class: 'whoami' }, avatar(me), h('span', { class: 'whoami-name', dir: 'auto' }, me.name)),
      ),
    ),
    h('main', { class: 'money' }, till.account ? links : null, h('h1', {}, title), ...parts),
  );
}

export function panel(title, attributes, ...children) {
  const id = `panel-${title.toLowerCase().replace(/\W+/gu, '-')}`;
  return h(
    'section',
    { ...attributes, class: `panel ${attributes?.class ?? ''}`.trim(), 'aria-labelledby': id },
    h('h2', { id }, title),
    ...children,
  );
}

export function figure(label, value, hint = null) {
  return h(
    'div',
    { class: 'figure' },
    h('dt', {}, label),
    h('dd', {}, value),
    hint ? h('dd', { class: 'hint' }, hint) : null,
  );
}

export function empty(text) {
  return h('p', { class: 'hint empty' }, text);
}

// One line of a list: what, when or who, and how much.
export function entry(what, detail, amount, { look = '', actions = [] } = {}) {
  return h(
    'li',
    { class: `entry ${look}`.trim() },
    h('div', { class: 'entry-what' }, h('span', { class: 'entry-name', dir: 'auto' }, what), h('span', { class: 'hint', dir: 'auto' }, detail)),
    amount === null ? null : h('span', { class: 'entry-amount' }, amount),
    actions.length ? h('div', { class: 'entry-actions' }, ...actions) : null,
  );
}

// Rows of a list that stay while they are the same: somebody may be writing into one.
export function fill(list, rows, draw, nothing) {
  const known = new Map([...list.children].map((node) => [node.dataset.row, node]));
  const nodes = rows.map((row) => {
    const name = JSON.stringify(row);
    const node = known.get(name) ?? draw(row);
    node.dataset.row = name;
    return node;
  });
  if (nodes.length === 0) nodes.push(known.get('none') ?? h('li', { 'data-row': 'none' }, empty(nothing)));
  if (nodes.length === list.children.length && nodes.every((node, at) => node === list.children[at])) return;
  list.replaceChildren(...nodes);
}

export function field(label, input, hint = null) {
  const id = `field-${input.name}`;
  input.id = id;
  if (hint) input.setAttribute('aria-describedby', `${id}-hint`);
  return h('div', { class: 'field' }, h('label', { for: id }, label), input, hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : null);
}

export function amountInput(name, attributes) {
  return h('input', { class: 'input', name, type: 'number', inputmode: 'numeric', min: 1, step: 1, required: true, ...attributes });
}

// The whole number in a field; throws what is wrong with it.
export function wholeNumber(input, what) {
  const number = Number(input.value);
  if (input.value.trim() === '' || !Number.isInteger(number) || number < 1) throw new Error(`${what}: write a whole number from 1 on.`);
  return number;
}

// `read ()` says what is wanted or throws what is missing; `send (wish, key)` does it, once for each wish
// however often it is pressed; `done (answer)` follows.
export function moneyForm({ fields, button, read, send, done, look = 'primary' }) {
  const attempt = new Attempt();
  const error = h('p', { class: 'alert', role: 'alert', hidden: true });
  const submit = h('button', { class: `button ${look}`.trim(), type: 'submit' }, button);
  const form = h('form', { class: 'stack money-form', novalidate: true }, ...fields, error, submit);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    error.hidden = true;
    submit.disabled = true;
    form.setAttribute('aria-busy', 'true');
    try {
      const wish = read();
      const answer = await attempt.make(wish, (key) => send(wish, key));
      if (answer !== null) done(answer);
    } catch (problem) {
      error.textContent = problem.message;
      error.hidden = false;
    } finally {
      submit.disabled = false;
      form.removeAttribute('aria-busy');
    }
  });
  return form;
}

// A button that does one thing and says in words why it could not.
export function doing(label, work, { look = '', onError }) {
  const button = h(
    'button',
    {
      class: `button small ${look}`.trim(),
      type: 'button',
      onclick: async () => {
        button.disabled = true;
        try {
          await work();
        } catch (problem) {
          onError(problem.message);
        } finally {
          button.disabled = false;
        }
      },
    },
    label,
  );
  return button;
}

const RETRY_MS = 5000;
const PAUSE_MS = 1000;

// Reads something when asked to, and now and then where `everyMs` says so; says when it cannot, and tries
// again. `load ()` is the screen's own. The screen is busy until it has read something once.
export class Refresher {
  #timer = null;
  #soon = null;
  #last = 0; // when it was read last
  #running = null;
  #again = false;
  #stopped = false;

  constructor({ load, everyMs = null, onExpired }) {
    Object.assign(this, { load, everyMs, onExpired });
    this.trouble = h('p', { class: 'alert', role: 'alert', hidden: true });
  }

  start() {
    this.trouble.parentElement.setAttribute('aria-busy', 'true');
    this.now();
    if (this.everyMs) this.#timer = setInterval(() => document.visibilityState === 'visible' && this.now(), this.everyMs);
  }

  stop() {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
  }

  // Whoever asks while it is being read has it read once more.
  now() {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  // Something has changed; a thousand changes a second are one a second.
  soon(afterMs = 0) {
    if (this.#soon !== null || this.#stopped) return;
    const pause = Math.max(afterMs, this.#last + PAUSE_MS - Date.now(), 0);
    this.#soon = setTimeout(() => {
      this.#soon = null;
      this.now();
    }, pause);
  }

  async #run() {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      this.#last = Date.now();
      await this.#once();
    }
  }

  async #once() {
    try {
      await this.load();
      this.trouble.hidden = true;
    } catch (error) {
      if (this.#stopped) return;
      if (error.status === 401) {
        this.stop();
        this.onExpired();
        return;
      }
      this.trouble.textContent = error.message;
      this.trouble.hidden = false;
      this.soon(RETRY_MS);
    } finally {
      this.trouble.parentElement.setAttribute('aria-busy', 'false');
    }
  }
}
