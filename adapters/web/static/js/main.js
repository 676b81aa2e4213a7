// Which screen is shown. The address says which space is meant, `#space=type:id:subspace`; the tab
// remembers who I am; everything else follows from these two.

import { currentIdentity, forget } from './identity.js';
import { RoomScreen } from './room.js';
import { SpacesScreen } from './spaces.js';
import { hashOf, spaceFromHash } from './space_id.js';
import { WelcomeScreen } from './welcome.js';

const place = document.getElementById('app');
let screen = null;

function show(next) {
  screen?.stop();
  screen = next;
  place.replaceChildren(next.element);
  next.start();
}

function goTo(hash) {
  if (location.hash === hash || (!location.hash && !hash)) route();
  else if (hash) location.hash = hash; // hashchange routes
  else {
    history.pushState(null, '', location.pathname + location.search);
    route();
  }
}

function signIn(notice = null) {
  forget();
  show(new WelcomeScreen({ destination: spaceFromHash(location.hash), notice, onDone: () => route() }));
}

function route() {
  const identity = currentIdentity();
  const space = spaceFromHash(location.hash);
  const onExpired = () => signIn('Your sign-in has run out. Please sign in again.');
  if (!identity) {
    show(new WelcomeScreen({ destination: space, notice: null, onDone: () => route() }));
  } else if (space) {
    show(
      new RoomScreen({
        identity,
        space,
        onLeave: (again) => goTo(again ? hashOf(again) : ''),
        onExpired,
      }),
    );
  } else {
    const broken = location.hash.startsWith('#space=');
    show(
      new SpacesScreen({
        identity,
        notice: broken ? 'That link does not name a space. Pick one here.' : null,
        onEnter: (chosen) => goTo(hashOf(chosen)),
        onSignOut: () => signIn(),
        onExpired,
      }),
    );
  }
}

window.addEventListener('hashchange', route);
route();
