// How a voice sounds that the server says I hear: the space's own rule, in floats. The server tells who
// is heard and by what right; loudness and side follow from that and from where we stand, so they are
// found here, at the page's own rate.

const FULL_WITHIN_M = 1; // nearer is not louder
const MIXED_FLOOR = 0.5; // a `mixed` microphone is nowhere quieter
const EVERYWHERE = { gain: 1, pan: 0 };

// WebAudio's `linear` model, as a factor.
export function gainAt(metres, rangeM) {
  return Math.min(1, Math.max(0, (rangeM - metres) / (rangeM - FULL_WITHIN_M)));
}

// The sine of the angle between where I face and where they are: -1 is left, 1 right.
export function panOf(me, them) {
  const x = them.x - me.x;
  const z = them.z - me.z;
  const angle = (me.yaw * Math.PI) / 180;
  const away = Math.hypot(x, z);
  return away === 0 ? 0 : (x * Math.cos(angle) - z * Math.sin(angle)) / away;
}

// `link`: as `spatial-connections-updated` tells it; `them`: null where their place is not known.
export function soundOf(link, me, them, rangeM) {
  const mode = link.kind === 'microphone' ? link.broadcast_mode : link.kind;
  if (mode === 'speaker' || mode === 'full_volume') return EVERYWHERE;
  const floor = { partner: 1, mixed: MIXED_FLOOR }[mode] ?? 0;
  if (!them) return { gain: floor, pan: 0 };
  const near = gainAt(Math.hypot(them.x - me.x, them.z - me.z), rangeM);
  return { gain: Math.max(floor, near), pan: panOf(me, them) };
}
