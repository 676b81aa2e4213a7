// Who is here, as a list: the plan in words. Nearest first would make rows jump as people walk, so the
// order is the order of arrival with me on top, and the distance is written beside each name.

import { h, icon, iconButton, placeChildren, setText } from './dom.js';
import { soundOf } from './hearing_rule.js';

const DISTANCES_EVERY_MS = 400;

export function avatar(person) {
  const face = h('span', { class: 'avatar', 'aria-hidden': 'true' }, person.initials);
  face.style.setProperty('--hue', person.hue);
  return face;
}

function distanceText(metres) {
  if (metres === null) return '';
  return metres < 10 ? `${metres.toFixed(1)} m` : `${Math.round(metres)} m`;
}

export class RosterView {
  #rows = new Map(); // socket id → {element, person, distance, heard, hears, shown}
  #timer;

  constructor({ floor, hall, onMore }) {
    Object.assign(this, { floor, hall, onMore });
    this.list = h('ul', { class: 'roster-list' });
    this.count = h('span', { class: 'count' }, '0');
    this.element = h(
      'section',
      { class: 'roster', 'aria-label': 'People here' },
      h('h2', { class: 'side-title' }, 'People', this.count),
      this.list,
    );
    this.#timer = setInterval(() => this.#renderDistances(), DISTANCES_EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  render(people) {
    setText(this.count, String(people.size));
    const persons = [...people.values()].sort((a, b) => Number(b.self) - Number(a.self));
    for (const socketId of this.#rows.keys()) if (!people.has(socketId)) this.#rows.delete(socketId);
    placeChildren(this.list, persons.map((person) => this.#row(person).element));
    this.#renderDistances();
  }

  #row(person) {
    const known = this.#rows.get(person.socketId);
    const shown = JSON.stringify([person.name, person.hue, person.guest, person.self, person.voice]);
    if (known?.shown === shown) {
      known.person = person;
      this.#showHearing(known);
      return known;
    }
    const distance = h('span', { class: 'roster-distance' });
    const heard = h('span', { class: 'roster-heard' }, icon('ear'));
    const hears = h('span', { class: 'roster-hears', title: `${person.name} hears you` }, icon('wave'));
    const identify = h(
      'button',
      {
        class: 'roster-find',
        type: 'button',
        title: person.self ? 'Show me on the plan' : `Show ${person.name} on the plan`,
        onclick: () => this.floor.ping(person.socketId),
      },
      avatar(person),
      h('span', { class: 'roster-name', dir: 'auto' }, person.name),
      person.self ? h('span', { class: 'tag own' }, 'you') : null,
      person.guest ? h('span', { class: 'tag' }, 'guest') : null,
      person.voice ? h('span', { class: 'roster-voice', title: 'Microphone on' }, icon('mic')) : null,
      heard,
      hears,
      distance,
    );
    const element = h(
      'li',
      { class: 'roster-row', 'data-socket': person.socketId },
      identify,
      person.self
        ? null
        : iconButton('walk', `Walk to ${person.name}`, () => this.floor.walkTowards(person.socketId), 'small'),
      person.self ? null : iconButton('more', `More about ${person.name}`, () => this.onMore(this.#rows.get(person.socketId).person), 'small'),
    );
    const row = { element, person, distance, heard, hears, shown };
    this.#rows.set(person.socketId, row);
    this.#showHearing(row);
    return row;
  }

  // Whom I hear and who hears me, as the server told.
  #showHearing({ element, person, heard, hears }) {
    heard.hidden = !this.hall.heard.has(person.socketId);
    hears.hidden = !this.hall.hearers.has(person.socketId);
    element.classList.toggle('heard', !heard.hidden);
  }

  #renderDistances() {
    if (this.element.offsetParent === null) return;
    for (const [socketId, { person, distance, heard }] of this.#rows) {
      if (person.self) continue;
      const metres = this.floor.distanceTo(socketId);
      setText(distance, distanceText(metres));
      const link = this.hall.heard.get(socketId);
      if (!link) continue;
      const { gain } = soundOf(link, this.floor.pose, this.floor.toldPoseOf(socketId), this.hall.audio.spatial_audio_range_meters);
      heard.title = `You hear ${person.name}, ${Math.round(100 * gain)} % loud`;
    }
  }
}
