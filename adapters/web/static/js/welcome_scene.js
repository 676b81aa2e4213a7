// The picture beside the first form: the real plan with a few invented people on it.

import { Camera } from './camera.js';
import { h, reducedMotion } from './dom.js';
import { paintScene } from './floor_paint.js';
import { onThemeChange, readTheme } from './floor_theme.js';
import { Walker } from './motion.js';
import { initialsOf } from './person.js';

const CAST = [
  { name: 'Ines', hue: 28, x: -2.4, z: 0.6, says: 'Is this the right room?' },
  { name: 'Bao', hue: 205, x: 1.1, z: -1.7, says: 'Come over, we just started' },
  { name: 'Femi Ade', hue: 288, x: 2.6, z: 0.2, says: 'Two minutes, then the demo' },
  { name: 'Lotte', hue: 95, x: -4.6, z: -3.6, says: 'The acoustics over here!' },
  { name: 'Kenji', hue: 340, x: 4.9, z: 3.5, says: 'Back in a moment' },
];
const SAYS_EVERY_MS = 2600;
const WANDER_M = 1.1;
const RING_M = 4.5; // only drawn

export class WelcomeScene {
  #frame = 0;
  #lastMs = 0;
  #theme = readTheme();
  #undo = [];

  constructor() {
    this.canvas = h('canvas', { class: 'floor-canvas' });
    this.camera = new Camera();
    this.bodies = CAST.map((member, i) => ({
      person: { name: member.name, hue: member.hue, initials: initialsOf(member.name), self: i === 0 },
      walker: new Walker({ ...member, yaw: i * 67 }),
      home: member,
      bubble: null,
      level: 0,
      pingAtMs: -Infinity,
    }));
    for (const body of this.bodies) body.pose = body.walker.pose;
    this.turn = 1;
  }

  start() {
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.canvas);
    const again = () => {
      this.#theme = readTheme();
      this.#request();
    };
    document.fonts?.ready.then(again);
    this.#undo = [() => observer.disconnect(), onThemeChange(again)];
    this.#next();
    this.timer = setInterval(() => this.#next(), SAYS_EVERY_MS);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    clearInterval(this.timer);
    for (const undo of this.#undo) undo();
  }

  // One of them says something and another takes a few steps.
  #next() {
    const speaker = this.bodies[this.turn % this.bodies.length];
    speaker.bubble = { text: speaker.home.says, atMs: performance.now() };
    const mover = this.bodies[(this.turn + 2) % this.bodies.length];
    const angle = this.turn * 2.4;
    if (!reducedMotion.matches) {
      mover.walker.walkTo({
        x: mover.home.x + Math.cos(angle) * WANDER_M,
        z: mover.home.z + Math.sin(angle) * WANDER_M,
      });
    }
    this.turn += 1;
    this.#request();
  }

  #resize() {
    const { clientWidth, clientHeight } = this.canvas;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    this.camera.resize(clientWidth, clientHeight);
    this.camera.scale = Math.max(24, Math.min(clientWidth / 12, clientHeight / 11));
    this.#request();
  }

  #request() {
    this.#frame ||= requestAnimationFrame((nowMs) => this.#draw(nowMs));
  }

  #draw(nowMs) {
    this.#frame = 0;
    const seconds = Math.min(0.1, Math.max(0, (nowMs - this.#lastMs) / 1000));
    this.#lastMs = nowMs;
    let moving = false;
    for (const body of this.bodies) {
      moving = body.walker.step(seconds * 0.45) || moving;
      body.pose = body.walker.pose;
    }
    const ctx = this.canvas.getContext('2d', { alpha: false });
    const ratio = this.canvas.width / this.camera.width;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const lively = paintScene(ctx, {
      camera: this.camera,
      theme: this.#theme,
      me: this.bodies[0],
      bodies: this.bodies,
      target: null,
      hearing: { rangeM: RING_M, heard: new Map() },
      measured: false,
      nowMs,
      still: reducedMotion.matches,
    });
    if (moving || lively) this.#request();
    else this.#lastMs = Infinity;
  }
}
