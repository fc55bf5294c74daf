/** A worker, as far as slots go. */
export interface Slotted {
  readonly slot: number;
}

/** Workers that have slots: those that stay, and those on their way out. */
export interface SlotHolders {
  readonly staying: readonly Slotted[];
  readonly leaving: readonly Slotted[];
}

/**
 * Chooses the slots of new workers. Slots are numbers from 1 to the most workers and spares. They do not grow with the number of
 * starts, so each can stand for a port or a GPU.
 */
export class Slots {
  #most = Infinity;
  /** Slots whose last start has failed. */
  readonly #failed = new Set<number>();

  /** Sets the largest slot of new workers. */
  limit(most: number): void {
    this.#most = most;
    for (const slot of this.#failed) if (slot > most) this.#failed.delete(slot);
  }

  /** Whether a worker has a slot that no new worker would get. */
  isBeyond({ slot }: Slotted): boolean {
    return slot > this.#most;
  }

  /**
   * The slot of a new worker: that of the worker which it replaces, or the lowest free one. A slot that a leaving worker still uses
   * comes after the others. Last comes a slot whose last start has failed. At the front it would keep workers from all slots above.
   */
  next({ staying, leaving }: SlotHolders, replaced: Slotted | undefined): number {
    if (replaced !== undefined && !this.isBeyond(replaced)) return replaced.slot;
    const taken = new Set(staying.map(({ slot }) => slot));
    const used = new Set(leaving.map(({ slot }) => slot));
    const isFresh = (slot: number): boolean => !taken.has(slot) && !this.#failed.has(slot);
    const next = this.#lowest((slot) => isFresh(slot) && !used.has(slot)) ?? this.#lowest(isFresh);
    // The one that failed longest ago, so that each has its turn.
    return next ?? [...this.#failed].find((slot) => !taken.has(slot)) ?? lowestFree(taken);
  }

  /** Notes how a start in this slot has ended. */
  noteStart({ slot }: Slotted, isReady: boolean): void {
    this.#failed.delete(slot);
    if (!isReady && slot <= this.#most) this.#failed.add(slot);
  }

  #lowest(mayBe: (slot: number) => boolean): number | undefined {
    for (let slot = 1; slot <= this.#most; slot++) if (mayBe(slot)) return slot;
    return undefined;
  }
}

/** A slot for one worker more than there are slots. */
function lowestFree(taken: ReadonlySet<number>): number {
  let slot = 1;
  while (taken.has(slot)) slot++;
  return slot;
}
