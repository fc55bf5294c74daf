import type { Advice } from '../../model/finding.js';
import { withWorkers } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { capacityShare, coresOfWorkers, type PoolView, setOption, share } from '../view.js';
import { percent } from '../words.js';

/** Part of the memory that workers may take. */
const MEMORY_SHARE = 0.8;

/** A core for a further worker, less what helpers of V8 and the profiler take beside the present ones. */
const LEAST_FREE = 0.75;

/** R01: tasks wait for a worker, all workers are at work, and cores are free. */
export function tooFewWorkers(view: PoolView): Candidate[] {
  const { pool, workers, occupancy, executionMs } = view;
  const waiting = share(view.queueMs, view.latencyMs);
  const headroom = view.cores - view.coresUsed;
  // Without the time in which handlers had no core: of that, more workers make more.
  const own = executionMs - view.execution.runQueueMs;
  const computing = share(view.execution.cpuMs + view.execution.gcMs + view.execution.onLoopMs, own);
  const idle = share(view.execution.loopIdleMs, executionMs);
  const leastOccupied = computing >= 0.5 ? 0.85 : 0.7;
  if (waiting < 0.3 || occupancy < leastOccupied || (headroom < LEAST_FREE && computing >= 0.5)) return [];
  // Handlers that wait for a core find no free one: other programs have them.
  if (computing >= 0.5 && view.onCore < 0.85) return [];
  // Handlers that only wait are the case of R15: they need places, not workers.
  if (idle >= 0.5) return [];
  // Workers that wait for a busy main thread are no too few. One that sleeps is late by itself only where cores are short.
  if (capacityShare(view, 'starved') >= 0.1 && (computing >= 0.5 || view.measured.parent.busyShare >= 0.3)) return [];
  const wanted = usefulWorkers(view, computing);
  if (wanted <= workers) return [];
  const option = pool.asked.workers.min === pool.asked.workers.max ? 'workers' : 'workers.max';
  const advice: Advice[] = [
    setOption(
      view,
      option,
      wanted,
      `Set ${option} to ${wanted}.`,
      option === 'workers' ? workers : pool.asked.workers.max,
    ),
  ];
  return [
    cause({
      id: 'R01',
      title: 'TOO FEW WORKERS',
      text:
        `Tasks spent ${percent(waiting)} of their time waiting for ${workers === 1 ? 'the only worker, which was' : `one of ${workers} workers, which were`} ` +
        `${percent(occupancy)} occupied. ${headroom.toFixed(1)} of ${view.cores.toFixed(1)} cores were free.`,
      evidence: [
        evidence(
          'queue wait',
          waiting,
          'share',
          0.3,
          'queue wait without limits, batches, encoding and start ÷ latency',
        ),
        evidence(
          'occupancy',
          occupancy,
          'share',
          leastOccupied,
          'execution ÷ (time of workers × concurrency); less where handlers block than where they compute',
        ),
        evidence(
          'free cores',
          Math.max(0, headroom),
          'count',
          LEAST_FREE,
          'cores − cores in use; or handlers that compute less than half of the time',
        ),
        evidence('computing', computing, 'share', null, '(cpu + gc + on loop) ÷ (execution − run queue)'),
        evidence(
          'useful workers',
          wanted,
          'workers',
          null,
          'least of: cores ÷ use of one worker, memory, tasks that wait',
        ),
      ],
      advice,
      step: STEP.queue,
      explains: ['R22'],
      // More workers are a setting. Other code for the handlers is work, which this makes needless.
      suppresses: ['R16'],
      without: withWorkers(wanted),
    }),
  ];
}

/** Workers beyond which no further one has a core, memory or a task. Handlers that block are doubled only: what they block on is unknown. */
function usefulWorkers(view: PoolView, computing: number): number {
  const { pool, workers } = view;
  const parent = Math.min(1, view.measured.parent.busyShare);
  const ofCore = Math.max(0.02, share(coresOfWorkers(pool), pool.asked.workers.meanBusy));
  const byCores = computing >= 0.5 ? Math.floor((view.cores - parent + 0.25) / Math.min(1, ofCore)) : workers * 2;
  const memory = pool.asked.memory.limitBytes ?? view.measured.run.memoryBytes;
  // Threads share the resident memory of the program: what each has of its own is its heap.
  const perWorker = Math.max(
    0,
    ...pool.workers.map(
      ({ rssPeakBytes, heapPeakBytes }) => (pool.kind === 'process' ? rssPeakBytes : heapPeakBytes) ?? 0,
    ),
  );
  const byMemory = memory === null || perWorker <= 0 ? Infinity : Math.floor((MEMORY_SHARE * memory) / perWorker);
  const byTasks = Math.max(workers, Math.ceil(view.peakTasks / Math.max(1, pool.asked.concurrency.now)));
  return Math.min(byCores, byMemory, byTasks, workers * 8, 4096);
}
