// Signing as Hive does: a compact recoverable secp256k1 signature over SHA-256. Everything happens in
// plain JavaScript because the browser's own cryptography is absent on pages served without TLS.

import { hmac } from '../vendor/noble-hashes/hmac.js';
import { sha256 } from '../vendor/noble-hashes/sha2.js';
import { hashes, sign, utils } from '../vendor/noble-secp256k1/index.js';

hashes.sha256 = sha256;
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const WIF_VERSION = 0x80;
const COMPACT_HEADER = 31; // 27 + 4: the key is in its compressed form

function decodeBase58(text) {
  let value = 0n;
  for (const character of text) {
    const digit = BASE58.indexOf(character);
    if (digit < 0) throw new Error('This is not a private key: it holds a character keys never have.');
    value = value * 58n + BigInt(digit);
  }
  const bytes = [];
  for (; value > 0n; value >>= 8n) bytes.unshift(Number(value & 0xffn));
  for (const character of text) {
    if (character !== BASE58[0]) break;
    bytes.unshift(0);
  }
  return Uint8Array.from(bytes);
}

// Returns the 32 secret bytes of a private key in wallet import format; throws what is wrong with it.
export function secretFromWif(wif) {
  const text = wif.trim();
  if (/^(STM|TST)/.test(text)) {
    throw new Error('This is a public key. Paste the private one: it begins with a 5.');
  }
  const bytes = decodeBase58(text);
  const body = bytes.subarray(0, -4);
  const compressed = body.length === 34 && body[33] === 1;
  if (bytes.length < 37 || (body.length !== 33 && !compressed) || body[0] !== WIF_VERSION) {
    throw new Error('This is not a private key: it has the wrong length or kind.');
  }
  const checksum = sha256(sha256(body)).subarray(0, 4);
  if (checksum.some((byte, i) => byte !== bytes[bytes.length - 4 + i])) {
    throw new Error('This private key has a typing mistake in it: its checksum is wrong.');
  }
  const secret = body.slice(1, 33);
  if (!utils.isValidSecretKey(secret)) throw new Error('This is not a usable private key.');
  return secret;
}

// Returns 65 bytes in hex: header, r, s (low).
export function signText(text, secret) {
  const digest = sha256(new TextEncoder().encode(text));
  const [recovery, ...scalars] = sign(digest, secret, {
    prehash: false,
    format: 'recovered',
    lowS: true,
  });
  return [COMPACT_HEADER + recovery, ...scalars]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
