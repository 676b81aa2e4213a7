// Which screen is shown. The address says which: `#space=type:id:subspace`, `#stream=id`, `#wallet`,
// `#streams`, `#calls`, `#earnings`, `#operator`; the tab remembers who I am; everything else follows.

import { CallPanel } from './call_panel.js';
import { CallsScreen } from './calls.js';
import { EarningsScreen } from './earnings.js';
import { currentIdentity, forget } from './identity.js';
import { OperatorScreen } from './operator.js';
import { RoomScreen } from './room.js';
import { SpacesScreen } from './spaces.js';
import { hashOf, spaceFromHash } from './space_id.js';
import { StreamScreen } from './stream.js';
import { StreamsScreen } from './streams.js';
import { Till } from './till.js';
import { openTipDialog } from './tip_dialog.js';
import { WalletScreen } from './wallet.js';
import { WelcomeScreen } from './welcome.js';

const ACCOUNT_SCREENS = { wallet: WalletScreen, calls: CallsScreen, earnings: EarningsScreen, operator: OperatorScreen };

const place = document.getElementById('app');
let screen = null;
let till = null;
let callPanel = null;

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

function closeTill() {
  callPanel?.stop();
  till?.stop();
  callPanel = null;
  till = null;
}

// My money stays open while I go from screen to screen.
function openTill(identity) {
  if (till && till.account === identity.account && till.identity.guestId === identity.guestId) return;
  closeTill();
  till = new Till(identity);
  if (till.account) {
    callPanel = new CallPanel({
      till,
      onTip: ({ id, channel, other }) => openTipDialog({ till, to: other, context: { callId: id, channel } }),
    });
  }
  till.start();
}

function welcome(notice) {
  closeTill();
  show(new WelcomeScreen({ destination: spaceFromHash(location.hash), notice, onDone: () => route() }));
}

function signIn(notice = null) {
  forget();
  welcome(notice);
}

function showSpaces(identity, notice) {
  show(
    new SpacesScreen({
      identity,
      till,
      notice,
      onEnter: (chosen) => goTo(hashOf(chosen)),
      onSignOut: () => signIn(),
      onExpired,
    }),
  );
}

function onExpired() {
  signIn('Your sign-in has run out. Please sign in again.');
}

function route() {
  const identity = currentIdentity();
  if (!identity) {
    welcome(null);
    return;
  }
  openTill(identity);
  const { hash } = location;
  const space = spaceFromHash(hash);
  const name = hash.slice(1);
  const common = { till, onExpired, onLeave: () => goTo('') };
  if (space) {
    show(new RoomScreen({ identity, till, space, onLeave: (again) => goTo(again ? hashOf(again) : ''), onExpired }));
  } else if (Object.hasOwn(ACCOUNT_SCREENS, name)) {
    if (till.account) show(new ACCOUNT_SCREENS[name](common));
    else showSpaces(identity, 'Money needs an account. Sign in with a key for that.');
  } else if (name === 'streams') {
    show(new StreamsScreen({ ...common, onOpen: (id) => goTo(`#stream=${encodeURIComponent(id)}`) }));
  } else if (name.startsWith('stream=')) {
    const id = new URLSearchParams(name).get('stream');
    show(new StreamScreen({ ...common, id, onLeave: () => goTo('#streams'), onSignIn: () => signIn() }));
  } else {
    showSpaces(identity, name.startsWith('space=') ? 'That link does not name a space. Pick one here.' : null);
  }
}

window.addEventListener('hashchange', route);
route();
