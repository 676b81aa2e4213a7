// Before an operator moves money: a dialog that says what will happen and to whom. What the server
// refuses is shown in it, and nothing that was filled in is lost.

import { h } from './dom.js';
import { field, moneyForm } from './money_parts.js';

// `words`: what will happen; `read ()` says what is wanted or throws what is missing; `send (wish)`
// does it; `done (answer)` follows.
export function openConfirm({ title, words, fields = [], button, look = 'primary', read = () => null, send, done }) {
  const form = moneyForm({
    fields,
    button,
    look,
    read,
    send,
    done: (answer) => {
      dialog.close();
      done(answer);
    },
  });
  const dialog = h(
    'dialog',
    { class: 'dialog confirm-dialog', 'aria-label': title, onclose: () => dialog.remove() },
    h('h2', {}, title),
    h('p', { class: 'confirm-words', dir: 'auto' }, words),
    form,
    h('button', { class: 'button quiet', type: 'button', onclick: () => dialog.close() }, 'Back'),
  );
  document.body.append(dialog);
  dialog.showModal();
}

export function written(input, what) {
  const text = input.value.trim();
  if (!text) throw new Error(`Write ${what}.`);
  return text;
}

// How something was paid, as [its field, how to read it].
export function referenceField() {
  const input = h('input', { class: 'input', name: 'confirm-reference', type: 'text', maxlength: 200, autocomplete: 'off', spellcheck: 'false' });
  return [
    field('Reference of the payment', input, 'Such as the id of its transaction. The same reference again changes nothing.'),
    () => written(input, 'how it was paid: the payment’s own reference'),
  ];
}

// An exact amount of some money, as [its field, how to read it].
export function amountField(amount, currency) {
  const input = h('input', { class: 'input', name: 'confirm-amount', type: 'text', inputmode: 'decimal', autocomplete: 'off' });
  input.value = amount;
  return [
    field(`Amount, ${currency}`, input),
    () => {
      const text = written(input, 'how much it was');
      if (!/^\d+(\.\d+)?$/u.test(text) || Number(text) === 0) throw new Error('Amount: write a number such as 1.500.');
      return text;
    },
  ];
}
