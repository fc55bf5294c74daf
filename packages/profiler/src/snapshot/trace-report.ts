import { TraceSplitter } from '../record/segments.js';
import type { KeptTrace, TraceRing } from '../record/trace-ring.js';
import type { SlowTry, TraceColumns } from './report-data.js';
import { bySegment } from './task-report.js';

const SLOWEST = 10;

/** The kept tries as plain data. @param startMs zero of the stamps, on the host clock */
export function traceReport(ring: TraceRing, startMs: number): { slowest: SlowTry[]; traces: TraceColumns } {
  const traces = [...ring.traces()];
  return {
    slowest: slowest(traces),
    traces: {
      kept: traces.length,
      dropped: ring.dropped,
      taskId: traces.map((trace) => trace.taskId),
      task: traces.map((trace) => trace.task),
      attempt: traces.map((trace) => trace.attempt),
      workerId: traces.map((trace) => trace.workerId),
      outcome: traces.map((trace) => trace.outcome),
      stamps: traces.map((trace) => Array.from(trace.stamps, (stamp) => relative(stamp, startMs))),
    },
  };
}

function slowest(traces: readonly KeptTrace[]): SlowTry[] {
  const splitter = new TraceSplitter();
  const latencies = traces.map((trace) => {
    splitter.splitStamps(trace.stamps);
    return { trace, latencyMs: splitter.isComplete ? splitter.latencyMs : -1 };
  });
  return latencies
    .filter(({ latencyMs }) => latencyMs >= 0)
    .sort((a, b) => b.latencyMs - a.latencyMs)
    .slice(0, SLOWEST)
    .map(({ trace, latencyMs }) => {
      splitter.splitStamps(trace.stamps);
      const { taskId, task, attempt, workerId, outcome } = trace;
      return {
        taskId,
        task,
        attempt,
        workerId,
        outcome,
        latencyMs,
        segments: bySegment((i) => splitter.segments[i] ?? 0),
      };
    });
}

/** JSON has no NaN, and the clock itself is good to 0.1 µs. */
function relative(stamp: number, startMs: number): number | null {
  return Number.isNaN(stamp) ? null : Math.round((stamp - startMs) * 1e4) / 1e4;
}
