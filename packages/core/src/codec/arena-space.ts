/** A piece of the arena, from `at` up to `end`. */
interface Extent {
  at: number;
  end: number;
}

/**
 * Bytes of an arena that are in use. Chunks are given back in the order they were taken. A chunk takes the first free piece
 * that holds it, so the file grows only where no gap is left. A late reader holds up nothing but its own bytes.
 */
export class ArenaSpace {
  /** Number of the next chunk. */
  #next = 0;
  /** Chunks in use, oldest first; the first of them has the number `#oldest`. */
  readonly #chunks: Extent[] = [];
  #oldest = 0;
  /** Free pieces below the capacity, by place. No two of them touch. */
  readonly #free: Extent[];
  /** The furthest end of a chunk since the last `forget`. */
  #usedTo = 0;
  #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#free = [{ at: 0, end: capacity }];
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
    const index = this.#free.findIndex(({ at, end }) => end - at >= bytes);
    const piece = this.#free[index];
    if (piece === undefined) return undefined;
    const { at } = piece;
    piece.at += bytes;
    if (piece.at === piece.end) this.#free.splice(index, 1);
    this.#chunks.push({ at, end: at + bytes });
    this.#usedTo = Math.max(this.#usedTo, at + bytes);
    this.#next++;
    return at;
  }

  /** Frees the chunks before this number. */
  release(before: number): void {
    const count = Math.min(Math.max(0, before - this.#oldest), this.#chunks.length);
    for (const chunk of this.#chunks.splice(0, count)) this.#giveBack(chunk);
    this.#oldest += count;
  }

  /** Gives back the newest chunks, from this number on. */
  undo(from: number): void {
    for (const chunk of this.#chunks.splice(Math.max(0, from - this.#oldest))) this.#giveBack(chunk);
    this.#next = from;
  }

  /** Forgets that memory beyond this place was used; only with no chunk there. */
  forget(beyond: number): void {
    this.#usedTo = Math.min(this.#usedTo, beyond);
  }

  /** Sets the capacity; no chunk lies beyond it. */
  resize(capacity: number): void {
    const had = this.#capacity;
    this.#capacity = capacity;
    if (capacity > had) this.#giveBack({ at: had, end: capacity });
    const last = this.#free.at(-1);
    if (last === undefined || last.end <= this.#capacity) return;
    last.end = this.#capacity;
    if (last.at >= last.end) this.#free.pop();
  }

  #giveBack({ at, end: chunkEnd }: Extent): void {
    const end = Math.min(chunkEnd, this.#capacity);
    if (at >= end) return;
    let index = this.#free.findIndex((piece) => piece.at > at);
    if (index === -1) index = this.#free.length;
    const before = this.#free[index - 1];
    const after = this.#free[index];
    const joinsBefore = before?.end === at;
    const joinsAfter = after?.at === end;
    if (joinsBefore && joinsAfter) {
      before.end = after.end;
      this.#free.splice(index, 1);
    } else if (joinsBefore) before.end = end;
    else if (joinsAfter) after.at = at;
    else this.#free.splice(index, 0, { at, end });
  }
}
