import { nativePartOf } from '../../replay/native-part.js';
import type { RunRecord } from '../../replay/run-record.js';
import { withRows } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { activeWindows, coresOfWorkers, largestOf, ofTask, type PoolView, setOption, share, sumOf } from '../view.js';
import { duration, named, percent } from '../words.js';
import { nativeThreadsOf } from './native-threads.js';

/** R14: in a worker with several tasks, one computes or blocks for long, and the others wait. */
export function blockingNeighbour(view: PoolView): Candidate[] {
  const { pool } = view;
  if (pool.asked.concurrency.now <= 1 || pool.byTask.length === 0) return [];
  const onLoop = ({ execution: e, tries }: (typeof pool.byTask)[number]) =>
    share(e.cpuMs + e.gcMs + e.offCpuMs + e.onLoopMs, tries);
  const culprit = largestOf(pool.byTask, onLoop);
  const others = pool.byTask.filter((task) => task !== culprit && onLoop(task) < 0.3 * task.segments.execution.meanMs);
  const victim = largestOf(others, ({ tries }) => tries);
  if (culprit === undefined || victim === undefined || onLoop(culprit) < 50) return [];
  const blockMs = onLoop(culprit);
  return [
    cause({
      id: 'R14',
      title: 'A TASK BLOCKS ITS NEIGHBOURS',
      text: `Tasks of ${named(culprit.task)} hold a worker's thread for ${duration(blockMs)} each. Tasks of ${named(victim.task)} in the same worker wait meanwhile: ${duration(victim.segments.execution.p95Ms)} at the 95th percentile, ${duration(victim.segments.execution.p50Ms)} in the middle.`,
      scope: { task: culprit.task },
      evidence: [
        evidence('held thread', blockMs, 'ms', 50, '(cpu + gc + off cpu) of the name ÷ tries'),
        evidence('concurrency', pool.asked.concurrency.now, 'count', 2, 'tasks at a time in a worker'),
        evidence(
          'late neighbours',
          victim.segments.execution.p95Ms / Math.max(1e-6, victim.segments.execution.p50Ms),
          'ratio',
          null,
          '95th percentile ÷ median of the execution of the other name',
        ),
      ],
      advice: [
        setOption(
          view,
          ofTask(culprit.task, 'exclusive'),
          true,
          `Let ${named(culprit.task)} run alone in its worker: ${ofTask(culprit.task, 'exclusive')} = true. Better: a pool of its own with concurrency 1, or pieces of a few ms.`,
          false,
        ),
      ],
      step: STEP.worker,
      explains: ['R22', 'R23', 'R15'],
      without: (record) => ({ ...record, sliceMs: 5 }),
    }),
  ];
}

/** R15: places are taken by handlers that only wait. */
export function waitingHandlers(view: PoolView): Candidate[] {
  const { pool, executionMs, workers } = view;
  const { loopIdleMs, cpuMs, gcMs } = view.execution;
  const idle = share(loopIdleMs, executionMs);
  const computing = share(cpuMs + gcMs, executionMs);
  if (idle < 0.5 || computing >= 0.3 || crowdedOccupancy(view) < 0.7) return [];
  if (share(view.queueMs, view.latencyMs) < 0.2 || nativeThreadsOf(view).isFull) return [];
  const present = Math.max(1, pool.asked.concurrency.now);
  const byLoop = Math.max(1, Math.floor((present * 0.95) / Math.max(0.005, view.loopShare)));
  const byTasks = Math.max(present + 1, Math.ceil(view.peakTasks / workers));
  const wanted = Math.min(byLoop, byTasks, usefulByCores(view, present), present * 16, 512);
  if (wanted <= present) return [];
  const io = largestOf(pool.io, ({ totalMs }) => totalMs);
  const what = io === undefined ? '' : ` Most of it waits for ${io.peer} ${io.operation}.`;
  const isRange = !pool.asked.concurrency.isSet || pool.asked.concurrency.max !== present;
  const option = isRange ? 'concurrency.max' : 'concurrency';
  return [
    cause({
      id: 'R15',
      title: 'HANDLERS WAIT, AND HOLD THE PLACES',
      text: `Handlers waited for ${percent(idle)} of their time, with idle event loops, while tasks queued. Each worker runs ${present} at a time.${what}`,
      scope: io === undefined ? {} : { task: io.task, peer: io.peer },
      evidence: [
        evidence('waiting', idle, 'share', 0.5, 'idle event loop ÷ execution'),
        evidence('computing', computing, 'share', 0.3, '(cpu + gc) ÷ execution; below this'),
        evidence(
          'occupancy',
          crowdedOccupancy(view),
          'share',
          0.7,
          'busy workers ÷ workers while tasks waited, or execution ÷ places',
        ),
        evidence('loops at work', view.loopShare, 'share', null, 'time of loops not idle ÷ time of workers'),
      ],
      advice: [
        setOption(
          view,
          option === 'concurrency.max' && pool.asked.concurrency.isSet ? option : 'concurrency',
          wanted,
          `Set concurrency to ${wanted}: more tasks in a worker, not more workers.`,
          present,
        ),
      ],
      step: STEP.worker,
      // What they wait for may not serve more at a time.
      confidence: 'medium',
      explains: ['R01', 'R22'],
      suppresses: ['R01'],
      without: (record) => ({ ...record, concurrency: wanted }),
    }),
  ];
}

/** Occupied places while tasks waited: in bursts they are full, and between them empty. */
function crowdedOccupancy(view: PoolView): number {
  const { workersBusy, workersUp, queued } = view.pool.curves;
  const crowded = activeWindows(view).filter((i) => (queued[i] ?? 0) >= 1 && (workersUp[i] ?? 0) > 0);
  const busy = share(
    sumOf(crowded, (i) => workersBusy[i] ?? 0),
    sumOf(crowded, (i) => workersUp[i] ?? 0),
  );
  // A worker with several places may be busy with one of them.
  return view.pool.asked.concurrency.now > 1 ? view.occupancy : Math.max(view.occupancy, busy);
}

/** Tasks of a worker for which native threads find cores. Infinity where they compute little. */
function usefulByCores(view: PoolView, present: number): number {
  if (nativePartOf(view.pool) < 0.2) return Infinity;
  return Math.ceil((present * view.cores) / Math.max(0.01, coresOfWorkers(view.pool)));
}

/**
 * R16: handlers block their thread without computing, and tasks wait for these threads. A blocked thread costs nothing as long as
 * there is a free one.
 */
export function blockingCalls(view: PoolView): Candidate[] {
  const { pool, executionMs } = view;
  const blocked = share(view.execution.offCpuMs, executionMs);
  if (blocked < 0.2 || view.occupancy < 0.7 || share(view.queueMs, view.latencyMs) < 0.2) return [];
  const present = Math.max(1, pool.asked.concurrency.now);
  const wanted = Math.min(64, Math.max(2, Math.ceil((present * 0.95) / Math.max(0.02, 1 - blocked))));
  const task = largestOf(pool.byTask, ({ execution }) => execution.offCpuMs);
  if (task === undefined) return [];
  return [
    cause({
      id: 'R16',
      title: 'HANDLERS BLOCK WITHOUT COMPUTING',
      text: `Handlers held their thread for ${percent(blocked)} of their time without computing, most in ${named(task.task)}: ${duration(share(task.execution.offCpuMs, task.tries))} a task.`,
      scope: { task: task.task },
      evidence: [
        evidence('blocked', blocked, 'share', 0.2, 'off-cpu time with a running event loop ÷ execution'),
        evidence('occupancy', view.occupancy, 'share', 0.7, 'execution ÷ (time of workers × concurrency)'),
      ],
      advice: [
        {
          text: `Replace synchronous calls (\`readFileSync\`, \`execSync\`, \`Atomics.wait\`) by asynchronous ones, and set concurrency to ${wanted}.`,
        },
        setOption(view, 'concurrency', wanted, `Then ${wanted} tasks of a worker can overlap.`, present),
      ],
      step: STEP.execution,
      confidence: 'medium',
      without: (record) => overlapping(record, wanted),
    }),
  ];
}

/** The run with waits in place of blocked threads, and more places for them. */
function overlapping(record: RunRecord, concurrency: number): RunRecord | null {
  const changed = withRows((rows, row) => {
    rows.wait[row]! += rows.block[row] ?? 0;
    rows.block[row] = 0;
  })(record);
  return changed === null ? null : { ...changed, concurrency };
}
