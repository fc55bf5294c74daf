/** A piece of the arena in use. */
interface Chunk {
  at: number;
  end: number;
}

/**
 * Which bytes of an arena are in use. Chunks are given back in the order they were taken, so the space is a ring: taken at
 * its tail, given back at its head. A tail that would grow the file goes round to the beginning first if there is room.
 */
export class ArenaSpace {
  /** Number of the next chunk. */
  #next = 0;
  /** Chunks in use, oldest first; the first of them has the number `#oldest`. */
  readonly #chunks: Chunk[] = [];
  #oldest = 0;
  /** The furthest end a chunk has had since the last `forget`. */
  #usedTo = 0;
  #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get next(): number {
    return this.#next;
  }
  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }
  get usedTo(): number {
    return this.#usedTo;
  }

  /** Takes room for this many bytes, as the chunk `next`. Undefined when there is none. */
  take(bytes: number): number | undefined {
    const at = this.#place(bytes);
    if (at === undefined) return undefined;
    this.#chunks.push({ at, end: at + bytes });
    this.#usedTo = Math.max(this.#usedTo, at + bytes);
    this.#next++;
    return at;
  }

  /** The chunks before this number are not in use any more. */
  release(before: number): void {
    const count = Math.min(Math.max(0, before - this.#oldest), this.#chunks.length);
    this.#chunks.splice(0, count);
    this.#oldest += count;
  }

  /** Gives back the newest chunks, from this number on. */
  undo(from: number): void {
    this.#chunks.length = Math.max(0, from - this.#oldest);
    this.#next = from;
  }

  /** What lies beyond is not there any more; only with no chunk there. */
  forget(beyond: number): void {
    this.#usedTo = Math.min(this.#usedTo, beyond);
  }

  /** It cannot be larger than it is. */
  limit(capacity: number): void {
    this.#capacity = Math.min(this.#capacity, capacity);
  }

  #place(bytes: number): number | undefined {
    const first = this.#chunks[0];
    const last = this.#chunks.at(-1);
    if (first === undefined || last === undefined) return bytes <= this.#capacity ? 0 : undefined;
    if (last.at < first.at) return last.end + bytes <= first.at ? last.end : undefined;
    if (last.end + bytes <= this.#usedTo) return last.end;
    if (bytes <= first.at) return 0;
    return last.end + bytes <= this.#capacity ? last.end : undefined;
  }
}
