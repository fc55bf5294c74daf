import { FRAME, RESULT_WORDS, STATUS, type FrameChannel } from '../wire/frame.js';

/**
 * Results on their way to the parent. Rows gather in one growing table and leave in one frame; nothing is allocated
 * per result but its place in the list of values.
 */
export class ResultBatch {
  readonly #channel: FrameChannel;
  #words = new Uint32Array(64 * RESULT_WORDS);
  #times = new Float32Array(this.#words.buffer);
  #values: unknown[] = [];
  #baseMs = 0;

  constructor(channel: FrameChannel) {
    this.#channel = channel;
  }

  get size(): number {
    return this.#values.length;
  }

  add(
    id: number,
    status: number,
    value: unknown,
    receivedAt: number,
    decodedAt: number,
    startedAt: number,
    endedAt: number,
  ): void {
    const row = this.#values.length;
    if (row === 0) this.#baseMs = endedAt;
    const at = row * RESULT_WORDS;
    if (at === this.#words.length) this.#grow();
    const base = this.#baseMs;
    this.#words[at] = id;
    this.#words[at + 1] = status;
    this.#times[at + 2] = receivedAt - base;
    this.#times[at + 3] = decodedAt - base;
    this.#times[at + 4] = startedAt - base;
    this.#times[at + 5] = endedAt - base;
    this.#values.push(value);
  }

  /** Sends what has gathered. A value that cannot be encoded becomes the reason why; its neighbours arrive as they are. */
  send(): void {
    if (this.#values.length === 0) return;
    const values = this.#values;
    const meta = this.#words.slice(0, values.length * RESULT_WORDS);
    this.#values = [];
    if (this.#trySend(values, meta)) return;
    for (let row = 0; row < values.length; row++) {
      const reason = this.#channel.refusal(values[row]);
      if (reason !== undefined) replaceByReason(values, meta, row, explain(values[row], reason));
    }
    if (this.#trySend(values, meta)) return;
    // Each alone is small enough, or will be refused alone.
    for (let row = 0; row < values.length; row++) {
      const one = meta.slice(row * RESULT_WORDS, (row + 1) * RESULT_WORDS);
      const value = [values[row]];
      try {
        this.#channel.send(FRAME.results, value, one, this.#baseMs);
      } catch (error) {
        replaceByReason(value, one, 0, error instanceof Error ? error.message : String(error));
        this.#channel.send(FRAME.results, value, one, this.#baseMs);
      }
    }
  }

  #trySend(values: unknown[], meta: Uint32Array): boolean {
    try {
      this.#channel.send(FRAME.results, values, meta, this.#baseMs);
      return true;
    } catch {
      // Not an error yet: the caller finds out which value it was and says so to its task.
      return false;
    }
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#times = new Float32Array(words.buffer);
  }
}

function replaceByReason(values: unknown[], meta: Uint32Array, row: number, reason: string): void {
  values[row] = reason;
  meta[row * RESULT_WORDS + 1] = STATUS.notSerializable;
}

function explain(value: unknown, reason: string): string {
  const isGenerator = typeof (value as { next?: unknown } | null)?.next === 'function';
  return isGenerator ? 'it is a generator; collect its values into an array first.' : reason;
}
