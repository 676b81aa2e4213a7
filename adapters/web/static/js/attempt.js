// One wish and its key. The same wish sent again after a doubtful answer has the same key, so it comes
// true once; after a clear answer, a refusal too, the next one is a new wish.

const DOUBTFUL = new Set(['duplicate_request', 'outcome_unknown', 'rate_limited']);

export function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export class Attempt {
  #wish = null;
  #key = null;
  #running = false;

  // Resolves with what `send (key)` does, or with null while the last one is still on its way.
  async make(wish, send) {
    if (this.#running) return null;
    const said = JSON.stringify(wish);
    if (said !== this.#wish) {
      this.#wish = said;
      this.#key = randomKey();
    }
    this.#running = true;
    try {
      const answer = await send(this.#key);
      this.#wish = null;
      return answer;
    } catch (error) {
      if (!error.retryable && !DOUBTFUL.has(error.code)) this.#wish = null;
      throw error;
    } finally {
      this.#running = false;
    }
  }
}
