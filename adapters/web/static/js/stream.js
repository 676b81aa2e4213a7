// One stream: whether I may watch, the ticket, who watches, tips as they are given.

import { Attempt } from './attempt.js';
import { h, setText } from './dom.js';
import { doing, empty, moneyPage, panel, Refresher } from './money_parts.js';
import { grouped, tokens, when } from './money_words.js';
import { OutsidePayment } from './outside_payment.js';
import { creatorActions, priceText, streamTag } from './streams.js';
import { openTipDialog } from './tip_dialog.js';
import { tipCard, TipOverlay } from './tip_overlay.js';
import { toast } from './toast.js';

const REFRESH_MS = 10_000;
const TIPS_KEPT = 30;

export class StreamScreen {
  #undo = [];
  #ticket = new Attempt();
  #stream = null;
  #access = null;
  #watching = null; // the channel
  #stopped = false;

  constructor({ till, id, onLeave, onExpired, onSignIn }) {
    Object.assign(this, { till, id, onSignIn });
    this.refresher = new Refresher({ load: () => this.#load(), everyMs: REFRESH_MS, onExpired });
    this.status = h('span', { class: 'stream-status', role: 'status' });
    this.about = h('p', { class: 'stream-about', dir: 'auto' });
    this.byline = h('p', { class: 'hint', dir: 'auto' });
    this.stage = h('p', { class: 'stage-words' });
    this.overlay = new TipOverlay({ onTip: (tip) => this.#tipped(tip) });
    this.viewers = h('dd', { class: 'viewers' }, '…');
    this.sold = h('dd', { class: 'sold' });
    this.price = h('dd', {});
    this.error = h('p', { class: 'alert', role: 'alert', hidden: true });
    this.actions = h('div', { class: 'stream-actions' });
    this.payment = new OutsidePayment({
      till,
      wish: { purchase_type: 'stream_ticket', stream_id: id },
      onPaid: () => this.#paid(),
    });
    this.feed = h('ol', { class: 'tip-feed' }, h('li', {}, empty('No tips yet.')));
    this.element = moneyPage(
      { till, current: 'streams', title: 'Stream', undo: this.#undo, onLeave },
      this.refresher.trouble,
      h(
        'section',
        { class: 'panel stream', 'aria-label': 'This stream' },
        h('div', { class: 'stream-head' }, this.byline, this.status),
        this.about,
        h('div', { class: 'stage' }, this.stage, this.overlay.element),
        h(
          'dl',
          { class: 'figures' },
          h('div', { class: 'figure' }, h('dt', {}, 'Watching'), this.viewers),
          h('div', { class: 'figure' }, h('dt', {}, 'Ticket'), this.price),
          h('div', { class: 'figure' }, h('dt', {}, 'Tickets sold'), this.sold),
        ),
        this.error,
        this.actions,
        this.payment.element,
      ),
      panel('Tips', {}, this.feed),
    );
    this.title = this.element.querySelector('h1');
    this.title.dir = 'auto';
    const { line } = till;
    this.#undo.push(
      line.on('viewer-count', ({ streamId, count }) => streamId === this.id && setText(this.viewers, grouped(count))),
      line.on('stream-status', ({ streamId }) => streamId === this.id && this.refresher.now()),
    );
  }

  start() {
    this.refresher.start();
  }

  stop() {
    this.#stopped = true;
    this.refresher.stop();
    this.overlay.stop();
    this.payment.stop();
    if (this.#watching) this.till.line.unwatch(this.#watching);
    for (const undo of this.#undo) undo();
    document.title = 'Presence';
  }

  async #load() {
    const { api, account } = this.till;
    const [{ stream }, access] = await Promise.all([
      api.stream(this.id),
      account ? api.access(this.id) : null,
    ]);
    if (this.#stopped) return;
    this.#stream = stream;
    this.#access = access ?? { hasAccess: stream.type === 'public', reason: stream.type === 'public' ? 'public_stream' : 'no_ticket' };
    this.#render();
    await this.#watch();
  }

  async #watch() {
    const { channel, status } = this.#stream;
    if (this.#watching || !this.#access.hasAccess || status === 'ended') return;
    this.#watching = channel;
    this.#undo.push(this.till.line.on(`tip:new:${channel}`, (tip) => this.overlay.show(tip)));
    const answer = await this.till.line.watch(channel);
    if (answer.success === false) this.#say(answer.error);
    else setText(this.viewers, grouped(answer.viewers));
  }

  #say(text) {
    this.error.textContent = text;
    this.error.hidden = false;
  }

  #render() {
    const stream = this.#stream;
    setText(this.title, stream.title);
    document.title = `${stream.title} · Presence`;
    setText(this.byline, `${stream.creator_display_name} · ${when(stream.started_at ?? stream.created_at)}`);
    if (this.status.dataset.status !== stream.status) {
      this.status.dataset.status = stream.status;
      this.status.replaceChildren(streamTag(stream.status));
    }
    setText(this.about, stream.description);
    this.about.hidden = !stream.description;
    setText(this.viewers, grouped(stream.viewers ?? 0));
    setText(this.price, priceText(stream));
    setText(this.sold, stream.max_tickets ? `${grouped(stream.tickets_sold)} of ${grouped(stream.max_tickets)}` : grouped(stream.tickets_sold));
    setText(this.stage, this.#stageWords(stream));
    this.payment.offer(this.#access.hasAccess || stream.status === 'ended' || !this.till.account ? null : stream.price_tokens || null);
    this.#renderActions(stream);
  }

  #stageWords(stream) {
    if (stream.status === 'ended') return 'This stream is over.';
    if (!this.#access.hasAccess) return 'You need a ticket to watch.';
    if (stream.status === 'scheduled') return 'It has not begun yet. You will see it here when it does.';
    return this.#access.reason === 'creator' ? 'You are live.' : 'You are watching.';
  }

  #renderActions(stream) {
    const signature = [stream.status, this.#access.reason].join();
    if (this.actions.dataset.shown === signature) return;
    this.actions.dataset.shown = signature;
    const onError = (text) => this.#say(text);
    const mine = stream.creator_id === this.till.account;
    const nodes = [];
    if (mine) nodes.push(...creatorActions({ stream, api: this.till.api, onError, onDone: () => this.refresher.now() }));
    else if (!this.till.account) nodes.push(h('button', { class: 'button', type: 'button', onclick: this.onSignIn }, 'Sign in to tip or buy a ticket'));
    else if (stream.status !== 'ended') {
      if (!this.#access.hasAccess) {
        const words = stream.price_tokens ? `Buy a ticket for ${tokens(stream.price_tokens)}` : 'Take a free ticket';
        nodes.push(doing(words, () => this.#buy(), { look: 'primary ticket', onError }));
      } else {
        nodes.push(doing('Tip', () => this.#tip(), { look: 'primary', onError }));
      }
    }
    this.actions.replaceChildren(...nodes);
  }

  async #buy() {
    this.error.hidden = true;
    const { id, price_tokens: price } = this.#stream;
    const sold = await this.#ticket.make({ id, price }, (key) => this.till.api.checkout(id, price, key));
    if (!sold) return;
    this.till.keep(sold.newBalance);
    toast('You have a ticket');
    await this.refresher.now();
  }

  async #paid() {
    toast('You have a ticket');
    await this.refresher.now();
  }

  #tip() {
    const { id, channel, creator_id: to } = this.#stream;
    openTipDialog({ till: this.till, to, context: { streamId: id, channel } });
  }

  #tipped(tip) {
    if (!this.feed.querySelector('.tip')) this.feed.replaceChildren();
    this.feed.prepend(h('li', {}, tipCard(tip)));
    while (this.feed.children.length > TIPS_KEPT) this.feed.lastElementChild.remove();
    if (tip.toCreatorId === this.till.account) this.till.refresh();
  }
}
