// Keys, mouse and touch on the plan: walk, pan, zoom.

const KEYS = {
  KeyW: [0, -1], ArrowUp: [0, -1],
  KeyS: [0, 1], ArrowDown: [0, 1],
  KeyA: [-1, 0], ArrowLeft: [-1, 0],
  KeyD: [1, 0], ArrowRight: [1, 0],
};

function typing(target) {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable], [role=tablist]');
}

export class FloorInput {
  #held = new Set();
  #pointers = new Map(); // pointer id → {x, y, pans}
  #undo = [];

  constructor(canvas, walker, camera, wake) {
    this.canvas = canvas;
    this.walker = walker;
    this.camera = camera;
    this.wake = wake;
    this.#listen(window, 'keydown', (event) => this.#keyDown(event));
    this.#listen(window, 'keyup', (event) => this.#keyUp(event));
    this.#listen(window, 'blur', () => this.#release());
    this.#listen(document, 'focusin', (event) => typing(event.target) && this.#release());
    this.#listen(canvas, 'pointerdown', (event) => this.#pointerDown(event));
    this.#listen(canvas, 'pointermove', (event) => this.#pointerMove(event));
    this.#listen(canvas, 'pointerup', (event) => this.#pointers.delete(event.pointerId));
    this.#listen(canvas, 'pointercancel', (event) => this.#pointers.delete(event.pointerId));
    this.#listen(canvas, 'wheel', (event) => this.#wheel(event), { passive: false });
    this.#listen(canvas, 'contextmenu', (event) => event.preventDefault());
  }

  stop() {
    for (const undo of this.#undo) undo();
  }

  #listen(target, name, listener, options) {
    target.addEventListener(name, listener, options);
    this.#undo.push(() => target.removeEventListener(name, listener, options));
  }

  #keyDown(event) {
    if (event.key === 'Shift') this.#apply(event.shiftKey);
    if (!KEYS[event.code] || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    this.#held.add(event.code);
    this.#apply(event.shiftKey);
  }

  #keyUp(event) {
    this.#held.delete(event.code);
    this.#apply(event.shiftKey);
  }

  #release() {
    this.#held.clear();
    this.#apply(false);
  }

  #apply(run) {
    let [dx, dz] = [0, 0];
    for (const code of this.#held) {
      dx += KEYS[code][0];
      dz += KEYS[code][1];
    }
    this.walker.press(Math.sign(dx), Math.sign(dz), run);
    this.wake();
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #pointerDown(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const place = this.#place(event);
    this.#pointers.set(event.pointerId, { ...place, pans: event.button !== 0 });
    if (this.#pointers.size === 1 && event.button === 0) this.#walkTo(place);
    else this.walker.target = null; // A second finger means pinching, not walking.
    this.wake();
  }

  #pointerMove(event) {
    const pointer = this.#pointers.get(event.pointerId);
    if (!pointer) return;
    const place = this.#place(event);
    if (this.#pointers.size === 2) this.#pinch(event.pointerId, place);
    else if (pointer.pans) this.camera.panBy(place.x - pointer.x, place.y - pointer.y);
    else this.#walkTo(place);
    Object.assign(pointer, place);
    this.wake();
  }

  #walkTo({ x, y }) {
    this.walker.walkTo(this.camera.toPlan(x, y));
  }

  #pinch(movedId, place) {
    const moved = this.#pointers.get(movedId);
    const [other] = [...this.#pointers].filter(([id]) => id !== movedId).map(([, pointer]) => pointer);
    const before = Math.hypot(moved.x - other.x, moved.y - other.y);
    const after = Math.hypot(place.x - other.x, place.y - other.y);
    this.camera.panBy((place.x - moved.x) / 2, (place.y - moved.y) / 2);
    if (before > 1) this.camera.zoomAt(after / before, (place.x + other.x) / 2, (place.y + other.y) / 2);
    moved.pans = true; // What is left of a pinch pans on.
    other.pans = true;
  }

  #wheel(event) {
    event.preventDefault();
    const place = this.#place(event);
    this.camera.zoomAt(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), place.x, place.y);
    this.wake();
  }
}
