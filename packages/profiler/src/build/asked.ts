import type { Curves } from '../model/curves.js';
import type { Asked, PoolReport } from '../model/pool-report.js';
import type { TaskReport } from '../model/task-report.js';
import type { PoolStanding } from '../pool-facts.js';
import type { PoolRecorder } from '../record/pool-recorder.js';
import { share, sum } from './sums.js';

/** What was asked for, against what was used. */
export function askedAndUsed(
  recorder: PoolRecorder,
  { workers, concurrency, asked, refusedCalls }: PoolStanding,
  report: Pick<PoolReport, 'workers' | 'foldedWorkers' | 'peakWorkers' | 'capacity'>,
  curves: Curves,
  byTask: readonly TaskReport[],
  wallMs: number,
): Asked {
  const isSet = (path: string): boolean => asked.given.some((given) => given === path || given.startsWith(`${path}.`));
  const busyMs = report.foldedWorkers.busyMs + sum(report.workers, (worker) => worker.busyMs);
  const cpu = report.workers.map(({ cpuMs }) => cpuMs).filter((ms) => ms !== null);
  const rss = curves.workerRssBytes.filter((bytes) => bytes !== null);
  const executionMs = sum(byTask, (task) => task.segments.execution.totalMs);
  return {
    workers: { ...workers, meanBusy: share(busyMs, wallMs), peak: report.peakWorkers, isSet: isSet('workers') },
    concurrency: {
      max: asked.concurrencyMax,
      now: concurrency,
      meanRunning: share(executionMs, busyMs),
      isSet: isSet('concurrency'),
    },
    prefetch: { value: asked.prefetch, isSet: isSet('prefetch') },
    heap: {
      limitBytes: largest(report.workers.map(({ heapLimitBytes }) => heapLimitBytes)),
      peakBytes: largest(report.workers.map(({ heapPeakBytes }) => heapPeakBytes)),
    },
    memory: {
      limitBytes: asked.memoryLimitBytes,
      peakBytes: largest(rss),
      perWorkerBytes: asked.perWorkerBytes ?? largest(report.workers.map(({ rssPeakBytes }) => rssPeakBytes)),
    },
    cores: {
      available: asked.cores,
      meanUsed:
        cpu.length === 0
          ? null
          : share(
              sum(cpu, (ms) => ms),
              wallMs,
            ),
      meanNative: null,
      nativeThreads: asked.nativeThreads,
    },
    queue: {
      max: asked.queueMax,
      peak: Math.max(recorder.peakQueued, ...curves.queued.map(Math.ceil)),
      refused: refusedCalls,
    },
    recycle: { afterTasks: asked.recycleAfterTasks, isSet: isSet('recycle') },
    codec: asked.codec,
    set: [...asked.given],
  };
}

function largest(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (most, value) => (value !== null && (most === null || value > most) ? value : most),
    null,
  );
}
