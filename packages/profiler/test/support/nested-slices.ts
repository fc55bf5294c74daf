import { expect } from 'vitest';
import type { ChromeTrace, TraceEvent } from '../../src/output/chrome/events.js';

/** Slices of one thread must lie within each other, or apart: viewers show others wrongly. */
export function expectNested({ traceEvents }: ChromeTrace): void {
  const byThread = group(traceEvents);
  for (const slices of byThread.values()) {
    const open: number[] = [];
    slices.sort((a, b) => a.ts - b.ts || b.dur! - a.dur!);
    for (const { ts, dur = 0, name } of slices) {
      while (open.length > 0 && open.at(-1)! <= ts + 1e-6) open.pop();
      expect(dur, name).toBeGreaterThanOrEqual(0);
      if (open.length > 0) expect(ts + dur, name).toBeLessThanOrEqual(open.at(-1)! + 1e-6);
      open.push(ts + dur);
    }
  }
}

function group(events: readonly TraceEvent[]): Map<string, TraceEvent[]> {
  const threads = new Map<string, TraceEvent[]>();
  for (const event of events.filter(({ ph }) => ph === 'X')) {
    const key = `${event.pid}:${event.tid}`;
    const own = threads.get(key) ?? [];
    own.push(event);
    threads.set(key, own);
  }
  return threads;
}
