// Streams: what is live now, mine, and announcing one.

import { h } from './dom.js';
import { amountInput, doing, empty, entry, field, moneyForm, moneyPage, panel, Refresher, wholeNumber } from './money_parts.js';
import { tokens, when } from './money_words.js';

const REFRESH_MS = 6000;
const LISTED_MAX = 50;

export const STREAM_STATES = { scheduled: 'Announced', live: 'Live', ended: 'Over' };

export function streamTag(status) {
  return h('span', { class: `tag ${status === 'live' ? 'live' : ''}`.trim(), 'data-status': status }, STREAM_STATES[status] ?? status);
}

export function priceText(stream) {
  if (stream.type === 'public') return 'Free for everybody';
  return stream.price_tokens ? tokens(stream.price_tokens) : 'Free ticket';
}

export class StreamsScreen {
  #undo = [];

  constructor({ till, onLeave, onExpired, onOpen }) {
    Object.assign(this, { till, onOpen });
    this.refresher = new Refresher({ load: () => this.#load(), everyMs: REFRESH_MS, onExpired });
    this.live = h('ul', { class: 'entries live-streams' });
    this.coming = h('ul', { class: 'entries coming-streams' });
    this.mine = h('ul', { class: 'entries my-streams' });
    this.minePanel = panel('My streams', { hidden: true }, this.mine, this.#form());
    this.element = moneyPage(
      { till, current: 'streams', title: 'Streams', undo: this.#undo, onLeave },
      this.refresher.trouble,
      panel('Live now', {}, this.live),
      panel('Announced', {}, this.coming),
      this.minePanel,
    );
  }

  start() {
    this.refresher.start();
  }

  stop() {
    this.refresher.stop();
    for (const undo of this.#undo) undo();
  }

  async #load() {
    const { api, account } = this.till;
    const [live, coming, wallet] = await Promise.all([
      api.streams({ status: 'live', limit: LISTED_MAX }),
      api.streams({ status: 'scheduled', limit: LISTED_MAX }),
      account ? api.wallet() : null,
    ]);
    this.#fill(this.live, live.streams, 'Nobody streams at the moment.');
    this.#fill(this.coming, coming.streams, 'Nothing is announced.');
    this.minePanel.hidden = !wallet?.creator;
    if (!wallet?.creator) return;
    const { streams } = await api.streamsOf(account, { limit: LISTED_MAX });
    this.#fill(this.mine, streams, 'You have not announced any stream yet.');
  }

  #fill(list, streams, nothing) {
    const signature = JSON.stringify(streams);
    if (list.dataset.shown === signature) return;
    list.dataset.shown = signature;
    list.replaceChildren(...(streams.length ? streams.map((stream) => this.#row(stream)) : [h('li', {}, empty(nothing))]));
  }

  #row(stream) {
    const seats = stream.max_tickets ? ` · ${stream.tickets_sold} of ${stream.max_tickets} tickets sold` : '';
    return entry(
      stream.title,
      `${stream.creator_display_name} · ${priceText(stream)}${seats} · ${when(stream.started_at ?? stream.created_at)}`,
      streamTag(stream.status),
      {
        actions: [
          h('button', { class: 'button small', type: 'button', 'data-stream': stream.id, 'aria-label': `Open ${stream.title}`, onclick: () => this.onOpen(stream.id) }, 'Open'),
        ],
      },
    );
  }

  #form() {
    const title = h('input', { class: 'input', name: 'stream-title', type: 'text', maxlength: 200, autocomplete: 'off' });
    const about = h('input', { class: 'input', name: 'stream-about', type: 'text', maxlength: 1000, placeholder: 'Optional', autocomplete: 'off' });
    const ticketed = h(
      'select',
      { class: 'input', name: 'stream-type', onchange: () => (tickets.hidden = ticketed.value === 'public') },
      h('option', { value: 'public' }, 'Open to everybody'),
      h('option', { value: 'private' }, 'With a ticket'),
    );
    const price = amountInput('stream-price', { value: 50, min: 0 });
    const seats = amountInput('stream-seats', { placeholder: 'No limit' });
    const tickets = h('div', { class: 'two', hidden: true }, field('Tokens a ticket', price), field('Tickets', seats));
    return moneyForm({
      fields: [h('h3', {}, 'Announce a stream'), field('Title', title), field('What it is about', about), field('Who may watch', ticketed), tickets],
      button: 'Announce',
      read: () => {
        if (!title.value.trim()) throw new Error('Give it a title.');
        const isPrivate = ticketed.value === 'private';
        return {
          title: title.value.trim(),
          description: about.value.trim(),
          type: ticketed.value,
          ticketPrice: isPrivate && Number(price.value) !== 0 ? wholeNumber(price, 'Tokens a ticket') : 0,
          maxTickets: isPrivate && seats.value.trim() ? wholeNumber(seats, 'Tickets') : null,
        };
      },
      send: (wish, key) => this.till.api.createStream(wish, key),
      done: ({ stream }) => this.onOpen(stream.id),
    });
  }
}

// What only a creator of this stream may do next.
export function creatorActions({ stream, api, onDone, onError }) {
  if (stream.status === 'scheduled') return [doing('Go live', async () => onDone(await api.startStream(stream.id)), { look: 'primary', onError })];
  if (stream.status === 'live') return [doing('End the stream', async () => onDone(await api.endStream(stream.id)), { look: 'danger', onError })];
  return [];
}
