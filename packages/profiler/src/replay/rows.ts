/** How a try ended, as the replay sees it. */
export const ENDS = { ok: 0, failed: 1, crash: 2 } as const;

/** Columns of times in ms, one place a try. */
const TIMES = [
  'at', // submit
  'hold', // limits and a filling batch keep it back
  'inputEncode', // on the main thread, at run()
  'dispatch', // on the main thread
  'wayIn', // on the way, without any thread at work
  'decode', // on the worker's thread
  'cpu', // handler, on a core
  'gc', // handler, the collector
  'block', // handler, holds its thread without a core
  'native', // handler, a native thread computes for it
  'wait', // handler, holds no thread
  'helper', // native threads beside the handler, which it does not await: collectors, compilers
  'reply', // on the worker's thread
  'wayOut', // on the way back
  'settle', // on the main thread
  'backoff', // between the settling of the try `after` and this one
] as const;
/** Columns that add up to the time of a handler, and all columns that change with it. */
export const HANDLER_TIMES = ['cpu', 'gc', 'block', 'native', 'wait'] as const;
export const HANDLER_PARTS = [...HANDLER_TIMES, 'helper'] as const;
/** Columns of whole numbers, but `after`. */
const OTHERS = ['name', 'items', 'home', 'ran', 'ends', 'first'] as const;
type TimeColumn = (typeof TIMES)[number];

/** Tries of a run, one column a field, in order of their submits. A row may be a call of a batch handler. */
export type Rows = Record<TimeColumn, Float64Array> & {
  count: number;
  /** Index of the task name. */
  name: Uint16Array;
  /** Items of a batch call; 1 for others. */
  items: Uint16Array;
  /** Index of the only worker that may run it; −1 for any. */
  home: Int32Array;
  /** Worker that ran it in the recorded run; −1 if unknown. */
  ran: Int32Array;
  /** Row of the try before it; −1 for a first try. */
  after: Int32Array;
  ends: Uint8Array;
  /** 1 for the first tasks of a worker, which may be slower. */
  first: Uint8Array;
};

export function emptyRows(count: number): Rows {
  const times = Object.fromEntries(TIMES.map((column) => [column, new Float64Array(count)]));
  return {
    ...(times as Record<TimeColumn, Float64Array>),
    count,
    name: new Uint16Array(count),
    items: new Uint16Array(count).fill(1),
    home: new Int32Array(count).fill(-1),
    ran: new Int32Array(count).fill(-1),
    after: new Int32Array(count).fill(-1),
    ends: new Uint8Array(count),
    first: new Uint8Array(count),
  };
}

/** The rows at these places, in this order. A row whose earlier try is left out becomes a first try. */
export function pickRows(rows: Rows, places: readonly number[] | Int32Array): Rows {
  const picked = emptyRows(places.length);
  const moved = new Int32Array(rows.count).fill(-1);
  // Column by column: bootstraps do this often.
  for (const column of [...TIMES, ...OTHERS]) {
    const from = rows[column];
    const to = picked[column];
    for (let i = 0; i < places.length; i++) to[i] = from[places[i] as number] as number;
  }
  for (let to = 0; to < places.length; to++) moved[places[to] as number] = to;
  for (let to = 0; to < places.length; to++) {
    const after = rows.after[places[to] ?? 0] ?? -1;
    const before = after < 0 ? -1 : (moved[after] ?? -1);
    // The earlier try must stand before it, or it would never be due.
    picked.after[to] = before < to ? before : -1;
  }
  return picked;
}

/** A copy whose times may be changed. The other columns are those of the original. */
export function copyRows(rows: Rows): Rows {
  const copy = { ...rows };
  for (const column of TIMES) copy[column] = rows[column].slice();
  return copy;
}

/** Handler time of a row without any waiting for cores: what the replay starts from. */
export function handlerMs(rows: Rows, row: number): number {
  let ms = 0;
  for (const part of HANDLER_TIMES) ms += rows[part][row] ?? 0;
  return ms;
}
