// What moderators and administrators set up, as dialogs: a microphone, a Q&A session, who is banned.
// A refusal is shown in the dialog, in the server's words, and nothing that was filled in is lost.

import { act, h } from './dom.js';

const NAME_LENGTH_MAX = 80;
const TITLE_LENGTH_MAX = 500;
const SECONDS = { type: 'number', min: '5', max: '86400', step: '1', placeholder: 'none' };
const BROADCASTS = {
  full_volume: 'Everybody hears it, equally loud',
  mixed: 'Everybody hears it, louder when near',
  spatial_only: 'Only who is near hears it',
};
const STANDINGS = {
  member: 'Anybody with an account',
  ticket: 'Ticket holders',
  subscriber: 'Subscribers',
  premium_ticket: 'Premium ticket holders',
  moderator: 'Moderators',
  admin: 'Administrators',
};

function labelled(label, input) {
  const id = `form-${input.name}`;
  input.id = id;
  return h('div', { class: 'field' }, h('label', { for: id }, label), input);
}

function text(name, value, attributes = {}) {
  const input = h('input', { class: 'input', type: 'text', name, autocomplete: 'off', ...attributes });
  input.value = value ?? '';
  return input;
}

function choice(name, options, chosen) {
  const rows = Object.entries(options).map(([value, label]) => h('option', { value, selected: value === chosen }, label));
  return h('select', { class: 'input', name }, ...rows);
}

function tick(name, label, checked) {
  return h('label', { class: 'tick' }, h('input', { type: 'checkbox', name, checked }), label);
}

function show(title, ...nodes) {
  const dialog = h(
    'dialog',
    { class: 'dialog hall-form', 'aria-label': title, onclose: () => dialog.remove() },
    h('h2', {}, title),
    ...nodes,
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

// `wish(data)` sends what the form says and resolves with the answer; `more`: other buttons.
function showForm(title, label, fields, wish, more = []) {
  const alert = h('p', { class: 'alert', role: 'alert', hidden: true });
  const submit = h('button', { class: 'button small primary', type: 'submit' }, label);
  const settle = async (asked) => {
    submit.disabled = true;
    const answer = await asked;
    submit.disabled = false;
    if (answer.success !== false) dialog.close();
    alert.hidden = answer.success !== false;
    alert.textContent = answer.error ?? '';
  };
  const form = h(
    'form',
    {
      class: 'form-fields',
      onsubmit: (event) => {
        event.preventDefault();
        settle(wish(new FormData(form)));
      },
    },
    ...fields,
    alert,
    h(
      'div',
      { class: 'hall-actions' },
      submit,
      ...more.map(([words, ask]) => act(words, () => settle(ask()), 'danger')),
      act('Cancel', () => dialog.close()),
    ),
  );
  const dialog = show(title, form);
}

const whole = (given) => (given === '' ? null : Number(given));

// `microphone`: the one to change, or null for a new one.
export function openMicrophoneForm({ microphone, send }) {
  const one = microphone ?? { broadcast_mode: 'full_volume', required_permission: 'member', price_minor: 0, queue_enabled: true };
  const fields = [
    labelled('Name', text('microphone_name', one.microphone_name ?? 'Microphone', { required: true, maxlength: NAME_LENGTH_MAX })),
    labelled('Who hears it', choice('broadcast_mode', BROADCASTS, one.broadcast_mode)),
    labelled('Who may ask for it, at least', choice('required_permission', STANDINGS, one.required_permission)),
    h(
      'div',
      { class: 'field-pair' },
      labelled('Seconds a turn', text('time_limit_seconds', one.time_limit_seconds, SECONDS)),
      labelled('Seconds a day', text('daily_quota_seconds', one.daily_quota_seconds, SECONDS)),
    ),
    h(
      'div',
      { class: 'field-pair' },
      labelled('Price of a turn, smallest units', text('price_minor', one.price_minor, { type: 'number', min: '0', step: '1', required: true })),
      labelled('Currency', text('price_currency', one.price_currency ?? 'DLUX', { required: true, maxlength: 16 })),
    ),
    tick('queue_enabled', 'Who asks while it is taken waits in a queue', one.queue_enabled),
    h('p', { class: 'hint' }, 'In the queue come first: administrators, moderators, premium tickets, subscribers, tickets. Nobody waits for ever.'),
  ];
  const wish = (data) =>
    send(microphone ? 'microphone-configure' : 'microphone-create', {
      ...(microphone ? { microphone_id: microphone.id } : {}),
      microphone_name: data.get('microphone_name').trim(),
      broadcast_mode: data.get('broadcast_mode'),
      required_permission: data.get('required_permission'),
      time_limit_seconds: whole(data.get('time_limit_seconds')),
      daily_quota_seconds: whole(data.get('daily_quota_seconds')),
      price_minor: whole(data.get('price_minor')),
      price_currency: data.get('price_currency').trim(),
      queue_enabled: data.has('queue_enabled'),
    });
  const remove = ['Remove', () => send('microphone-delete', { microphone_id: microphone.id })];
  const title = microphone ? 'Change the microphone' : 'A new microphone';
  showForm(title, microphone ? 'Change' : 'Set up', fields, wish, microphone ? [remove] : []);
}

export function openQuestionsForm({ microphones, send }) {
  const names = Object.fromEntries(microphones.map(({ id, microphone_name: name }) => [id, name]));
  const fields = [
    labelled('Title', text('title', 'Questions', { maxlength: TITLE_LENGTH_MAX })),
    labelled('On which microphone', choice('microphone_id', names, microphones[0].id)),
    tick('by_votes', 'Most votes first', true),
    tick('tickets_only', 'Only ticket holders ask', false),
    tick('running', 'The next one asks by themself, without being picked', false),
  ];
  const wish = (data) =>
    send('questions-open', {
      microphone_id: data.get('microphone_id'),
      title: data.get('title').trim(),
      by_votes: data.has('by_votes'),
      tickets_only: data.has('tickets_only'),
      running: data.has('running'),
    });
  showForm('Take questions', 'Open', fields, wish);
}

function banned({ user, by, reason, until }) {
  const limit = until ? `until ${new Date(until).toLocaleString()}` : 'for good';
  const name = user.startsWith('guest:') ? `Guest ${user.slice('guest:'.length)}` : user;
  return [
    h('span', { class: 'hall-name', dir: 'auto' }, name),
    h('span', { class: 'hint', dir: 'auto' }, `By ${by}, ${limit}${reason ? `. “${reason}”` : ''}`),
  ];
}

export async function openBans({ ask }) {
  const answer = await ask('moderate-bans');
  if (!answer) return;
  const none = h('p', { class: 'hint' }, 'Nobody is banned.');
  const rows = answer.bans.map((one) => {
    const lift = async () => {
      if (!(await ask('moderate-unban', { target_user: one.user }))) return;
      row.remove();
      none.hidden = list.children.length > 0;
    };
    const row = h('li', { class: 'hall-row' }, h('div', { class: 'banned' }, ...banned(one)), act('Let in again', lift));
    return row;
  });
  const list = h('ul', { class: 'hall-list bans' }, ...rows);
  none.hidden = rows.length > 0;
  const dialog = show('Banned people', list, none, act('Close', () => dialog.close()));
}
