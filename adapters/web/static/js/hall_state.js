// The hall as this client knows it: what `space-joined` showed and what has happened since, and whom I
// hear. Emits `change ()`; draws nothing.

import { Emitter } from './emitter.js';

export const HALL_EVENTS = [
  'abilities-changed', 'all-muted', 'all-unmuted', 'audio-mode-changed', 'microphone-changed', 'microphone-deleted',
  'microphone-ending', 'microphone-queue', 'microphone-released', 'microphone-taken', 'muted-people-changed',
  'question-added', 'question-answered', 'question-picked', 'question-removed', 'question-voted', 'questions-closed',
  'questions-opened', 'questions-running', 'spatial-connections-updated', 'spatial-hearers-updated', 'speaker-declined',
  'speaker-requested',
  'speaker-role-granted', 'speaker-role-passed', 'speaker-role-released', 'user-muted', 'user-unmuted',
];

const NEEDS_VOICE = ['request_speaker', 'request_microphone', 'ask_question'];

export class HallState extends Emitter {
  heard = new Map(); // socket id → {kind: nearby, speaker, partner or microphone; broadcast_mode; gain; pan}
  hearers = new Set(); // socket ids of those who hear me
  audio = null; // as `space-joined` shows it
  requests = []; // accounts that ask for the speaker role, as far as I am told
  muted = new Map(); // name → whether locked; for moderators, and for me
  lastRound = null; // of the Q&A session that closed last: its record can be fetched
  #ownVotes = new Set();
  #exempt = false; // I was unmuted since everybody was muted

  constructor(ownName) {
    super();
    this.ownName = ownName;
  }

  // A mute by name tells no new abilities, and takes what needs a voice.
  can(ability) {
    const voiceless = this.muted.has(this.ownName) && NEEDS_VOICE.includes(ability);
    return this.audio?.abilities?.[ability] === true && !voiceless;
  }

  // Whether nobody hears me because of a moderator, and whether I may end that.
  get silenced() {
    if (!this.audio) return false;
    const all = this.audio.all_muted && !this.#exempt && !this.can('moderate') && !this.#holdsFloor;
    return this.muted.has(this.ownName) || all;
  }

  get #holdsFloor() {
    const { current_speaker: speaker, microphones } = this.audio;
    return this.ownName !== null && (speaker === this.ownName || microphones.some(({ holder }) => holder === this.ownName));
  }

  get mayUnmute() {
    return this.silenced && this.muted.get(this.ownName) !== true && !(this.audio.all_muted && this.audio.unmute_locked);
  }

  get speaks() {
    return ['announcement', 'stage'].includes(this.audio?.audio_mode);
  }

  get rangeM() {
    const near = ['ambient', 'stage'].includes(this.audio?.audio_mode);
    return near ? this.audio.spatial_audio_range_meters : null;
  }

  hasVoted(number) {
    return this.#ownVotes.has(number);
  }

  joined(audio) {
    this.heard = new Map();
    this.hearers = new Set();
    this.shown(audio ?? null);
  }

  // The hall as the server has it now; whom I hear it tells in its own events.
  shown(audio) {
    this.audio = audio;
    this.requests = audio?.speaker_requests ?? [];
    this.muted = new Map((audio?.mutes ?? []).map(({ user, locked }) => [user, locked]));
    this.#ownVotes = new Set(audio?.voted ?? []);
    this.#exempt = this.can('speak');
    this.emit('change');
  }

  // Somebody's connection is gone, and their voice with it.
  departed(socketId) {
    const heard = this.heard.delete(socketId);
    if (this.hearers.delete(socketId) || heard) this.emit('change');
  }

  receive(event, data) {
    if (!this.audio) return;
    this.#changes[event]?.(data);
    this.emit('change');
  }

  #changes = {
    'audio-mode-changed': (data) => {
      for (const name of Object.keys(this.audio)) if (name in data) this.audio[name] = data[name];
      if (!this.speaks) this.requests = [];
    },
    'spatial-connections-updated': ({ connections, ended, resync }) => {
      if (resync) this.heard.clear();
      for (const socketId of ended ?? []) this.heard.delete(socketId);
      for (const link of connections) this.heard.set(link.socketId, link);
    },
    'spatial-hearers-updated': ({ hearers, ended, resync }) => {
      if (resync) this.hearers.clear();
      for (const socketId of ended) this.hearers.delete(socketId);
      for (const socketId of hearers) this.hearers.add(socketId);
    },
    'speaker-requested': ({ waiting }) => (this.requests = waiting),
    'speaker-declined': ({ user }) => this.#forget(user),
    'speaker-role-granted': ({ speaker }) => this.#speaker(speaker),
    'speaker-role-passed': ({ to_user: to }) => this.#speaker(to),
    'speaker-role-released': () => this.#speaker(null),
    'abilities-changed': ({ abilities }) => (this.audio.abilities = abilities),
    'muted-people-changed': ({ muted_people: muted, blocked_people: blocked }) =>
      Object.assign(this.audio, { muted_people: muted, blocked_people: blocked }),
    'all-muted': ({ locked }) => {
      this.#exempt = false;
      Object.assign(this.audio, { all_muted: true, unmute_locked: locked });
    },
    'all-unmuted': () => Object.assign(this.audio, { all_muted: false, unmute_locked: false }),
    'user-muted': ({ user, locked }) => {
      this.muted.set(user, locked);
      if (user === this.ownName) this.#exempt = false;
    },
    'user-unmuted': ({ user }) => {
      this.muted.delete(user);
      if (user === this.ownName) this.#exempt = true;
    },
    'microphone-changed': ({ microphone }) => this.#microphoneChanged(microphone),
    'microphone-deleted': ({ microphone_id: id }) =>
      (this.audio.microphones = this.audio.microphones.filter((one) => one.id !== id)),
    'microphone-taken': ({ microphone_id: id, holder, until }) => {
      const position = holder === this.ownName ? { position: null } : {};
      this.#microphone(id, { holder, until, ending: null, ...position });
    },
    'microphone-released': ({ microphone_id: id }) => this.#microphone(id, { holder: null, until: null, ending: null }),
    'microphone-queue': ({ microphone_id: id, position, waiting }) => this.#microphone(id, { position, waiting }),
    'microphone-ending': ({ microphone_id: id, seconds_left: ending }) => this.#microphone(id, { ending }),
    'questions-opened': ({ questions }) => {
      this.audio.questions = questions;
      this.#ownVotes.clear();
    },
    'questions-closed': () => {
      this.lastRound = this.audio.questions;
      this.audio.questions = null;
    },
    'questions-running': ({ running }) => this.#round((round) => (round.running = running)),
    'question-added': ({ question }) => this.#round((round) => round.waiting.push(question)),
    'question-voted': ({ number, votes }) =>
      this.#round((round) => {
        const found = round.waiting.find((one) => one.number === number);
        if (found) found.votes = votes;
      }),
    'question-picked': ({ question }) =>
      this.#round((round) => {
        this.#drop(round, question.number);
        round.asking = question;
      }),
    'question-answered': ({ number }) => this.#round((round) => this.#drop(round, number)),
    'question-removed': ({ number }) => this.#round((round) => this.#drop(round, number)),
  };

  voted(number, vote) {
    if (vote) this.#ownVotes.add(number);
    else this.#ownVotes.delete(number);
    this.emit('change');
  }

  #speaker(account) {
    this.audio.current_speaker = account;
    if (account !== null) this.#forget(account);
  }

  #forget(account) {
    this.requests = this.requests.filter((one) => one !== account);
  }

  #microphoneChanged(microphone) {
    const known = this.audio.microphones.some((one) => one.id === microphone.id);
    if (known) this.#microphone(microphone.id, microphone);
    else this.audio.microphones.push(microphone);
  }

  #microphone(id, changes) {
    const found = this.audio.microphones.find((one) => one.id === id);
    if (found) Object.assign(found, changes);
  }

  #round(change) {
    const round = this.audio.questions;
    if (!round) return;
    change(round);
    round.waiting.sort((a, b) => (round.by_votes ? b.votes - a.votes : 0) || a.number - b.number);
  }

  #drop(round, number) {
    round.waiting = round.waiting.filter((one) => one.number !== number);
    if (round.asking?.number === number) round.asking = null;
  }
}
