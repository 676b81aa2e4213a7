// The first screen: be somebody. A guest gives a name; an account proves itself with a local key.

import { h, icon } from './dom.js';
import { enterAsGuest, lastGuestName, logIn, NAME_LENGTH_MAX } from './identity.js';
import { spaceKey } from './space_id.js';
import { WelcomeScene } from './welcome_scene.js';

function field(label, input, hint) {
  const id = `field-${input.name}`;
  input.id = id;
  if (hint) input.setAttribute('aria-describedby', `${id}-hint`);
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    input,
    hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : null,
  );
}

export class WelcomeScreen {
  #panels;
  #tabs;

  // `destination`: the space a link leads to, or null. `onDone(identity)` goes on.
  constructor({ destination, notice, onDone }) {
    this.onDone = onDone;
    this.scene = new WelcomeScene();
    const guest = this.#guestForm();
    const account = this.#accountForm();
    this.#panels = { guest, account };
    this.#tabs = {
      guest: this.#tab('guest', 'As a guest'),
      account: this.#tab('account', 'With a key'),
    };
    this.element = h(
      'main',
      { class: 'welcome' },
      h(
        'section',
        { class: 'welcome-side' },
        h('p', { class: 'brand' }, icon('mark'), 'Presence'),
        h(
          'div',
          { class: 'welcome-main' },
          h('h1', {}, destination ? 'Come on in.' : 'Meet people where they stand.'),
          h(
            'p',
            { class: 'lead' },
            destination
              ? `You are about to enter ${spaceKey(destination)}. Tell the others who is coming.`
              : 'A room you can walk around in. See who is here, go over, and talk.',
          ),
          notice ? h('p', { class: 'alert', role: 'alert' }, notice) : null,
          h('div', { class: 'segments', role: 'tablist', 'aria-label': 'How to enter', onkeydown: (event) => this.#tabKey(event) }, this.#tabs.guest, this.#tabs.account),
          guest,
          account,
        ),
      ),
      h('section', { class: 'welcome-scene', 'aria-hidden': 'true' }, this.scene.canvas),
    );
    this.#choose('guest');
  }

  start() {
    this.scene.start();
    this.element.querySelector('#field-name').focus({ preventScroll: true });
  }

  stop() {
    this.scene.stop();
  }

  #tab(kind, text) {
    return h(
      'button',
      { class: 'segment', type: 'button', role: 'tab', id: `tab-${kind}`, 'aria-controls': `panel-${kind}`, onclick: () => this.#choose(kind) },
      text,
    );
  }

  #choose(kind) {
    for (const [name, tab] of Object.entries(this.#tabs)) {
      tab.setAttribute('aria-selected', String(name === kind));
      tab.tabIndex = name === kind ? 0 : -1;
      this.#panels[name].hidden = name !== kind;
    }
  }

  #tabKey(event) {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const other = event.target === this.#tabs.guest ? 'account' : 'guest';
    this.#choose(other);
    this.#tabs[other].focus();
  }

  #form(kind, fields, buttonText, submit) {
    const error = h('p', { class: 'alert', role: 'alert', hidden: true });
    const button = h('button', { class: 'button primary', type: 'submit' }, buttonText, icon('arrow'));
    const form = h('form', { class: 'stack', id: `panel-${kind}`, role: 'tabpanel', 'aria-labelledby': `tab-${kind}`, novalidate: true }, ...fields, error, button);
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      error.hidden = true;
      button.disabled = true;
      form.setAttribute('aria-busy', 'true');
      try {
        this.onDone(await submit(form.elements));
      } catch (problem) {
        error.textContent = problem.message;
        error.hidden = false;
      } finally {
        button.disabled = false;
        form.removeAttribute('aria-busy');
      }
    });
    return form;
  }

  #guestForm() {
    const name = h('input', {
      class: 'input', name: 'name', type: 'text', maxlength: NAME_LENGTH_MAX, value: lastGuestName(),
      placeholder: 'Ada', autocomplete: 'nickname', spellcheck: 'false', enterkeyhint: 'go',
    });
    return this.#form('guest', [field('Your name', name)], 'Continue', (elements) => enterAsGuest(elements.name.value));
  }

  #accountForm() {
    const account = h('input', {
      class: 'input', name: 'account', type: 'text', autocomplete: 'username', autocapitalize: 'none',
      spellcheck: 'false', placeholder: 'ada',
    });
    const key = h('input', {
      class: 'input mono', name: 'wif', type: 'password', autocomplete: 'off', spellcheck: 'false', placeholder: '5…', enterkeyhint: 'go',
    });
    const hint = 'Signs a one-time challenge here in your browser. The key is neither sent nor stored. “presence keys new NAME” makes one.';
    return this.#form(
      'account',
      [field('Account', account), field('Private key', key, hint)],
      'Sign in',
      async (elements) => {
        const identity = await logIn(elements.account.value, elements.wif.value);
        elements.wif.value = '';
        return identity;
      },
    );
  }
}
