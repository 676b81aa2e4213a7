// Where bodies are. Plan coordinates are the scene's own: metres, x to the right, z downwards on the
// plan (towards the viewer in the scene). Yaw is in degrees, 0 faces up the plan, positive turns left.

export const WALK_SPEED = 3.2; // m/s, brisk: rooms are larger than patience
export const RUN_SPEED = 6;
export const HALF_SIDE = 200; // metres from the middle that can be walked

const PLAYBACK_DELAY_MS = 110; // a little more than one send interval, so there is a next sample
const SAMPLES_MAX = 24;
const JUMP_M = 12; // farther than anybody walks between two samples: shown at once
const TURN_PER_S = 14; // how fast the body follows its direction
const ARRIVED_M = 0.04;

export function turn(from, to) {
  return ((((to - from + 180) % 360) + 360) % 360) - 180;
}

export function yawOf(dx, dz) {
  return (Math.atan2(-dx, -dz) * 180) / Math.PI;
}

function finite(value) {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

// Reads a wire position or rotation; null where it holds no usable place.
export function poseFromWire(position, rotation) {
  const x = finite(position?.x);
  const z = finite(position?.z);
  return x === null || z === null ? null : { x, z, yaw: finite(rotation?.y) };
}

// Somebody else's movement, played back smoothly a moment late.
export class Track {
  #samples = [];

  constructor(pose) {
    this.pose = { x: pose.x, z: pose.z, yaw: pose.yaw ?? 0 };
  }

  push(pose, nowMs) {
    const last = this.#samples.at(-1) ?? { ...this.pose, atMs: nowMs };
    const sample = { x: pose.x, z: pose.z, yaw: pose.yaw ?? last.yaw, atMs: nowMs };
    if (Math.hypot(sample.x - last.x, sample.z - last.z) > JUMP_M) {
      this.#samples = [];
      this.pose = { x: sample.x, z: sample.z, yaw: sample.yaw };
      return;
    }
    if (!this.#samples.length || nowMs - last.atMs > 2 * PLAYBACK_DELAY_MS) {
      // They stood still until now: begin the step here, not at the last word from them.
      this.#samples = [{ ...this.pose, atMs: nowMs - 66 }];
    }
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  // Moves `pose` to where it is at this moment; returns whether it is still on its way.
  step(nowMs) {
    const samples = this.#samples;
    if (!samples.length) return false;
    const atMs = nowMs - PLAYBACK_DELAY_MS;
    while (samples.length > 1 && samples[1].atMs <= atMs) samples.shift();
    const [from, to] = samples;
    if (!to) {
      const { x, z, yaw } = from;
      this.pose = { x, z, yaw };
      if (from.atMs <= atMs) this.#samples = [];
      return true;
    }
    const part = Math.min(1, Math.max(0, (atMs - from.atMs) / (to.atMs - from.atMs)));
    this.pose = {
      x: from.x + (to.x - from.x) * part,
      z: from.z + (to.z - from.z) * part,
      yaw: from.yaw + turn(from.yaw, to.yaw) * part,
    };
    return true;
  }
}

// My own body: walks where the keys say, else towards the place pointed at.
export class Walker {
  #keys = { dx: 0, dz: 0, run: false };

  constructor(pose) {
    this.pose = { x: pose.x, z: pose.z, yaw: pose.yaw ?? 0 };
    this.target = null;
  }

  press(dx, dz, run) {
    this.#keys = { dx, dz, run };
    if (dx || dz) this.target = null;
  }

  walkTo(place) {
    this.target = {
      x: Math.min(HALF_SIDE, Math.max(-HALF_SIDE, place.x)),
      z: Math.min(HALF_SIDE, Math.max(-HALF_SIDE, place.z)),
    };
  }

  // Returns whether the body moved or turned.
  step(seconds) {
    const heading = this.#heading();
    if (!heading) return false;
    const before = this.pose;
    const length = Math.min(heading.far, (this.#keys.run ? RUN_SPEED : WALK_SPEED) * seconds);
    const clamp = (value) => Math.min(HALF_SIDE, Math.max(-HALF_SIDE, value));
    const towards = yawOf(heading.dx, heading.dz);
    this.pose = {
      x: clamp(before.x + heading.dx * length),
      z: clamp(before.z + heading.dz * length),
      yaw: before.yaw + turn(before.yaw, towards) * Math.min(1, TURN_PER_S * seconds),
    };
    return true;
  }

  // The unit direction to walk in and how far at most; null when standing.
  #heading() {
    const { dx, dz } = this.#keys;
    if (dx || dz) {
      const length = Math.hypot(dx, dz);
      return { dx: dx / length, dz: dz / length, far: Infinity };
    }
    if (!this.target) return null;
    const toX = this.target.x - this.pose.x;
    const toZ = this.target.z - this.pose.z;
    const far = Math.hypot(toX, toZ);
    if (far < ARRIVED_M) {
      this.target = null;
      return null;
    }
    return { dx: toX / far, dz: toZ / far, far };
  }
}

// Where newcomers stand: around the middle, not on top of one another, and so near that any two
// hear each other (5 m).
export function spawnPose(chance = Math.random) {
  const angle = chance() * 2 * Math.PI;
  const far = 1 + chance() * 1.4;
  const x = Math.cos(angle) * far;
  const z = Math.sin(angle) * far;
  return { x, z, yaw: yawOf(-x, -z) };
}
