// Short notices that go away by themselves.

import { h } from './dom.js';

const SHOWN_MS = 3200;
const TOASTS_MAX = 3;

export function toast(text) {
  const place = document.getElementById('toasts');
  const note = h('div', { class: 'toast' }, text);
  place.append(note);
  while (place.children.length > TOASTS_MAX) place.firstElementChild.remove();
  setTimeout(() => note.remove(), SHOWN_MS);
}
