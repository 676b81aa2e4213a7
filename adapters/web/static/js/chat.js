// The conversation as people see it: history, bubbles, the composer.

import { LENGTH_MAX } from './chat_log.js';
import { h, icon, placeChildren, reducedMotion, setText } from './dom.js';
import { authorFromRow } from './person.js';
import { avatar } from './roster.js';

const GROUP_WITHIN_MS = 5 * 60_000;
const COUNTER_FROM = LENGTH_MAX - 200;
const NEAR_END_PX = 80;
const NEAR_START_PX = 120;

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const dayName = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

function timeOf(row) {
  return row.timestamp ?? Date.parse(row.created_at);
}

function dayLabel(ms) {
  const startOfDay = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((startOfDay(new Date()) - startOfDay(new Date(ms))) / 86_400_000);
  if (days === 0) return 'Today';
  return days === 1 ? 'Yesterday' : dayName.format(ms);
}

export class ChatView {
  #nodes = new Map(); // entry key → element
  #unread = 0;
  #unreadFrom = null; // id of the first row not seen
  #stick = true; // the newest message is in view and shall stay so
  #undo = [];

  constructor({ log, onUnread }) {
    this.log = log;
    this.onUnread = onUnread;
    this.list = h('ol', { class: 'chat-list', 'aria-label': 'Messages' });
    this.note = h('div', { class: 'chat-note' });
    this.scroller = h('div', { class: 'chat-scroll', tabindex: '0', role: 'log', 'aria-label': 'Chat' }, this.note, this.list);
    this.jump = h('button', { class: 'chat-jump', type: 'button', hidden: true, onclick: () => this.toEnd(true) });
    this.element = h('section', { class: 'chat', 'aria-label': 'Chat' }, this.scroller, this.jump, this.#composer());
    this.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    const observer = new ResizeObserver(() => this.#stick && this.toEnd(false));
    observer.observe(this.scroller);
    const looked = () => this.#looking() && this.#markRead();
    document.addEventListener('visibilitychange', looked);
    this.#undo = [
      () => observer.disconnect(),
      () => document.removeEventListener('visibilitychange', looked),
      log.on('change', () => this.render()),
      log.on('arrived', (row, mine) => this.#arrived(row, mine)),
    ];
    this.render();
  }

  stop() {
    for (const undo of this.#undo) undo();
  }

  focus() {
    this.input.focus();
  }

  // The panel became visible again.
  shown() {
    this.toEnd(false);
    this.#markRead();
  }

  toEnd(smoothly) {
    this.#stick = true;
    const behavior = smoothly && !reducedMotion.matches ? 'smooth' : 'instant';
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior });
  }

  // The space's owner has switched chat off: it can be read only.
  disable() {
    this.composer.replaceWith(h('p', { class: 'chat-off' }, 'Chat is switched off in this space.'));
  }

  #composer() {
    this.input = h('textarea', {
      class: 'chat-input',
      rows: '1',
      placeholder: 'Say something',
      'aria-label': 'Message',
      autocomplete: 'off',
      enterkeyhint: 'send',
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
    });
    this.counter = h('span', { class: 'chat-counter', 'aria-live': 'polite' });
    this.button = h('button', { class: 'chat-send', type: 'submit', 'aria-label': 'Send', disabled: true }, icon('send'));
    this.composer = h(
      'form',
      { class: 'composer', onsubmit: (event) => this.#submit(event) },
      h('div', { class: 'composer-field' }, this.input, this.counter),
      this.button,
    );
    return this.composer;
  }

  #typed() {
    const { length } = this.input.value;
    const tooLong = length > LENGTH_MAX;
    setText(this.counter, length > COUNTER_FROM ? `${length} / ${LENGTH_MAX}` : '');
    this.counter.classList.toggle('over', tooLong);
    this.input.setAttribute('aria-invalid', String(tooLong));
    this.button.disabled = tooLong || !this.input.value.trim();
    this.input.style.height = 'auto';
    this.input.style.height = `${this.input.scrollHeight}px`;
  }

  #key(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#submit(event);
    } else if (event.key === 'Escape') {
      document.querySelector('.floor-canvas')?.focus();
    }
  }

  #submit(event) {
    event.preventDefault();
    const content = this.input.value.trim();
    if (!content || content.length > LENGTH_MAX) return;
    this.input.value = '';
    this.#typed();
    this.log.send(content);
    this.#markRead();
    this.toEnd(false);
  }

  #looking() {
    return document.visibilityState === 'visible' && this.element.offsetParent !== null && this.#stick;
  }

  #arrived(row, mine) {
    if (mine || this.#looking()) return;
    this.#unread += 1;
    this.#unreadFrom ??= row.id;
    this.onUnread(this.#unread);
    this.render();
  }

  #markRead() {
    if (!this.#unread && this.#unreadFrom === null) return;
    if (!this.#unread) this.#unreadFrom = null; // Seen on the look before; the line has served.
    this.#unread = 0;
    this.onUnread(0);
    this.render();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (!clientHeight) return; // Hidden: says nothing about where the reader is.
    this.#stick = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.#stick && this.#unread) this.#markRead();
    if (scrollTop < NEAR_START_PX && this.log.olderState === 'idle') this.log.loadOlder();
    this.#renderJump();
  }

  render() {
    const { scroller } = this;
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    const stick = this.#stick;
    this.#renderNote();
    placeChildren(this.list, this.#elements());
    if (stick) this.toEnd(false);
    else scroller.scrollTop = scroller.scrollHeight - fromEnd; // Older rows came in above; nothing jumps.
    this.#renderJump();
    if (scroller.clientHeight && scroller.scrollHeight <= scroller.clientHeight) this.log.loadOlder();
  }

  #renderJump() {
    const hidden = this.#stick || !this.log.rows.length;
    this.jump.hidden = hidden;
    if (hidden) return;
    const text = this.#unread ? `${this.#unread} new message${this.#unread > 1 ? 's' : ''}` : 'Latest';
    this.jump.replaceChildren(icon('down'), text);
  }

  #renderNote() {
    const { log } = this;
    const empty = log.state === 'ready' && !log.rows.length && !log.pending.length;
    const kind = log.state !== 'ready' ? log.state : empty ? 'empty' : log.olderState === 'idle' ? '' : `older-${log.olderState}`;
    if (this.note.dataset.kind === kind) return;
    this.note.dataset.kind = kind;
    const again = (what) => h('button', { class: 'text-button', type: 'button', onclick: what }, 'Try again');
    const contents = {
      loading: [h('div', { class: 'skeleton' }), h('div', { class: 'skeleton short' }), h('div', { class: 'skeleton' })],
      failed: [h('p', {}, 'The conversation could not be read.'), again(() => log.reload())],
      empty: [icon('chat'), h('p', { class: 'strong' }, 'No messages yet'), h('p', {}, 'Say hello. Everybody in this space will see it.')],
      'older-loading': [h('span', { class: 'spinner', role: 'status', 'aria-label': 'Loading older messages' })],
      'older-failed': [h('p', {}, 'Older messages could not be read.'), again(() => log.loadOlder())],
    };
    this.note.replaceChildren(...(contents[kind] ?? []));
  }

  // Elements in reading order; an element is made once and only its grouping changes.
  #elements() {
    const elements = [];
    const kept = new Set();
    const element = (key, make) => {
      kept.add(key);
      if (!this.#nodes.has(key)) this.#nodes.set(key, make());
      elements.push(this.#nodes.get(key));
      return this.#nodes.get(key);
    };
    let before = null;
    for (const row of this.log.rows) {
      const ms = timeOf(row);
      const day = dayLabel(ms);
      if (day !== before?.day) element(`day ${day}`, () => h('li', { class: 'chat-day' }, h('span', {}, day)));
      if (row.id === this.#unreadFrom) element('unread', () => h('li', { class: 'chat-new' }, h('span', {}, 'New')));
      const author = authorFromRow(row);
      const who = row.user_account ?? `${row.guest_id}~${row.display_name}`;
      const node = element(`row ${row.id} ${row.updated_at ?? ''}`, () => this.#rowElement(row, author, ms));
      const follows = before?.who === who && before.day === day && ms - before.ms < GROUP_WITHIN_MS && row.id !== this.#unreadFrom;
      node.classList.toggle('follows', follows);
      node.classList.toggle('mine', this.log.isMine(row));
      before = { who, ms, day };
    }
    for (const item of this.log.pending) {
      this.#updatePending(element(`pending ${item.key}`, () => this.#pendingElement(item)), item);
    }
    for (const key of this.#nodes.keys()) if (!kept.has(key)) this.#nodes.delete(key);
    return elements;
  }

  #rowElement(row, author, ms) {
    const text = row.is_deleted ? 'This message was removed.' : row.content;
    return h(
      'li',
      { class: `message${row.is_deleted ? ' removed' : ''}`, 'data-id': String(row.id) },
      h('div', { class: 'message-face' }, avatar(author)),
      h(
        'div',
        { class: 'message-body' },
        h(
          'div',
          { class: 'message-head' },
          h('span', { class: 'message-author' }, author.name),
          author.guest ? h('span', { class: 'tag' }, 'guest') : null,
          h('time', { datetime: new Date(ms).toISOString(), title: fullTime.format(ms) }, clock.format(ms)),
        ),
        h('div', { class: 'message-text', title: clock.format(ms), dir: 'auto' }, text),
        row.is_edited && !row.is_deleted ? h('span', { class: 'message-foot' }, 'edited') : null,
      ),
    );
  }

  #pendingElement(item) {
    return h(
      'li',
      { class: 'message mine follows pending' },
      h('div', { class: 'message-body' }, h('div', { class: 'message-text', dir: 'auto' }, item.content), h('div', { class: 'message-foot' })),
    );
  }

  #updatePending(node, item) {
    if (node.dataset.state === item.state) return;
    node.dataset.state = item.state;
    node.classList.toggle('failed', item.state === 'failed');
    const foot = node.querySelector('.message-foot');
    if (item.state !== 'failed') {
      foot.replaceChildren(item.state === 'sending' ? 'Sending…' : 'Waiting for the connection…');
      return;
    }
    foot.replaceChildren(
      h('span', {}, item.error),
      h('button', { class: 'text-button', type: 'button', onclick: () => this.log.retry(item.key) }, 'Try again'),
      h('button', { class: 'text-button quiet', type: 'button', onclick: () => this.log.discard(item.key) }, 'Discard'),
    );
  }
}
