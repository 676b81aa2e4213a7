// The sound of voices. Each passes a gain and a panner on its way to my ears, and is silent until it is
// said how loudly and from which side it comes.

const TURN_S = 0.05; // loudness and side glide over this long, so steps do not click

function level(analyser, samples) {
  analyser.getFloatTimeDomainData(samples);
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.min(1, Math.sqrt(sum / samples.length) * 4);
}

export class Ears {
  #context = new AudioContext();
  #voices = new Map(); // socket id → {element, source, gain, panner, analyser, samples}
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

  // `heard` false: only measured, as my own microphone is.
  add(id, stream, { heard }) {
    this.remove(id);
    const context = this.#context;
    const source = context.createMediaStreamSource(stream);
    const analyser = new AnalyserNode(context, { fftSize: 512 });
    const voice = { source, analyser, samples: new Float32Array(analyser.fftSize) };
    if (heard) {
      voice.element = new Audio(); // Chromium feeds a remote voice on only while an element has it.
      voice.element.muted = true;
      voice.element.srcObject = stream;
      voice.gain = new GainNode(context, { gain: 0 });
      voice.panner = new StereoPannerNode(context);
      source.connect(voice.gain).connect(voice.panner).connect(context.destination);
      voice.gain.connect(analyser);
    } else {
      source.connect(analyser);
    }
    this.#voices.set(id, voice);
  }

  remove(id) {
    const voice = this.#voices.get(id);
    if (!voice) return;
    for (const node of [voice.source, voice.gain, voice.panner]) node?.disconnect();
    if (voice.element) voice.element.srcObject = null;
    this.#voices.delete(id);
  }

  place(id, { gain, pan }) {
    const voice = this.#voices.get(id);
    if (!voice?.gain) return;
    this.#glide(voice.gain.gain, gain);
    this.#glide(voice.panner.pan, pan);
  }

  silence(id) {
    const loudness = this.#voices.get(id)?.gain?.gain;
    loudness?.cancelScheduledValues(0);
    loudness?.setValueAtTime(0, this.#context.currentTime);
  }

  // How much there is to hear of somebody just now, 0 to 1.
  level(id) {
    const voice = this.#voices.get(id);
    return voice ? level(voice.analyser, voice.samples) : 0;
  }

  #glide(parameter, value) {
    parameter.cancelScheduledValues(0);
    parameter.setTargetAtTime(value, this.#context.currentTime, TURN_S);
  }
}
