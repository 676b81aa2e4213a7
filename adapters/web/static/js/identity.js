// Who I am in this tab. A reload keeps it, a new tab starts afresh: two tabs are two people.
// A private key is never kept; what is kept after a login is the short-lived token it earned.

import { api } from './api.js';
import { secretFromWif, signText } from './hive.js';

const STORED = 'presence.identity';
const LAST_NAME = 'presence.guest-name';

export const NAME_LENGTH_MAX = 32;
const ACCOUNT = /^[a-z][a-z0-9.-]{1,31}$/;

function stored(storage, key) {
  try {
    return storage.getItem(key);
  } catch {
    return null; // Storage may be forbidden; then nothing is remembered.
  }
}

function store(storage, key, value) {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    // Being forgotten on reload is all that follows.
  }
}

export function currentIdentity() {
  try {
    const identity = JSON.parse(stored(sessionStorage, STORED));
    if (identity?.token && Date.parse(identity.expiresAt) > Date.now()) return identity;
  } catch {
    // What cannot be read counts as nobody.
  }
  return null;
}

function keep(identity) {
  store(sessionStorage, STORED, JSON.stringify(identity));
  return identity;
}

export function lastGuestName() {
  return stored(localStorage, LAST_NAME) ?? '';
}

// A guest gets an id from the server, so that a reload or a reconnect is still the same guest.
export async function enterAsGuest(name) {
  const trimmed = name.replace(/\s+/g, ' ').trim();
  if (!trimmed) throw new Error('Tell the others what to call you.');
  if (trimmed.length > NAME_LENGTH_MAX) throw new Error(`A name has at most ${NAME_LENGTH_MAX} characters.`);
  store(localStorage, LAST_NAME, trimmed);
  const answer = await api.guest(trimmed);
  return keep({
    kind: 'guest',
    name: answer.name ?? trimmed,
    account: null,
    guestId: answer.guest_id,
    token: answer.token,
    expiresAt: answer.expires_at,
  });
}

export async function logIn(accountText, wif) {
  const account = accountText.trim().replace(/^@/, '').toLowerCase();
  if (!ACCOUNT.test(account)) {
    throw new Error('An account name is lower-case letters, digits, dots and dashes.');
  }
  const secret = secretFromWif(wif);
  const { challenge } = await api.challenge(account);
  const signature = signText(challenge, secret);
  secret.fill(0);
  const answer = await api.login(account, challenge, signature);
  return keep({
    kind: 'account',
    name: answer.account,
    account: answer.account,
    guestId: null,
    token: answer.token,
    expiresAt: answer.expires_at,
  });
}

// Every admission brings a fresh token for the same person.
export function renewed(identity, { session_token: token, expires_at: expiresAt }) {
  return token && expiresAt ? keep({ ...identity, token, expiresAt }) : identity;
}

export function forget() {
  store(sessionStorage, STORED, null);
}
