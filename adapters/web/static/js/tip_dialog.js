// Giving somebody tokens: whom, how many, a word with it. And ringing somebody, which costs them too.

import { h, setText } from './dom.js';
import { amountInput, field, moneyForm, wholeNumber } from './money_parts.js';
import { tokens } from './money_words.js';
import { toast } from './toast.js';

const AMOUNTS = [5, 10, 25, 50];
const MESSAGE_LENGTH_MAX = 500;

function nameInput(name, value, people) {
  const list = `${name}-people`;
  const input = h('input', {
    class: 'input', name, type: 'text', list, value, placeholder: 'account', autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off',
  });
  return [input, h('datalist', { id: list }, ...people.map((person) => h('option', { value: person })))];
}

function written(input) {
  const name = input.value.trim().replace(/^@/, '').toLowerCase();
  if (!name) throw new Error('Say whom.');
  return name;
}

function show(till, title, className, form) {
  const held = h('span', {});
  const showHeld = () => setText(held, till.balance === null ? '' : `You have ${tokens(till.balance)}. `);
  const undo = till.on('balance', showHeld);
  showHeld();
  till.refresh(); // It may have been bought, or spent, elsewhere.
  const dialog = h(
    'dialog',
    {
      class: `dialog ${className}`,
      'aria-label': title,
      onclose: () => {
        undo();
        dialog.remove();
      },
      onclick: (event) => event.target.closest('a') && dialog.close(), // A link leads to another screen.
    },
    h('h2', {}, title),
    h('p', { class: 'hint' }, held, h('a', { class: 'text-link', href: '#wallet' }, 'Buy more')),
    form,
    h('button', { class: 'button quiet', type: 'button', onclick: () => dialog.close() }, 'Cancel'),
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

// `context`: where it is given, such as {channel}; those who watch the channel are told.
export function openTipDialog({ till, to = '', people = [], context = {} }) {
  const [who, list] = nameInput('tip-to', to, people);
  const amount = amountInput('tip-amount', { value: AMOUNTS[1] });
  const message = h('input', { class: 'input', name: 'tip-message', type: 'text', maxlength: MESSAGE_LENGTH_MAX, placeholder: 'Optional', autocomplete: 'off' });
  const amounts = h(
    'div',
    { class: 'amounts', role: 'group', 'aria-label': 'Usual amounts' },
    ...AMOUNTS.map((count) => h('button', { class: 'button small', type: 'button', onclick: () => (amount.value = count) }, String(count))),
  );
  const form = moneyForm({
    fields: [field('To', who), list, field('Tokens', amount), amounts, field('A word with it', message)],
    button: 'Give tip',
    read: () => ({
      toCreatorId: written(who),
      amountTokens: wholeNumber(amount, 'Tokens'),
      message: message.value.trim(),
      context,
    }),
    send: (wish, key) => till.api.tip(wish, key),
    done: ({ new_balance: balance, tip }) => {
      till.keep(balance);
      dialog.close();
      toast(`You gave ${tip.creator_id} ${tokens(tip.amount_tokens)}`);
    },
  });
  const dialog = show(till, 'Give a tip', 'tip-dialog', form);
  (to ? amount : who).select();
}

export function openCallDialog({ till, to = '', people = [], creator = false, fan = true }) {
  const [who, list] = nameInput('call-to', to, people);
  const rate = amountInput('call-rate', { value: 100 });
  const kind = h('select', { class: 'input', name: 'call-kind' }, h('option', { value: 'voice' }, 'Voice'), h('option', { value: 'video' }, 'Video'));
  const message = h('input', { class: 'input', name: 'call-message', type: 'text', maxlength: MESSAGE_LENGTH_MAX, placeholder: 'Optional', autocomplete: 'off' });
  const pays = h(
    'select',
    { class: 'input', name: 'call-pays' },
    h('option', { value: 'me', selected: fan }, 'I pay'),
    h('option', { value: 'them', selected: !fan }, 'They pay me'),
  );
  const form = moneyForm({
    fields: [
      field('Who', who),
      list,
      creator ? field('Who pays', pays) : null,
      field('Tokens a minute', rate, 'Only time in which both of you are evidently there is paid for.'),
      field('Kind', kind),
      field('A word with it', message),
    ],
    button: 'Ring',
    read: () => ({
      other: written(who),
      fan: !creator || pays.value === 'me',
      rate: wholeNumber(rate, 'Tokens a minute'),
      callType: kind.value,
      message: message.value.trim(),
    }),
    send: (wish, key) => till.calls.ring(wish, key),
    done: () => dialog.close(),
  });
  const dialog = show(till, 'Ring somebody', 'call-dialog', form);
  (to ? rate : who).select();
}
