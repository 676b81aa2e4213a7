// The name of a space, `type:id:subspace`. The id may hold slashes and colons, the others may not.

import { sha256 } from '../vendor/noble-hashes/sha2.js';

export const LOBBY = { type: 'global', id: 'lobby', subspace: 'main' };

const TYPE = /^[a-z][a-z0-9_-]{0,31}$/;
const SUBSPACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function spaceKey({ type, id, subspace }) {
  return `${type}:${id}:${subspace}`;
}

export function checkedSpace(type, id, subspace) {
  const space = { type: type.trim(), id: id.trim(), subspace: subspace.trim() || 'main' };
  if (!TYPE.test(space.type)) throw new Error('The type is a lower-case word, such as post or global.');
  if (space.id.length < 1 || space.id.length > 255) throw new Error('The id has 1 to 255 characters.');
  if (!SUBSPACE.test(space.subspace)) {
    throw new Error('The subspace is made of letters, digits, dots, dashes and underscores.');
  }
  return space;
}

// Reads `type:id:subspace` (a link) or `type/id` (what people type); throws what is wrong with it.
export function parseSpace(text) {
  const trimmed = text.trim();
  if (/^[a-z0-9_-]+:.+:[^:]+$/.test(trimmed)) {
    const first = trimmed.indexOf(':');
    const last = trimmed.lastIndexOf(':');
    return checkedSpace(trimmed.slice(0, first), trimmed.slice(first + 1, last), trimmed.slice(last + 1));
  }
  const slash = trimmed.indexOf('/');
  if (slash < 1) throw new Error('Write the space as type/id, such as post/author/permlink.');
  return checkedSpace(trimmed.slice(0, slash), trimmed.slice(slash + 1), 'main');
}

export function spaceFromHash(hash) {
  const value = new URLSearchParams(hash.replace(/^#/, '')).get('space');
  if (!value) return null;
  try {
    return parseSpace(value);
  } catch {
    return null;
  }
}

export function hashOf(space) {
  return `#space=${encodeURIComponent(spaceKey(space)).replaceAll('%3A', ':').replaceAll('%2F', '/')}`;
}

// The channel on which a space is told of tips: channels have shorter names than spaces.
export function spaceChannel(space) {
  const digest = sha256(new TextEncoder().encode(spaceKey(space)));
  return `space_${[...digest.slice(0, 20)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

export function sameSpace(a, b) {
  return spaceKey(a) === spaceKey(b);
}

export function inviteLink(space) {
  return new URL(hashOf(space), location.href).href;
}
