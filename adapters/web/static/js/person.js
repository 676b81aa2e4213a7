// How somebody is shown: a name, two letters and a colour that is theirs on every screen.

const GUEST_MARK = ' (guest)';

function hashOfText(text) {
  let hash = 0x811c9dc5; // FNV-1a
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

// The golden angle keeps neighbours in hash order apart in hue. Olive and mustard are left out: as dark
// as white letters need them, they all look like mud.
const MUD_FROM = 62;
const MUD_WIDTH = 66;

export function hueOf(id) {
  const hue = Math.round((hashOfText(id) % 997) * 137.508) % (360 - MUD_WIDTH);
  return hue < MUD_FROM ? hue : hue + MUD_WIDTH;
}

export function initialsOf(name) {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.slice(0, 2).map((word) => [...word.replace(/^[^\p{L}\p{N}]+/u, '')][0]);
  return (letters.join('') || '?').toUpperCase();
}

// The id that decides a person's colour: the account, else the guest, else the connection.
function colourId({ account, guestId, socketId, name }) {
  return account ? `@${account}` : `${guestId ?? socketId ?? ''}~${name}`;
}

// Reads the name the server gives; it marks guests, which we show as a tag instead.
function nameAndKind(displayName, account) {
  if (account) return { name: account, guest: false };
  const name = displayName || 'Guest';
  return { name: name.endsWith(GUEST_MARK) ? name.slice(0, -GUEST_MARK.length) : name, guest: true };
}

function dressed(person) {
  return { ...person, hue: hueOf(colourId(person)), initials: initialsOf(person.name) };
}

// The name by which the server knows somebody: the account, or the guest.
export function serverName({ account, guestId }) {
  return account ?? (guestId ? `guest:${guestId}` : null);
}

export function personFromUser(user, ownSocketId) {
  const account = user.userAccount ?? null;
  return dressed({
    socketId: user.socketId,
    account,
    guestId: user.guestId ?? null,
    ...nameAndKind(user.displayName, account),
    self: user.socketId === ownSocketId,
    voice: user.voice_enabled === true,
  });
}

export function authorFromRow(row) {
  const account = row.user_account ?? null;
  return dressed({
    account,
    guestId: row.guest_id ?? null,
    ...nameAndKind(row.display_name, account),
  });
}

export function personFromIdentity(identity) {
  return dressed({
    account: identity.account,
    guestId: identity.guestId,
    name: identity.name,
    guest: identity.kind === 'guest',
  });
}

export function personFromAccount(account) {
  return dressed({ account, guestId: null, name: account, guest: false });
}
