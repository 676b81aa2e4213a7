// Hearing: each voice stands where its person stands. Loudness falls as the server's rule has it,
// WebAudio's linear model from 1 m to the talking distance.

import { TALK_RANGE_M } from './floor_paint.js';

const TURN_S = 0.05; // positions glide over this long, so steps do not click

function level(analyser, samples) {
  analyser.getFloatTimeDomainData(samples);
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.min(1, Math.sqrt(sum / samples.length) * 4);
}

export class Ears {
  #context = new AudioContext();
  #voices = new Map(); // socket id → {element, source, panner, analyser, samples}
  #wake = () => this.#context.resume();

  constructor() {
    // Browsers keep a page silent until it has been touched.
    for (const name of ['pointerdown', 'keydown']) window.addEventListener(name, this.#wake);
  }

  stop() {
    for (const name of ['pointerdown', 'keydown']) window.removeEventListener(name, this.#wake);
    for (const id of [...this.#voices.keys()]) this.remove(id);
    this.#context.close();
  }

  // `placed` false: only measured, as my own microphone is.
  add(id, stream, { placed }) {
    this.remove(id);
    const context = this.#context;
    const source = context.createMediaStreamSource(stream);
    const analyser = new AnalyserNode(context, { fftSize: 512 });
    const voice = { source, analyser, samples: new Float32Array(analyser.fftSize) };
    source.connect(analyser);
    if (placed) {
      voice.element = new Audio(); // Chromium feeds a remote voice on only while an element has it.
      voice.element.muted = true;
      voice.element.srcObject = stream;
      voice.panner = new PannerNode(context, {
        panningModel: 'HRTF',
        distanceModel: 'linear',
        refDistance: 1,
        maxDistance: TALK_RANGE_M,
        rolloffFactor: 1,
      });
      source.connect(voice.panner).connect(context.destination);
    }
    this.#voices.set(id, voice);
  }

  remove(id) {
    const voice = this.#voices.get(id);
    if (!voice) return;
    voice.source.disconnect();
    voice.panner?.disconnect();
    if (voice.element) voice.element.srcObject = null;
    this.#voices.delete(id);
  }

  face({ x, z, yaw }) {
    const { listener } = this.#context;
    const angle = (yaw * Math.PI) / 180;
    this.#glide(listener.positionX, x);
    this.#glide(listener.positionZ, z);
    this.#glide(listener.forwardX, -Math.sin(angle));
    this.#glide(listener.forwardZ, -Math.cos(angle));
  }

  place(id, { x, z }) {
    const panner = this.#voices.get(id)?.panner;
    if (!panner) return;
    this.#glide(panner.positionX, x);
    this.#glide(panner.positionZ, z);
  }

  level(id) {
    const voice = this.#voices.get(id);
    return voice ? level(voice.analyser, voice.samples) : 0;
  }

  #glide(parameter, value) {
    parameter?.setTargetAtTime(value, this.#context.currentTime, TURN_S);
  }
}
