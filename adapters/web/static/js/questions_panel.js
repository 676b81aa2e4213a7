// The Q&A session: what is asked now, what waits and its votes, my own question, and what the host does.

import { act, h } from './dom.js';
import { openQuestionsForm } from './hall_forms.js';

const TEXT_MAX = 500;

export class QuestionsView {
  #shown = '';

  constructor({ hall, ask, send, exportRecord }) {
    Object.assign(this, { hall, ask, send, exportRecord });
    this.input = h('input', { class: 'input', type: 'text', maxlength: TEXT_MAX, placeholder: 'Your question', 'aria-label': 'Your question', autocomplete: 'off' });
    this.form = h(
      'form',
      { class: 'question-form', onsubmit: (event) => this.#submit(event) },
      this.input,
      h('button', { class: 'button small primary', type: 'submit' }, 'Ask'),
    );
    this.head = h('div', { class: 'questions-head' });
    this.list = h('ol', { class: 'hall-list questions-list' });
    this.foot = h('div', { class: 'hall-actions' });
    this.element = h('section', { class: 'hall-part questions', 'aria-label': 'Questions' }, this.head, this.list, this.form, this.foot);
  }

  render() {
    const { audio, lastRound, ownName } = this.hall;
    const { questions: round, microphones, abilities } = audio;
    const votes = (round?.waiting ?? []).map(({ number }) => this.hall.hasVoted(number));
    const shown = JSON.stringify([round, microphones.map(({ id }) => id), abilities, lastRound?.id, votes]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const hosts = round !== null && (this.hall.can('moderate') || round.host === ownName);
    const opens = round === null && this.hall.can('moderate') && microphones.length > 0;
    const all = round ? [...round.waiting, ...(round.asking ? [round.asking] : [])] : [];
    this.element.hidden = round === null && !opens && lastRound === null;
    this.form.hidden = round === null || !this.hall.can('ask_question') || all.some((one) => one.user === ownName);
    this.head.replaceChildren(
      h('h3', { dir: 'auto' }, round?.title || 'Questions'),
      h('p', { class: 'hint' }, round ? `Hosted by ${round.host}${round.tickets_only ? ' · ticket holders ask' : ''}` : 'No questions are taken now'),
      ...(round?.asking ? [this.#asking(round.asking, hosts)] : []),
    );
    this.list.replaceChildren(...(round?.waiting ?? []).map((one) => this.#waiting(one, hosts)));
    this.foot.replaceChildren(...this.#actions(round, hosts, opens, microphones));
  }

  #asking(one, hosts) {
    const ends = hosts || one.user === this.hall.ownName;
    return h(
      'div',
      { class: 'question asking' },
      h('span', { class: 'question-text', dir: 'auto' }, one.text ?? 'A question without words'),
      h('span', { class: 'hint', dir: 'auto' }, `${one.user} asks now`),
      ...(ends ? [act('Answered', () => this.ask('question-done'), 'primary')] : []),
    );
  }

  #waiting(one, hosts) {
    const own = one.user === this.hall.ownName;
    const voted = this.hall.hasVoted(one.number);
    const count = `${one.votes} ${one.votes === 1 ? 'vote' : 'votes'}`;
    const actions = [];
    if (this.hall.can('vote') && !own) {
      const vote = act(voted ? 'Take vote back' : 'Vote', () => this.#vote(one.number, !voted));
      vote.setAttribute('aria-pressed', String(voted));
      actions.push(vote);
    }
    if (hosts) actions.push(act('Pick', () => this.ask('question-pick', { number: one.number })));
    if (own) actions.push(act('Withdraw', () => this.ask('question-withdraw', { number: one.number })));
    return h(
      'li',
      { class: 'question' },
      h('span', { class: 'question-text', dir: 'auto' }, one.text ?? 'A question without words'),
      h('span', { class: 'hint', dir: 'auto' }, `${own ? 'You' : one.user} · `, h('span', { class: 'question-votes' }, count)),
      h('div', { class: 'hall-actions' }, ...actions),
    );
  }

  #actions(round, hosts, opens, microphones) {
    const actions = [];
    if (opens) {
      actions.push(act('Take questions', () => openQuestionsForm({ microphones, send: this.send })));
    }
    if (hosts) {
      if (round.waiting.length) actions.push(act('Pick next', () => this.ask('question-pick'), 'primary'));
      const words = round.running ? 'Pick by hand' : 'Let the queue run';
      actions.push(act(words, () => this.ask('questions-run', { running: !round.running })));
      actions.push(act('Close questions', () => this.ask('questions-close')));
    }
    const record = round ?? this.hall.lastRound;
    if (record) {
      for (const format of ['csv', 'json']) {
        const save = () => this.exportRecord(record.id, format);
        const words = `Save the record (${format.toUpperCase()})`;
        actions.push(h('button', { class: 'text-button export', type: 'button', 'data-format': format, onclick: save }, words));
      }
    }
    return actions;
  }

  async #vote(number, vote) {
    if (await this.ask('question-vote', { number, vote })) this.hall.voted(number, vote);
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    if (await this.ask('question-ask', { text, key: crypto.getRandomValues(new Uint32Array(2)).join('-') })) this.input.value = '';
  }
}
