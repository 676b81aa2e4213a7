// Inside a space: the plan, the people, the conversation, and what the connection is doing.

import { api } from './api.js';
import { ChatLog } from './chat_log.js';
import { ChatView } from './chat.js';
import { h, icon, iconButton, setText } from './dom.js';
import { Floorplan } from './floorplan.js';
import { HallPanel, MODES } from './hall_panel.js';
import { spawnPose } from './motion.js';
import { openPersonMenu } from './person_menu.js';
import { RosterView } from './roster.js';
import { Session } from './session.js';
import { inviteLink, spaceChannel, spaceKey } from './space_id.js';
import { TicketsView } from './tickets_panel.js';
import { openCallDialog, openTipDialog } from './tip_dialog.js';
import { TipOverlay } from './tip_overlay.js';
import { toast } from './toast.js';
import { VoiceControl } from './voice_control.js';

const STATES = {
  connecting: 'Connecting',
  joined: 'Connected',
  reconnecting: 'Reconnecting',
  draining: 'Server restarting',
  refused: 'Not connected',
  ended: 'Disconnected',
};
const LAST_POSE = 'presence.pose.';

function rememberedPose(space) {
  try {
    const pose = JSON.parse(sessionStorage.getItem(LAST_POSE + spaceKey(space)));
    return [pose.x, pose.z, pose.yaw].every(Number.isFinite) ? pose : null;
  } catch {
    return null;
  }
}

export class RoomScreen {
  #undo = [];
  #unread = 0;

  constructor({ identity, till, space, onLeave, onExpired }) {
    Object.assign(this, { identity, till, space, onLeave, onExpired });
    const pose = rememberedPose(space) ?? spawnPose();
    this.session = new Session({ identity, space, pose });
    this.floor = new Floorplan(pose);
    const { hall } = this.session;
    const ask = (event, payload) => this.#ask(event, payload);
    this.tickets = new TicketsView({ till, space, hall });
    this.roster = new RosterView({
      floor: this.floor,
      hall,
      onMore: (person) => openPersonMenu({ hall, person, ask, deals: this.#deals(person) }),
    });
    this.hallPanel = new HallPanel({
      hall,
      ask,
      people: () => this.session.people,
      send: (event, payload) => this.session.ask(event, payload),
      exportRecord: (roundId, format) => this.#exportRecord(roundId, format),
      tickets: this.tickets,
    });
    this.tips = new TipOverlay({ onTip: (tip) => tip.toCreatorId === identity.account && till.refresh() });
    this.voice = new VoiceControl({ session: this.session, floor: this.floor });
    this.log = new ChatLog({
      readPage: (range) => api.messages(this.session.identity.token, space, range),
      say: (content, key) => this.session.say(content, key),
      isMine: (row) => this.#isMine(row),
    });
    this.chat = new ChatView({ log: this.log, onUnread: (count) => this.#showUnread(count) });
    this.#build();
    this.#listen();
  }

  start() {
    this.session.enter();
    this.floor.canvas.focus({ preventScroll: true });
  }

  stop() {
    for (const undo of this.#undo) undo();
    this.#rememberPose();
    this.voice.stop();
    this.session.leave();
    this.chat.stop();
    this.roster.stop();
    this.floor.stop();
    this.tips.stop();
    this.tickets.stop();
    document.title = 'Presence';
  }

  #deals({ account: to, name }) {
    if (!this.identity.account || !to || to === this.identity.account) return [];
    return [
      [`Tip ${name}`, () => this.#tip(to)],
      [`Ring ${name}`, async () => openCallDialog({ till: this.till, to, creator: await this.till.isCreator() })],
    ];
  }

  #tip(to = '') {
    const others = [...this.session.people.values()].map(({ account }) => account);
    const people = [...new Set(others)].filter((account) => account && account !== this.identity.account);
    openTipDialog({ till: this.till, to: to || (people.length === 1 ? people[0] : ''), people, context: { channel: spaceChannel(this.space) } });
  }

  #isMine(row) {
    const { account, guestId } = this.identity;
    return row.user_account ? row.user_account === account : row.guest_id === guestId;
  }

  // Ask something of the hall; a refusal is shown in the server's words.
  async #ask(event, payload) {
    const answer = await this.session.ask(event, payload);
    if (answer.success !== false) return answer;
    toast(answer.error);
    return null;
  }

  async #lookAtPremium() {
    if (!this.identity.account) return;
    try {
      const { space } = await api.space(this.session.identity.token, this.space);
      this.hallPanel.keepPremium(space.is_premium ? space.premium_until : null);
    } catch {
      return; // It is only a line to read.
    }
  }

  async #exportRecord(roundId, format) {
    try {
      const file = await api.questionsRecord(this.session.identity.token, this.space, roundId, format);
      const link = h('a', { href: URL.createObjectURL(file), download: `questions.${format}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) {
      toast(error.message);
    }
  }

  #build() {
    this.title = h('h1', { class: 'room-title', dir: 'auto' }, this.space.id);
    this.subtitle = h('p', { class: 'room-subtitle' }, spaceKey(this.space));
    this.status = h('span', { class: 'status', role: 'status', 'data-state': 'connecting' }, STATES.connecting);
    this.banner = h('div', { class: 'banner', role: 'alert', hidden: true });
    this.cover = h('div', { class: 'cover' }, h('span', { class: 'spinner large' }), h('p', {}, 'Entering…'));
    this.hint = h('p', { class: 'floor-hint' });
    const touch = matchMedia('(pointer: coarse)').matches;
    setText(this.hint, touch ? 'Tap where you want to go' : 'Click to walk, or use WASD and the arrow keys');
    const tools = h(
      'div',
      { class: 'floor-tools' },
      iconButton('plus', 'Zoom in', () => this.floor.zoom(1.35)),
      iconButton('minus', 'Zoom out', () => this.floor.zoom(1 / 1.35)),
      iconButton('fit', 'Show everybody', () => this.floor.fit()),
    );
    this.tabs = {
      chat: h('button', { class: 'segment', type: 'button', role: 'tab', onclick: () => this.#show('chat') }, 'Chat', h('span', { class: 'badge', hidden: true })),
      people: h('button', { class: 'segment', type: 'button', role: 'tab', onclick: () => this.#show('people') }, 'People', h('span', { class: 'count' }, '0')),
      hall: h('button', { class: 'segment', type: 'button', role: 'tab', onclick: () => this.#show('hall') }, 'Hall'),
    };
    this.tabs.people.classList.add('people-tab');
    this.mode = h('button', { class: 'floor-mode', type: 'button', hidden: true, title: 'Show the hall', onclick: () => this.#show('hall') });
    this.side = h(
      'aside',
      { class: 'side', 'data-shows': 'chat' },
      h('div', { class: 'segments side-tabs', role: 'tablist', 'aria-label': 'Chat, people or hall' }, this.tabs.chat, this.tabs.people, this.tabs.hall),
      this.roster.element,
      this.chat.element,
      this.hallPanel.element,
    );
    this.element = h(
      'div',
      { class: 'room' },
      h(
        'header',
        { class: 'bar room-bar' },
        iconButton('back', 'Other spaces', () => this.onLeave()),
        h('div', { class: 'room-names' }, this.title, this.subtitle),
        this.status,
        h(
          'div',
          { class: 'bar-end' },
          this.voice.button,
          this.identity.account
            ? h('button', { class: 'button small give-tip', type: 'button', 'aria-label': 'Give a tip', onclick: () => this.#tip() }, icon('coin'), h('span', {}, 'Tip'))
            : null,
          h('button', { class: 'button small invite', type: 'button', onclick: () => this.#invite() }, icon('link'), h('span', {}, 'Invite')),
          h('button', { class: 'button small leave', type: 'button', onclick: () => this.onLeave() }, icon('leave'), h('span', {}, 'Leave')),
        ),
      ),
      h('section', { class: 'floor', 'aria-label': 'Floor plan' }, this.floor.canvas, this.mode, this.hint, tools, this.tips.element, this.banner, this.cover),
      this.side,
    );
    this.#show('chat');
  }

  #listen() {
    const { session, floor } = this;
    const onHide = () => {
      this.#rememberPose();
      session.leave(); // A page that goes away says so, or its body would stand there for a while.
    };
    const onShow = (event) => event.persisted && location.reload();
    const onKey = (event) => this.#shortcut(event);
    window.addEventListener('pagehide', onHide);
    window.addEventListener('pageshow', onShow);
    window.addEventListener('keydown', onKey);
    this.#undo = [
      () => window.removeEventListener('pagehide', onHide),
      () => window.removeEventListener('pageshow', onShow),
      () => window.removeEventListener('keydown', onKey),
      session.on('state', (state, detail) => this.#stateChanged(state, detail)),
      session.hall.on('change', () => this.#hallChanged()),
      session.on('roster', () => this.#rosterChanged()),
      session.on('arrived', (person) => toast(`${person.name} came in`)),
      session.on('departed', (person) => toast(`${person.name} left`)),
      session.on('pose', (socketId, pose) => floor.setPose(socketId, pose)),
      session.on('message', (row) => this.log.receive(row)),
      session.on('tip', (tip) => this.tips.show(tip)),
      this.log.on('arrived', (row) => this.#sayOnFloor(row)),
      floor.on('moved', (pose) => this.#moved(pose)),
    ];
  }

  #moved(pose) {
    this.session.moved(pose);
    this.hint.classList.add('gone');
  }

  #rememberPose() {
    try {
      sessionStorage.setItem(LAST_POSE + spaceKey(this.space), JSON.stringify(this.floor.pose));
    } catch {
      // Then a reload begins at a new place.
    }
  }

  #rosterChanged() {
    const { people } = this.session;
    this.floor.setPeople(people);
    this.roster.render(people);
    this.hallPanel.render();
    setText(this.tabs.people.querySelector('.count'), String(people.size));
    this.voice.peopleChanged();
  }

  #hallChanged() {
    const { hall, people } = this.session;
    this.floor.setHearing(hall);
    this.roster.render(people);
    this.hallPanel.render();
    this.tickets.abilitiesChanged();
    this.mode.hidden = !hall.audio;
    if (!hall.audio) return;
    const [name] = MODES[hall.audio.audio_mode] ?? [hall.audio.audio_mode];
    const speaker = hall.audio.current_speaker;
    setText(this.mode, speaker ? `${name} · ${speaker === hall.ownName ? 'you speak' : `${speaker} speaks`}` : name);
  }

  #sayOnFloor(row) {
    for (const person of this.session.people.values()) {
      const same = person.account
        ? person.account === row.user_account
        : person.guestId !== null && person.guestId === row.guest_id;
      if (same) {
        this.floor.say(person.socketId, row.content);
        return;
      }
    }
  }

  #stateChanged(state, detail) {
    this.status.dataset.state = state;
    setText(this.status, STATES[state]);
    this.element.dataset.state = state;
    if (state === 'joined') {
      this.#describe();
      this.cover.hidden = true;
      this.banner.hidden = true;
      this.log.joined();
      this.#lookAtPremium();
      this.tickets.load();
      return;
    }
    this.log.lost();
    if (state === 'reconnecting') this.#announce('Connection lost. Trying to get back in…');
    if (state === 'draining') this.#announce('The server is restarting. You will be back in a moment.');
    if (state === 'ended') this.#stopHere('You have been disconnected', detail.message, true);
    if (state === 'refused') this.#refused(detail);
  }

  #describe() {
    const space = this.session.admission?.space;
    const name = typeof space === 'object' ? space?.display_name : null;
    if (name) setText(this.title, name);
    document.title = this.#pageTitle();
    if (space?.chat_enabled === false) this.chat.disable();
    this.voice.allow(space?.voice_enabled !== false, this.session.admission);
  }

  #pageTitle() {
    return `${this.#unread ? `(${this.#unread}) ` : ''}${this.title.textContent} · Presence`;
  }

  #announce(text) {
    this.banner.replaceChildren(h('span', { class: 'spinner' }), text);
    this.banner.hidden = false;
  }

  #refused(detail) {
    if (detail.status === 401) {
      this.onExpired();
      return;
    }
    const titles = { 403: 'You cannot enter this space', 404: 'There is no such space', 429: 'This space is full' };
    this.#stopHere(titles[detail.status] ?? 'You are not in', detail.message, detail.status !== 404);
  }

  #stopHere(title, text, again) {
    this.banner.hidden = true;
    this.cover.hidden = false;
    this.cover.replaceChildren(
      h('h2', {}, title),
      h('p', { role: 'alert' }, text),
      h(
        'div',
        { class: 'cover-actions' },
        again ? h('button', { class: 'button primary', type: 'button', onclick: () => this.onLeave(this.space) }, icon('retry'), 'Try again') : null,
        h('button', { class: 'button', type: 'button', onclick: () => this.onLeave() }, 'Other spaces'),
      ),
    );
  }

  #show(what) {
    this.side.dataset.shows = what;
    for (const [name, tab] of Object.entries(this.tabs)) tab.setAttribute('aria-selected', String(name === what));
    if (what === 'chat') this.chat.shown();
    else if (what === 'people') this.roster.render(this.session.people);
    else this.tickets.load();
  }

  #showUnread(count) {
    this.#unread = count;
    const badge = this.tabs.chat.querySelector('.badge');
    badge.hidden = count === 0;
    setText(badge, count > 99 ? '99+' : String(count));
    if (this.session.joined) document.title = this.#pageTitle();
  }

  #shortcut(event) {
    const free = event.target === document.body || event.target === this.floor.canvas;
    if (!free || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== 'Enter' && event.key !== '/') return;
    event.preventDefault();
    this.#show('chat');
    this.chat.focus();
  }

  async #invite() {
    const link = inviteLink(this.space);
    try {
      await navigator.clipboard.writeText(link);
      toast('Invite link copied');
    } catch {
      this.#showLink(link); // The clipboard is closed to pages served without TLS.
    }
  }

  #showLink(link) {
    const input = h('input', { class: 'input mono', type: 'text', readonly: true, value: link, 'aria-label': 'Invite link' });
    const dialog = h(
      'dialog',
      { class: 'dialog', onclose: () => dialog.remove() },
      h('h2', {}, 'Invite somebody'),
      h('p', { class: 'hint' }, 'Copy this link and send it.'),
      input,
      h('button', { class: 'button primary', type: 'button', onclick: () => dialog.close() }, 'Done'),
    );
    document.body.append(dialog);
    dialog.showModal();
    input.select();
  }
}
