/** A family of numbers under one name, before it is written for one or the other reader. */
export interface Family {
  /** With dots: `task.latency`. */
  name: string;
  help: string;
  unit: 's' | 'By' | '1' | '{task}' | '{worker}' | '{item}';
  type: 'counter' | 'gauge' | 'histogram';
  series: Series[];
}

export interface Series {
  labels: Readonly<Record<string, string>>;
  value: number | Distribution;
}

/** Counts up to rising bounds; the last count is that of all above. */
export interface Distribution {
  boundsSeconds: readonly number[];
  counts: readonly number[];
  count: number;
  sumSeconds: number;
}

/** Most series of one family: what comes after has no place. */
export const MOST_SERIES = 500;
/** Most task names, and most other names, of one pool. */
export const MOST_NAMES = 100;
