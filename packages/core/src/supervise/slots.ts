/** A worker, as far as slots go. */
export interface Slotted {
  readonly slot: number;
}

/**
 * The slot of a new worker: that of the worker which it replaces, or the lowest free one. Slots are numbers from 1 on. They do not
 * grow with the number of starts, so each can stand for a port or a GPU.
 * @param staying workers that are not on their way out. The slots of the others are free, since their successors may have begun
 */
export function slotFor(staying: readonly Slotted[], replaced: Slotted | undefined): number {
  if (replaced !== undefined) return replaced.slot;
  const taken = new Set(staying.map(({ slot }) => slot));
  let slot = 1;
  while (taken.has(slot)) slot++;
  return slot;
}
