// The hall in words: the mode, who speaks, whom I hear, the microphones; what I may do stands beside it.

import { act, h, icon, setText } from './dom.js';
import { openBans, openMicrophoneForm } from './hall_forms.js';
import { when } from './money_words.js';
import { QuestionsView } from './questions_panel.js';

export const MODES = {
  announcement: ['Announcement', 'Everybody hears the speaker, and nobody else'],
  stage: ['Stage', 'Everybody hears the speaker, and who is near'],
  ambient: ['Ambient', 'You hear who is near'],
  superambient: ['Super ambient', 'You hear a few people, wherever they stand'],
};
const NAMES_MAX = 12;
const KINDS = { nearby: 'near', speaker: 'speaker', partner: 'partner', microphone: 'microphone' };

function ordinal(number) {
  return number === 1 ? 'You are next' : `You are number ${number} in the queue`;
}

export class HallPanel {
  #shown = new Map(); // section → what it says

  // `ask (event, payload)` sends a wish and shows a refusal in words; resolves with the answer or null.
  // `send` likewise, and leaves a refusal to whoever asks.
  constructor({ hall, people, ask, send, exportRecord, tickets }) {
    Object.assign(this, { hall, people, ask, send, premiumUntil: null });
    this.questions = new QuestionsView({ hall, ask, send, exportRecord });
    this.modes = h('section', { class: 'hall-part' });
    this.premium = h('p', { class: 'hall-note hall-premium', hidden: true });
    this.heard = h('section', { class: 'hall-part' });
    this.speaker = h('section', { class: 'hall-part' });
    this.microphones = h('section', { class: 'hall-part' });
    this.element = h(
      'section',
      { class: 'hall', 'aria-label': 'Hall' },
      this.modes,
      this.premium,
      tickets.element,
      this.speaker,
      this.heard,
      this.microphones,
      this.questions.element,
    );
  }

  // Until when the space is premium, ISO-8601; null: it is not. Its administrators are shown it.
  keepPremium(until) {
    this.premiumUntil = until;
    this.#renderPremium();
  }

  #renderPremium() {
    this.premium.hidden = this.premiumUntil === null || !this.hall.can('administer');
    if (this.premiumUntil !== null) setText(this.premium, `This space is premium until ${when(this.premiumUntil)}.`);
  }

  // Nothing is rebuilt under somebody's hands: only what is said differently now.
  render() {
    const { audio, heard, hearers, requests, muted, ownName } = this.hall;
    this.element.hidden = !audio;
    if (!audio) return;
    const names = [...heard].map(([id, { kind }]) => [this.people().get(id)?.name ?? null, kind]);
    const nameOf = (id) => this.people().get(id)?.name ?? null;
    const hear = [...hearers].map(nameOf).filter((name) => name !== null);
    const { audio_mode: mode, all_muted: allMuted, current_speaker: speaker, abilities, microphones, questions } = audio;
    const silenced = [muted.get(ownName), this.hall.mayUnmute, this.hall.silenced];
    this.#say(this.modes, [mode, allMuted, abilities, silenced], () => this.#renderModes(audio));
    this.#say(this.speaker, [mode, speaker, requests, abilities, silenced], () => this.#renderSpeaker(audio));
    this.#say(this.heard, [names, hear], () => this.#renderHeard(names.filter(([name]) => name !== null), hear));
    this.#say(this.microphones, [microphones, questions?.microphone_id, abilities, silenced], () => this.#renderMicrophones(audio));
    this.questions.render();
    this.#renderPremium();
  }

  #say(section, what, render) {
    const said = JSON.stringify(what);
    if (this.#shown.get(section) === said) return;
    this.#shown.set(section, said);
    render();
  }

  #renderModes(audio) {
    const [name, meaning] = MODES[audio.audio_mode] ?? [audio.audio_mode, ''];
    const nodes = [h('h2', {}, name), h('p', { class: 'hint hall-mode' }, meaning)];
    if (this.hall.can('administer')) {
      const choose = h(
        'select',
        {
          class: 'input hall-select',
          'aria-label': 'Audio mode',
          onchange: async () => {
            if (!(await this.ask('audio-mode', { audio_mode: choose.value }))) choose.value = audio.audio_mode;
          },
        },
        ...Object.entries(MODES).map(([mode, [label]]) =>
          h('option', { value: mode, selected: mode === audio.audio_mode }, label),
        ),
      );
      nodes.push(choose);
    }
    const moderates = this.hall.can('moderate');
    if (audio.all_muted) nodes.push(h('p', { class: 'hall-note' }, 'Everybody is muted by a moderator.'));
    if (this.hall.muted.has(this.hall.ownName)) nodes.push(h('p', { class: 'hall-note' }, 'A moderator has muted you.'));
    const actions = [];
    if (this.hall.mayUnmute) {
      actions.push(act('Unmute myself', () => this.ask('moderate-unmute', { target_user: this.hall.ownName })));
    }
    if (moderates && audio.all_muted) actions.push(act('Unmute everybody', () => this.ask('moderate-unmute-all')));
    if (moderates && !audio.all_muted) {
      actions.push(
        act('Mute everybody', () => this.ask('moderate-mute-all', { locked: false })),
        act('Mute all and lock', () => this.ask('moderate-mute-all', { locked: true })),
      );
    }
    if (moderates) actions.push(act('Banned people', () => openBans({ ask: this.ask })));
    this.modes.replaceChildren(...nodes, this.#row(actions, moderates ? 'moderator' : ''));
  }

  #renderSpeaker(audio) {
    this.speaker.hidden = !this.hall.speaks;
    if (!this.hall.speaks) return;
    const { ownName, requests } = this.hall;
    const speaker = audio.current_speaker;
    const mine = speaker !== null && speaker === ownName;
    const actions = [];
    if (mine || (speaker && this.hall.can('administer'))) {
      actions.push(act(mine ? 'Stop speaking' : 'End their turn', () => this.ask('speaker-release')));
    }
    if (!mine && speaker && this.hall.can('administer')) actions.push(act('Take over', () => this.ask('speaker-take')));
    if (!mine && this.hall.can('request_speaker')) {
      if (requests.includes(ownName)) {
        actions.push(act('Take my request back', () => this.ask('speaker-decline', { target_user: ownName })));
      } else if (speaker === null || !this.hall.can('administer')) {
        const free = speaker === null && this.hall.can('moderate');
        actions.push(act(free ? 'Speak' : 'Ask to speak', () => this.ask('speaker-request')));
      }
    }
    const rows = requests
      .filter((account) => account !== ownName)
      .map((account) =>
        h(
          'li',
          { class: 'hall-row' },
          h('span', { class: 'hall-name', dir: 'auto' }, account),
          ...(speaker === null ? [act('Grant', () => this.ask('speaker-grant', { target_user: account }), 'primary')] : []),
          act('Decline', () => this.#decline(account)),
        ),
      );
    const moderates = this.hall.can('moderate') && rows.length > 0;
    this.speaker.replaceChildren(
      h('h3', {}, 'Speaker'),
      h('p', { class: 'hall-speaker', dir: 'auto' }, mine ? 'You speak' : (speaker ?? 'Nobody speaks')),
      this.#row(actions),
      ...(moderates ? [h('p', { class: 'hint' }, 'They ask to speak:'), h('ul', { class: 'hall-list requests' }, ...rows)] : []),
    );
  }

  // Only who is declined is told, so the list is mended here.
  async #decline(account) {
    if (await this.ask('speaker-decline', { target_user: account })) this.hall.receive('speaker-declined', { user: account });
  }

  #renderHeard(names, hear) {
    const list = names.map(([name, kind]) =>
      h('li', { class: 'hall-chip', 'data-kind': kind }, h('span', { class: 'heard-name', dir: 'auto' }, name), h('span', { class: 'tag' }, KINDS[kind] ?? kind)),
    );
    this.heard.replaceChildren(
      h('h3', {}, 'You hear'),
      list.length ? h('ul', { class: 'hall-chips heard' }, ...list) : h('p', { class: 'hint' }, 'Nobody at the moment'),
      h('h3', {}, 'You are heard by'),
      h('p', { class: 'hint hearers', dir: 'auto' }, hear.length ? this.#inWords(hear) : 'Nobody at the moment'),
    );
  }

  #inWords(names) {
    const more = names.length - NAMES_MAX;
    return names.slice(0, NAMES_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
  }

  #renderMicrophones({ microphones, questions }) {
    const nodes = microphones.map((one) => this.#microphone(one, questions?.microphone_id === one.id));
    const administers = this.hall.can('administer');
    this.microphones.hidden = nodes.length === 0 && !administers;
    this.microphones.replaceChildren(
      h('h3', {}, 'Microphones'),
      h('ul', { class: 'hall-list' }, ...nodes),
      ...(administers ? [this.#row([act('Set a microphone up', () => openMicrophoneForm({ microphone: null, send: this.send }))])] : []),
    );
  }

  #microphone(one, asksQuestions) {
    const { ownName } = this.hall;
    const id = { microphone_id: one.id };
    const mine = one.holder !== null && one.holder === ownName;
    const actions = [];
    if (mine && !asksQuestions) actions.push(act('Give back', () => this.ask('microphone-release', id)));
    else if (one.position) actions.push(act('Leave the queue', () => this.ask('microphone-release', id)));
    else if (!asksQuestions && this.hall.can('request_microphone')) {
      const words = one.holder ? 'Queue for it' : 'Take it';
      if (!one.holder || one.queue_enabled) actions.push(act(words, () => this.#request(one)));
    }
    if (one.holder && !mine && !asksQuestions && this.hall.can('moderate')) actions.push(act('Take away', () => this.ask('microphone-revoke', id)));
    if (this.hall.can('administer')) actions.push(act('Change', () => openMicrophoneForm({ microphone: one, send: this.send })));
    const holder = mine ? 'You have it' : one.holder ? `${one.holder} has it` : 'Free';
    return h(
      'li',
      { class: 'hall-microphone' },
      h('span', { class: 'hall-name', dir: 'auto' }, icon('mic'), one.microphone_name),
      h('span', { class: 'hint hall-holder', dir: 'auto' }, asksQuestions ? `${holder} · for questions` : holder),
      ...(mine && one.ending ? [h('span', { class: 'hall-note' }, `${one.ending} seconds left`)] : []),
      ...(one.position ? [h('span', { class: 'hall-place' }, ordinal(one.position))] : []),
      this.#row(actions),
    );
  }

  async #request(one) {
    const answer = await this.ask('microphone-request', { microphone_id: one.id });
    if (!answer || answer.granted) return;
    this.hall.receive('microphone-queue', { microphone_id: one.id, position: answer.position, waiting: one.waiting });
  }

  #row(actions, extraClass = '') {
    return h('div', { class: `hall-actions ${extraClass}`.trim() }, ...actions);
  }
}
