/** An event of the Trace Event format, as DevTools and Perfetto read it. Times in µs. */
export interface TraceEvent {
  name: string;
  /** X: a slice. b, e: begin and end of what may overlap. s, t, f: an arrow. C: a counter. M: a name. I: a moment. P: a profile. */
  ph: 'X' | 'b' | 'e' | 's' | 't' | 'f' | 'C' | 'M' | 'I' | 'P';
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  cat?: string;
  id?: string;
  id2?: { local: string };
  /** Of an arrow: it ends at the slice around it. */
  bp?: 'e';
  /** Of a moment: its reach. */
  s?: 't' | 'p';
  args?: Record<string, unknown>;
}

export interface ChromeTrace {
  traceEvents: TraceEvent[];
  displayTimeUnit: 'ms';
  otherData: Record<string, string | number>;
}

/** The program has the first process; each pool has one of its own. */
export const MAIN = { pid: 1, tid: 1 } as const;

export function poolPid(index: number): number {
  return index + 2;
}

export function workerTid(workerId: number): number {
  return workerId + 10;
}

/** Milliseconds as µs, in tenths: sums of such numbers stay in order. */
export function us(ms: number): number {
  return Math.round(ms * 10_000) / 10;
}

/** Length of a slice that ends where it should, in spite of rounding. */
export function durationUs(fromMs: number, toMs: number): number {
  return Math.max(0, Math.round((us(toMs) - us(fromMs)) * 10) / 10);
}

/** A name of a process or of a thread, and its place in the list. */
export function nameEvents(
  pid: number,
  tid: number,
  what: 'process' | 'thread',
  name: string,
  order: number,
): TraceEvent[] {
  const event = { ph: 'M' as const, pid, tid, ts: 0, cat: '__metadata' };
  return [
    { ...event, name: `${what}_name`, args: { name } },
    { ...event, name: `${what}_sort_index`, args: { sort_index: order } },
  ];
}
