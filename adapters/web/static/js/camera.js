// Which part of the plan is seen. Left alone it frames everybody near enough to matter; a person may
// take over by zooming or panning, and give it back.

const SCALE_MIN = 6; // pixels a metre
const SCALE_MAX = 140;
const FRAME_MIN_M = 13; // the least width and height framed: the talking distance and some air
const FRAME_MAX_M = 70; // farther people are pointed at from the edge instead
const MARGIN_PX = 64;
const EASE_PER_S = 3.2;

export class Camera {
  constructor() {
    this.x = 0;
    this.z = 0;
    this.scale = 40;
    this.width = 1;
    this.height = 1;
    this.manual = false;
    this.#settled = false;
  }

  #settled;

  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  toScreen({ x, z }) {
    return {
      x: (x - this.x) * this.scale + this.width / 2,
      y: (z - this.z) * this.scale + this.height / 2,
    };
  }

  toPlan(screenX, screenY) {
    return {
      x: (screenX - this.width / 2) / this.scale + this.x,
      z: (screenY - this.height / 2) / this.scale + this.z,
    };
  }

  zoomAt(factor, screenX = this.width / 2, screenY = this.height / 2) {
    const kept = this.toPlan(screenX, screenY);
    this.scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, this.scale * factor));
    const moved = this.toPlan(screenX, screenY);
    this.x += kept.x - moved.x;
    this.z += kept.z - moved.z;
    this.manual = true;
  }

  panBy(pixelsX, pixelsY) {
    this.x -= pixelsX / this.scale;
    this.z -= pixelsY / this.scale;
    this.manual = true;
  }

  // Ease towards framing `me` and those within reach; returns whether the view still moves.
  follow(me, others, seconds, atOnce) {
    if (this.manual) return false;
    const goal = this.#frame(me, others);
    const part = atOnce || !this.#settled ? 1 : 1 - Math.exp(-EASE_PER_S * seconds);
    this.#settled = true;
    const before = { x: this.x, z: this.z, scale: this.scale };
    this.x += (goal.x - this.x) * part;
    this.z += (goal.z - this.z) * part;
    this.scale *= (goal.scale / this.scale) ** part;
    const shift = Math.hypot(this.x - before.x, this.z - before.z) * this.scale;
    return shift > 0.05 || Math.abs(this.scale / before.scale - 1) > 0.0005;
  }

  #frame(me, others) {
    const reach = FRAME_MAX_M / 2;
    let [left, right, top, bottom] = [me.x, me.x, me.z, me.z];
    for (const { x, z } of others) {
      if (Math.abs(x - me.x) > reach || Math.abs(z - me.z) > reach) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, z);
      bottom = Math.max(bottom, z);
    }
    const margin = Math.min(MARGIN_PX, this.width / 6, this.height / 6);
    const across = Math.max(FRAME_MIN_M, right - left);
    const down = Math.max(FRAME_MIN_M, bottom - top);
    const scale = Math.min((this.width - 2 * margin) / across, (this.height - 2 * margin) / down);
    return {
      x: (left + right) / 2,
      z: (top + bottom) / 2,
      scale: Math.min(SCALE_MAX, Math.max(SCALE_MIN, scale)),
    };
  }
}
