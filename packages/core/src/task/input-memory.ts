import type { Clock } from '../base/clock.js';
import { Buffer } from '../base/natives.js';
import type { Task } from './task.js';

/** Inputs, and views, of this size and more have memory of their own, which serves again after them. */
export const REUSED_BYTES = 64 * 1024;
/**
 * Most bytes that wait for the next inputs. With 16 MiB, two processes took 537 ms for the second burst of 40 documents of 120 MB.
 * Two threads took 467 ms. With 128 MiB they took 481 and 443 (medians of nine interleaved rounds).
 */
const MOST_BYTES = 128 * 1024 * 1024;
/** Most pieces that wait. A look at all of them takes 0.24 µs, a fifth of the smallest copy. */
const MOST_PIECES = 64;
/** Time after which pieces that nothing needed meanwhile go back to the system. */
const IDLE_MS = 1000;
/** Part of a piece that an input must fill: small inputs would otherwise hold large pieces. */
const LEAST_USE = 0.5;

/**
 * A buffer pool for the copies of large inputs. Each copy holds its piece until its task settles. Fresh memory for 1 MiB would
 * cost 256 page faults and a part of a garbage collection (docs/decisions/0011-what-limits-dispatch.md).
 */
export class InputMemory {
  readonly #clock: Clock;
  /** Pieces without an input, the newest last: that is the likeliest one in the processor's cache. */
  readonly #free: ArrayBuffer[] = [];
  #freeBytes = 0;
  /** The fewest free bytes since the last look: nothing needed these. */
  #unusedBytes = 0;
  #looksLater = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes that wait for the next inputs. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A piece of at least this length, with any content. */
  take(bytes: number): ArrayBuffer {
    for (let index = this.#free.length - 1; index >= 0; index--) {
      const { byteLength } = this.#free[index] as ArrayBuffer;
      if (byteLength < bytes || byteLength * LEAST_USE > bytes) continue;
      const [piece] = this.#free.splice(index, 1) as [ArrayBuffer];
      this.#lost(piece);
      return piece;
    }
    return Buffer.allocUnsafeSlow(bytes).buffer;
  }

  copy(view: Uint8Array): Uint8Array {
    const copy = new Uint8Array(this.take(view.length), 0, view.length);
    copy.set(view);
    return copy;
  }

  /** Takes the pieces of a settled task back. The task loses them, so that nothing sends the bytes of another task with it. */
  reclaim(task: Task): void {
    const { chunk, aside, inputBytes } = task;
    // A broadcast task shares its input with its twins, and each of them ends by itself.
    if (task.isPinned) return;
    task.chunk = undefined;
    task.aside = undefined;
    // A smaller input shares its chunk with others. The garbage collector ends that one.
    if (chunk !== undefined && inputBytes >= REUSED_BYTES) this.giveBack(chunk.buffer as ArrayBuffer);
    if (aside?.views === undefined || task.extras.borrow === true) return;
    for (const { buffer } of aside.views) this.giveBack(buffer as ArrayBuffer);
  }

  /** Takes a piece back that nothing reads any more. */
  giveBack(piece: ArrayBuffer): void {
    if (piece.byteLength > MOST_BYTES) return;
    this.#free.push(piece);
    this.#freeBytes += piece.byteLength;
    while (this.#freeBytes > MOST_BYTES || this.#free.length > MOST_PIECES) this.#dropOldest();
    if (!this.#looksLater) this.#lookLater();
  }

  /** Gives all pieces back that wait, since memory is short. */
  drop(): void {
    while (this.#free.length > 0) this.#dropOldest();
  }

  #lookLater(): void {
    this.#looksLater = true;
    this.#unusedBytes = this.#freeBytes;
    this.#clock.after(IDLE_MS, () => {
      const kept = this.#freeBytes - this.#unusedBytes;
      while (this.#freeBytes > kept) this.#dropOldest();
      this.#looksLater = false;
      if (this.#free.length > 0) this.#lookLater();
    });
  }

  #dropOldest(): void {
    this.#lost(this.#free.shift() as ArrayBuffer);
  }

  /** Notes that a piece does not wait any more. */
  #lost({ byteLength }: ArrayBuffer): void {
    this.#freeBytes -= byteLength;
    this.#unusedBytes = Math.min(this.#unusedBytes, this.#freeBytes);
  }
}
