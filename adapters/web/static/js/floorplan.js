// The plan of the room: bodies, the camera and the frames. Emits `moved (pose)` when I move.

import { Camera } from './camera.js';
import { h, reducedMotion } from './dom.js';
import { Emitter } from './emitter.js';
import { FloorInput } from './floor_input.js';
import { paintScene } from './floor_paint.js';
import { onThemeChange, readTheme } from './floor_theme.js';
import { Track, Walker } from './motion.js';
import { hueOf } from './person.js';

const FRAME_S_MAX = 0.1; // a tab that slept does not fling its body across the room

// People who have told no place yet stand in a circle, each always at the same point of it.
function placeOfTheUnplaced(socketId) {
  const angle = (hueOf(socketId) * Math.PI) / 180;
  return { x: Math.cos(angle) * 2.2, z: Math.sin(angle) * 2.2, yaw: 0 };
}

export class Floorplan extends Emitter {
  #bodies = new Map(); // socket id → {person, track | walker, pose, bubble, level, pingAtMs}
  #poses = new Map(); // told before the roster names them
  #me = null;
  #hearing = { rangeM: null, heard: new Map() };
  #theme = readTheme();
  #frame = 0;
  #lastMs = 0;
  #cleanUp = [];

  constructor(pose) {
    super();
    this.walker = new Walker(pose);
    this.camera = new Camera();
    this.camera.x = pose.x;
    this.camera.z = pose.z;
    this.canvas = h('canvas', {
      class: 'floor-canvas',
      tabindex: '0',
      role: 'application',
      'aria-label': 'Floor plan. Walk with the arrow keys or W, A, S, D; hold Shift to run.',
    });
    this.#cleanUp.push(
      onThemeChange(() => {
        this.#theme = readTheme();
        this.wake();
      }),
    );
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.canvas);
    this.#cleanUp.push(() => observer.disconnect());
    const input = new FloorInput(this.canvas, this.walker, this.camera, () => this.wake());
    this.#cleanUp.push(() => input.stop());
    document.fonts?.ready.then(() => {
      this.#theme = readTheme(); // Labels were measured with the stand-in font.
      this.wake();
    });
  }

  get pose() {
    return this.walker.pose;
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    for (const undo of this.#cleanUp) undo();
  }

  setPeople(people) {
    for (const socketId of this.#bodies.keys()) {
      if (!people.has(socketId)) this.#bodies.delete(socketId);
    }
    this.#me = null;
    for (const [socketId, person] of people) {
      const body = this.#bodies.get(socketId) ?? this.#newBody(socketId, person);
      body.person = person;
      this.#bodies.set(socketId, body);
      if (person.self) this.#me = body;
    }
    this.#poses.clear();
    this.wake();
  }

  #newBody(socketId, person) {
    const told = this.#poses.get(socketId);
    const track = person.self ? null : new Track(told ?? placeOfTheUnplaced(socketId));
    const pose = person.self ? this.walker.pose : track.pose;
    return { person, track, pose, placed: person.self || told !== undefined, bubble: null, level: 0, pingAtMs: -Infinity };
  }

  setPose(socketId, pose) {
    const body = this.#bodies.get(socketId);
    if (!body) this.#poses.set(socketId, pose);
    else {
      body.placed = true;
      body.track?.push(pose, performance.now());
    }
    this.wake();
  }

  poseOf(socketId) {
    return this.#bodies.get(socketId)?.pose ?? null;
  }

  // Where somebody has said that they are; null for those who only wait to be placed.
  toldPoseOf(socketId) {
    const body = this.#bodies.get(socketId);
    return body?.placed ? body.pose : null;
  }

  distanceTo(socketId) {
    const pose = this.poseOf(socketId);
    return pose ? Math.hypot(pose.x - this.pose.x, pose.z - this.pose.z) : null;
  }

  say(socketId, text) {
    const body = this.#bodies.get(socketId);
    if (!body) return;
    body.bubble = { text, atMs: performance.now() };
    this.wake();
  }

  setLevel(socketId, level) {
    const body = this.#bodies.get(socketId);
    if (!body || Math.abs(body.level - level) < 0.01) return;
    body.level = level;
    this.wake();
  }

  // `heard`: socket id → by what right; `rangeM`: how far one hears by distance, null where one does not.
  setHearing({ rangeM, heard }) {
    this.#hearing = { rangeM, heard };
    this.wake();
  }

  // Show where somebody is without moving anybody.
  ping(socketId) {
    const body = this.#bodies.get(socketId);
    if (!body) return;
    body.pingAtMs = performance.now();
    this.fit();
  }

  walkTowards(socketId) {
    const pose = this.poseOf(socketId);
    if (!pose) return;
    const far = Math.hypot(pose.x - this.pose.x, pose.z - this.pose.z);
    const part = Math.max(0, far - 1.4) / (far || 1);
    this.walker.walkTo({
      x: this.pose.x + (pose.x - this.pose.x) * part,
      z: this.pose.z + (pose.z - this.pose.z) * part,
    });
    this.wake();
  }

  fit() {
    this.camera.manual = false;
    this.wake();
  }

  zoom(factor) {
    this.camera.zoomAt(factor);
    this.wake();
  }

  // Frames are drawn only while something moves.
  wake() {
    this.#frame ||= requestAnimationFrame((nowMs) => this.#draw(nowMs));
  }

  #resize() {
    const { clientWidth, clientHeight } = this.canvas;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    this.camera.resize(clientWidth, clientHeight);
    this.wake();
  }

  #draw(nowMs) {
    this.#frame = 0;
    const seconds = Math.min(FRAME_S_MAX, Math.max(0, (nowMs - this.#lastMs) / 1000));
    this.#lastMs = nowMs;
    let moving = false;
    if (this.walker.step(seconds)) {
      moving = true;
      this.emit('moved', this.walker.pose);
    }
    const others = [];
    for (const body of this.#bodies.values()) {
      if (body.track) {
        moving = body.track.step(nowMs) || moving;
        body.pose = body.track.pose;
        others.push(body.pose);
      } else {
        body.pose = this.walker.pose;
      }
    }
    moving = this.camera.follow(this.walker.pose, others, seconds, reducedMotion.matches) || moving;
    const ctx = this.canvas.getContext('2d', { alpha: false });
    const ratio = this.canvas.width / this.camera.width;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const lively = paintScene(ctx, {
      camera: this.camera,
      theme: this.#theme,
      me: this.#me,
      bodies: [...this.#bodies.values()],
      target: this.walker.target,
      hearing: this.#hearing,
      measured: true,
      nowMs,
      still: reducedMotion.matches,
    });
    if (moving || lively) this.wake();
    else this.#lastMs = Infinity; // The pause until the next frame is no movement.
  }
}
