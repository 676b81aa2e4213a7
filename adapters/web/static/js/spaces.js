// Choosing a space: the server's list with who is there now, or any space by its name.

import { api } from './api.js';
import { h, icon, placeChildren, setText } from './dom.js';
import { balanceChip } from './money_parts.js';
import { personFromIdentity, personFromUser } from './person.js';
import { avatar } from './roster.js';
import { checkedSpace, LOBBY, parseSpace, spaceKey } from './space_id.js';

const PAGE = 50;
const REFRESH_MS = 8000;
const FACES_MAX = 4;
const FACES_ASKED_MAX = 8; // spaces whose people are looked up; the busiest first

const KINDS = { global: 'Everybody', post: 'Post', document: 'Document', event: 'Event' };

function kindOf(item) {
  const kind = KINDS[item.space_type] ?? item.space_type;
  return item.type && item.type !== item.space_type && item.space_type === 'post' ? `${kind} · ${item.type}` : kind;
}

function peopleText(count) {
  if (count === 0) return 'Nobody here yet';
  return count === 1 ? '1 person here' : `${count} people here`;
}

export class SpacesScreen {
  #items = [];
  #cards = new Map(); // space key → {element, people, faces}
  #state = 'loading';
  #hasMore = false;
  #abort = new AbortController();
  #timer = null;
  #undo = [];

  constructor({ identity, till, notice, onEnter, onSignOut, onExpired }) {
    Object.assign(this, { identity, till, onEnter, onSignOut, onExpired });
    this.grid = h('ul', { class: 'space-grid' });
    this.note = h('div', { class: 'space-note', role: 'status' });
    this.more = h('button', { class: 'button quiet', type: 'button', hidden: true, onclick: () => this.#loadMore() }, 'Show more');
    this.filter = h('input', {
      class: 'input', type: 'search', placeholder: 'Find a space', 'aria-label': 'Find a space', oninput: () => this.#render(),
    });
    this.element = h(
      'div',
      { class: 'page' },
      this.#bar(),
      h(
        'main',
        { class: 'spaces' },
        h('div', { class: 'spaces-head' }, h('h1', {}, 'Where to?'), h('div', { class: 'search' }, icon('search'), this.filter)),
        notice ? h('p', { class: 'alert', role: 'alert' }, notice) : null,
        this.grid,
        this.note,
        this.more,
        this.#anyForm(),
      ),
    );
  }

  start() {
    this.#render();
    this.#load();
    this.#timer = setInterval(() => document.visibilityState === 'visible' && this.#load(), REFRESH_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#abort.abort();
    for (const undo of this.#undo) undo();
  }

  #bar() {
    const me = personFromIdentity(this.identity);
    return h(
      'header',
      { class: 'bar' },
      h('p', { class: 'brand' }, icon('mark'), h('span', {}, 'Presence')),
      h(
        'div',
        { class: 'bar-end' },
        h('a', { class: 'bar-link', href: '#streams', 'aria-label': 'Streams' }, icon('stream'), h('span', {}, 'Streams')),
        me.guest ? null : balanceChip(this.till, this.#undo),
        h('span', { class: 'whoami' }, avatar(me), h('span', { class: 'whoami-name', dir: 'auto' }, me.name), me.guest ? h('span', { class: 'tag' }, 'guest') : null),
        h('button', { class: 'text-button quiet', type: 'button', onclick: () => this.onSignOut() }, me.guest ? 'Change name' : 'Sign out'),
      ),
    );
  }

  #anyForm() {
    const address = h('input', {
      class: 'input', name: 'address', type: 'text', placeholder: 'post/author/permlink', 'aria-label': 'Space, as type/id',
      autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off',
    });
    const subspace = h('input', {
      class: 'input', name: 'subspace', type: 'text', placeholder: 'main', 'aria-label': 'Subspace', autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off',
    });
    const error = h('p', { class: 'alert', role: 'alert', hidden: true });
    const enter = (event) => {
      event.preventDefault();
      error.hidden = true;
      try {
        const space = parseSpace(address.value);
        this.onEnter(subspace.value.trim() ? checkedSpace(space.type, space.id, subspace.value) : space);
      } catch (problem) {
        error.textContent = problem.message;
        error.hidden = false;
      }
    };
    return h(
      'form',
      { class: 'any-space', novalidate: true, onsubmit: enter },
      h('div', { class: 'any-space-text' }, h('h2', {}, 'Somewhere else'), h('p', { class: 'hint' }, 'A space opens the moment somebody enters it.')),
      h('div', { class: 'any-space-fields' }, address, subspace, h('button', { class: 'button', type: 'submit' }, 'Enter')),
      error,
    );
  }

  async #load() {
    try {
      const answer = await api.spaces(this.identity.token, { limit: PAGE, offset: 0, signal: this.#abort.signal });
      this.#keep(answer.spaces);
      this.#hasMore = answer.spaces.length >= PAGE;
      this.#state = 'ready';
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (error.status === 401) {
        this.onExpired();
        return;
      }
      if (this.#state === 'loading') this.#state = 'failed';
    }
    this.#render();
    this.#loadFaces();
  }

  async #loadMore() {
    this.more.disabled = true;
    try {
      const offset = Math.ceil(this.#items.length / PAGE) * PAGE;
      const answer = await api.spaces(this.identity.token, { limit: PAGE, offset, signal: this.#abort.signal });
      this.#keep(answer.spaces);
      this.#hasMore = answer.spaces.length >= PAGE;
    } catch {
      // The button stays, which is how to try again.
    }
    this.more.disabled = false;
    this.#render();
  }

  #keep(spaces) {
    const byKey = new Map(this.#items.map((item) => [spaceKey(item.space), item]));
    for (const item of spaces) {
      const space = { type: item.space_type, id: String(item.space_id), subspace: 'main' };
      const key = spaceKey(space);
      byKey.set(key, { ...byKey.get(key), ...item, space, active_users: Number(item.active_users ?? 0) });
    }
    if (!byKey.has(spaceKey(LOBBY))) {
      byKey.set(spaceKey(LOBBY), { space: LOBBY, space_type: 'global', display_name: 'Lobby', active_users: 0 });
    }
    this.#items = [...byKey.values()];
  }

  async #loadFaces() {
    const busy = this.#items.filter((item) => item.active_users > 0).sort((a, b) => b.active_users - a.active_users);
    await Promise.all(
      busy.slice(0, FACES_ASKED_MAX).map(async (item) => {
        try {
          const { space } = await api.space(this.identity.token, item.space, this.#abort.signal);
          item.people = (space.connected_users ?? []).map((user) =>
            personFromUser({
              socketId: user.socket_id ?? user.socketId,
              userAccount: user.user_account ?? user.userAccount,
              guestId: user.guest_id ?? user.guestId,
              displayName: user.display_name ?? user.displayName,
            }),
          );
        } catch {
          item.people = [];
        }
      }),
    );
    if (!this.#abort.signal.aborted) this.#render();
  }

  #shown() {
    const wanted = this.filter.value.trim().toLowerCase();
    const text = (item) => `${item.display_name} ${item.space_type} ${item.space_id} ${item.description ?? ''}`.toLowerCase();
    const first = (item) => (spaceKey(item.space) === spaceKey(LOBBY) ? 1 : 0);
    return this.#items
      .filter((item) => !wanted || text(item).includes(wanted))
      .sort((a, b) => first(b) - first(a) || b.active_users - a.active_users);
  }

  #render() {
    const shown = this.#shown();
    placeChildren(this.grid, this.#state === 'loading' ? this.#skeletons() : shown.map((item) => this.#card(item)));
    this.grid.setAttribute('aria-busy', String(this.#state === 'loading'));
    this.more.hidden = !this.#hasMore || Boolean(this.filter.value);
    if (this.#state === 'failed') {
      this.note.replaceChildren(
        h('p', {}, 'The list of spaces could not be read.'),
        h('button', { class: 'button', type: 'button', onclick: () => this.#load() }, icon('retry'), 'Try again'),
      );
    } else if (this.#state === 'ready' && !shown.length) {
      this.note.replaceChildren(h('p', {}, 'No space matches. You can enter one by its name below.'));
    } else {
      this.note.replaceChildren();
    }
  }

  #skeletons() {
    this.skeletons ??= Array.from({ length: 3 }, () => h('li', { class: 'space-card loading', 'aria-hidden': 'true' }, h('div', { class: 'skeleton short' }), h('div', { class: 'skeleton' })));
    return this.skeletons;
  }

  #card(item) {
    const key = spaceKey(item.space);
    if (!this.#cards.has(key)) this.#cards.set(key, this.#newCard(item));
    const { element, people, faces } = this.#cards.get(key);
    setText(people, peopleText(item.active_users));
    element.classList.toggle('occupied', item.active_users > 0);
    const shown = (item.active_users > 0 && item.people) || [];
    const signature = shown.map((person) => person.socketId + person.name).join();
    if (faces.dataset.shown !== signature) {
      faces.dataset.shown = signature;
      faces.replaceChildren(...shown.slice(0, FACES_MAX).map(avatar));
      if (shown.length > FACES_MAX) faces.append(h('span', { class: 'avatar rest' }, `+${shown.length - FACES_MAX}`));
    }
    return element;
  }

  #newCard(item) {
    const people = h('span', { class: 'space-people' });
    const faces = h('span', { class: 'faces', 'aria-hidden': 'true' });
    const lobby = spaceKey(item.space) === spaceKey(LOBBY);
    const element = h(
      'li',
      { class: `space-card${lobby ? ' lobby' : ''}` },
      h(
        'button',
        { class: 'space-enter', type: 'button', 'data-space': spaceKey(item.space), onclick: () => this.onEnter(item.space) },
        h('span', { class: 'space-kind' }, kindOf(item)),
        h('span', { class: 'space-name', dir: 'auto' }, item.display_name ?? item.space.id),
        h('span', { class: 'space-about', dir: 'auto' }, item.description || (item.space_type === 'post' ? item.space.id : '')),
        h('span', { class: 'space-foot' }, faces, people, h('span', { class: 'space-go' }, icon('arrow'))),
      ),
    );
    return { element, people, faces };
  }
}
