// What I may do about one person, as a dialog: for my own ears, and as speaker, holder or moderator.

import { act, h } from './dom.js';
import { serverName } from './person.js';

const HOUR_S = 3600;

function ownEars(hall, name) {
  if (hall.audio.blocked_people.includes(name)) return [['Unblock', 'person-unmute']];
  if (hall.audio.muted_people.includes(name)) return [['Hear them again', 'person-unmute'], ['Block', 'person-block']];
  return [['Mute for me', 'person-mute'], ['Block', 'person-block']];
}

function roles(hall, account) {
  if (account === null) return [];
  const { current_speaker: speaker, microphones, questions } = hall.audio;
  const to = { target_user: account };
  const wishes = [];
  if (hall.speaks && speaker === null && hall.can('moderate')) wishes.push(['Make the speaker', 'speaker-grant', to]);
  if (hall.speaks && speaker !== null && speaker !== account && (speaker === hall.ownName || hall.can('administer'))) {
    wishes.push(['Pass the speaker role', 'speaker-pass', to]);
  }
  for (const { id, holder, microphone_name: label } of microphones) {
    const passes = holder === hall.ownName || hall.can('moderate');
    if (holder === null || holder === account || !passes || questions?.microphone_id === id) continue;
    wishes.push([`Pass “${label}”`, 'microphone-pass', { microphone_id: id, ...to }]);
  }
  return wishes;
}

function moderation(hall, name) {
  if (!hall.can('moderate')) return [];
  const muted = hall.muted.has(name) || (hall.audio.all_muted && name !== hall.audio.current_speaker);
  return [
    ...(muted ? [['Unmute', 'moderate-unmute', {}]] : []),
    ...(hall.muted.has(name)
      ? []
      : [['Mute for everybody', 'moderate-mute', { locked: false }], ['Mute and lock', 'moderate-mute', { locked: true }]]),
    ['Put out', 'moderate-kick', {}],
    ['Ban for an hour', 'moderate-ban', { duration_s: HOUR_S }],
    ['Ban for good', 'moderate-ban', {}],
  ];
}

// `deals`: what I may do about them with money, as [label, what to do].
export function openPersonMenu({ hall, person, ask, deals = [] }) {
  if (!hall.audio) return;
  const name = serverName(person);
  const target = { target_socket_id: person.socketId };
  const group = (title, wishes, payload) =>
    wishes.length === 0
      ? null
      : h(
          'div',
          { class: 'person-group', 'data-group': title },
          h('h3', {}, title),
          ...wishes.map(([label, event, more]) =>
            h(
              'button',
              {
                class: `button small${/^(Ban|Put out)/u.test(label) ? ' danger' : ''}`,
                type: 'button',
                onclick: () => {
                  dialog.close();
                  ask(event, { ...payload, ...more });
                },
              },
              label,
            ),
          ),
        );
  const dialog = h(
    'dialog',
    { class: 'dialog person-menu', 'aria-label': `What to do about ${person.name}`, onclose: () => dialog.remove() },
    h('h2', { dir: 'auto' }, person.name),
    group('For you', ownEars(hall, name), target),
    deals.length === 0
      ? null
      : h(
          'div',
          { class: 'person-group', 'data-group': 'Money' },
          h('h3', {}, 'Money'),
          ...deals.map(([label, open]) => act(label, () => (dialog.close(), open()))),
        ),
    group('The floor', roles(hall, person.account), {}),
    group('Moderation', moderation(hall, name), target),
    h('button', { class: 'button quiet', type: 'button', onclick: () => dialog.close() }, 'Close'),
  );
  document.body.append(dialog);
  dialog.showModal();
}
