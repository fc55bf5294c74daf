/*
 * What each of a worker's tasks in hand is at, readable by the parent even when the worker is stuck or dead.
 *
 * One record of 16 bytes per slot: the wire id of the task that was started last in that slot (f64, because one
 * element type keeps the board a plain Float64Array), and when (f64, host clock). The worker writes a record before
 * it calls the handler; the parent only reads. A task is started if and only if its slot holds its id: ids never
 * repeat within the life of a worker as long as a slot's generation has not gone round (2 million tasks per slot,
 * and a slot is taken again only when its last task has settled).
 *
 * Between processes the board is a small file both have open and nobody can find (unlinked at once); between
 * threads a SharedArrayBuffer. Writing a record to a file on tmpfs costs 0.7 µs.
 */
const SLOT_BITS = 11;
export const SLOTS = 1 << SLOT_BITS;
const RECORD_FLOATS = 2;
export const RECORD_BYTES = RECORD_FLOATS * 8;
export const BOARD_BYTES = SLOTS * RECORD_BYTES;

/** The slot of a wire id. */
export function slotOf(id: number): number {
  return id & (SLOTS - 1);
}

/** The next id for a slot, given its last one (0 before the first). */
export function nextId(slot: number, lastId: number): number {
  const generation = ((lastId >>> SLOT_BITS) + 1) & (0xffffffff >>> SLOT_BITS);
  return ((generation << SLOT_BITS) | slot) >>> 0;
}

/** When the task with this id was started, or undefined when it was not. */
export function startedAt(records: Float64Array, id: number): number | undefined {
  const at = slotOf(id) * RECORD_FLOATS;
  return records[at] === id ? records[at + 1] : undefined;
}

/** Notes that the task with this id starts now. */
export function writeStart(records: Float64Array, id: number, nowMs: number): void {
  const at = slotOf(id) * RECORD_FLOATS;
  records[at + 1] = nowMs;
  records[at] = id;
}
