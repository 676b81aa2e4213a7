// The microphone button.

import { h, icon } from './dom.js';
import { toast } from './toast.js';
import { VoiceMesh } from './voice.js';

const REFUSALS = {
  NotAllowedError: 'The browser does not let this page use the microphone.',
  NotFoundError: 'No microphone was found.',
  NotReadableError: 'The microphone is in use by another program.',
};

function iceServersFrom(admission) {
  const { uris = [], username, credential, password } = admission?.turn_credentials ?? {};
  const usable = username ? uris : uris.filter((uri) => uri.startsWith('stun:'));
  return usable.length ? [{ urls: usable, username, credential: credential ?? password }] : [];
}

export class VoiceControl {
  #mesh = null;
  #undo;
  #stream = null;

  constructor({ session, floor }) {
    Object.assign(this, { session, floor });
    this.button = h('button', { class: 'button small voice', type: 'button', onclick: () => this.#toggle() });
    this.#undo = session.hall.on('change', () => this.#render());
    this.#render();
  }

  stop() {
    this.#undo();
    this.#silence();
    this.#mesh?.stop();
  }

  // Known after joining: whether the space has voice, and through which servers it can pass.
  allow(enabled, admission) {
    this.button.hidden = !enabled;
    if (!enabled) this.#silence();
    else if (this.#mesh) this.#mesh.iceServers = iceServersFrom(admission);
    else {
      this.#mesh = new VoiceMesh({ session: this.session, floor: this.floor, iceServers: iceServersFrom(admission) });
      this.#mesh.peopleChanged();
    }
  }

  peopleChanged() {
    this.#mesh?.peopleChanged();
  }

  async #toggle() {
    if (this.#stream) {
      this.#silence();
      return;
    }
    if (!this.#mesh) return;
    this.button.disabled = true;
    try {
      const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio });
      this.#stream.getAudioTracks()[0].addEventListener('ended', () => this.#silence());
      this.#mesh.speak(this.#stream);
      this.session.setVoice(true);
    } catch (error) {
      toast(REFUSALS[error.name] ?? 'The microphone could not be switched on.');
    } finally {
      this.button.disabled = false;
      this.#render();
    }
  }

  #silence() {
    if (!this.#stream) return;
    for (const track of this.#stream.getTracks()) track.stop();
    this.#stream = null;
    this.#mesh?.speak(null);
    this.session.setVoice(false);
    this.#render();
  }

  #render() {
    const on = this.#stream !== null;
    const possible = Boolean(navigator.mediaDevices);
    const silenced = this.session.hall.silenced;
    this.button.setAttribute('aria-pressed', String(on));
    this.button.disabled = !possible;
    this.button.title = possible ? this.#reach(on) : 'Browsers allow the microphone only over HTTPS';
    this.button.classList.toggle('unheard', on && silenced);
    this.button.setAttribute('aria-label', on ? 'Switch the microphone off' : 'Switch the microphone on');
    const words = on ? (silenced ? 'Muted' : 'Mic on') : 'Mic off';
    this.button.replaceChildren(icon(on && !silenced ? 'mic' : 'mic-off'), h('span', {}, words));
  }

  // Who hears me is the hall's word; my microphone only says whether there is anything to hear.
  #reach(on) {
    const { hall } = this.session;
    if (!on) return '';
    if (hall.silenced) return 'A moderator has muted you: nobody hears you';
    const count = hall.hearers.size;
    return count === 0 ? 'Nobody hears you here and now' : `${count} ${count === 1 ? 'hears' : 'hear'} you`;
  }
}
