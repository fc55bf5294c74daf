import type { Advice } from '../model/finding.js';
import type { CapacityId } from '../model/ledgers.js';
import type { PoolReport } from '../model/pool-report.js';
import type { SegmentId, WaitId } from '../model/segments.js';
import type { TaskReport } from '../model/task-report.js';
import type { WorkerReport } from '../model/worker-report.js';
import { onCoreShare } from '../replay/on-core.js';
import type { Goal } from '../replay/play.js';
import type { Measured } from '../replay/record-of.js';
import type { RunRecord } from '../replay/run-record.js';
import { freeCores, workersOf } from '../replay/surroundings.js';

/** One pool as the rules see it: its report, and the sums that several rules use. All times in ms. */
export interface PoolView {
  measured: Measured;
  pool: PoolReport;
  record: RunRecord | null;
  goal: Goal;
  workers: number;
  places: number;
  /** Sums over all tries that came back. */
  tries: number;
  latencyMs: number;
  executionMs: number;
  /** Waiting for a worker: without the encoding of inputs, without limits and batches, and without the start of the pool. */
  queueMs: number;
  /** Outside of all queues: without waits for a worker, for its thread, for limits and for batches. */
  movingMs: number;
  codecMs: number;
  transportMs: number;
  limitMs: number;
  execution: TaskReport['execution'];
  /** Most tasks that were there at one time, waiting ones included. */
  peakTasks: number;
  /** Part of a handler's ready time for which it had a core: the rest waited for one. */
  onCore: number;
  /** Places of workers that had a handler ÷ places. */
  occupancy: number;
  /** Time for which the threads of workers were not idle ÷ the time that they were up. */
  loopShare: number;
  /** The same, of the workers that the tasks ran in. */
  loopShareOfTasks: number;
  /** Cores for this program, and those in use by all its threads. */
  cores: number;
  coresUsed: number;
}

export function viewOf(measured: Measured, pool: PoolReport, record: RunRecord | null, goal: Goal): PoolView {
  const tasks = pool.byTask;
  const segment = (id: SegmentId) => sumOf(tasks, ({ segments }) => segments[id].totalMs);
  const wait = (id: WaitId) => sumOf(tasks, ({ waits }) => waits[id].totalMs);
  const part = (id: keyof TaskReport['execution']) => sumOf(tasks, ({ execution }) => execution[id]);
  const totals = pool.capacity.totals;
  const workers = workersOf(pool);
  const places = workers * Math.max(1, pool.asked.concurrency.now);
  const executionMs = segment('execution');
  const upMs = Math.max(1e-9, pool.capacity.upMs - totals.boot);
  const held = wait('limit') + wait('batch') + wait('inputEncode');
  const latencyMs = sumOf(tasks, ({ latency }) => latency.totalMs);
  const queueMs = Math.max(0, segment('queueWait') - held - pool.bootWaitMs);
  const waitedMs = queueMs + pool.bootWaitMs + wait('limit') + wait('batch') + segment('workerWait');
  const shareOf = ({ capacity, upMs }: WorkerReport) => share(workedMs(capacity), upMs - capacity.boot);
  return {
    ...{ measured, pool, record, goal, workers, places },
    tries: sumOf(tasks, ({ latency }) => latency.count),
    ...{ latencyMs, executionMs, queueMs },
    movingMs: Math.max(0, latencyMs - waitedMs),
    codecMs: sumOf(tasks, ({ codec: c }) => c.inputEncodeMs + c.inputDecodeMs + c.outputEncodeMs + c.outputDecodeMs),
    transportMs: segment('transportIn') + segment('transportOut'),
    limitMs: wait('limit'),
    execution: {
      ...{ cpuMs: part('cpuMs'), gcMs: part('gcMs'), runQueueMs: part('runQueueMs'), loopIdleMs: part('loopIdleMs') },
      ...{ offCpuMs: part('offCpuMs'), onLoopMs: part('onLoopMs'), unattributedMs: part('unattributedMs') },
    },
    peakTasks: Math.max(
      pool.peakInFlight,
      pool.asked.queue.peak + Math.min(places, pool.peakInFlight),
      ...pool.curves.unsettled,
    ),
    onCore: onCoreShare(tasks),
    occupancy: Math.min(1, executionMs / (upMs * Math.max(1, pool.asked.concurrency.now))),
    loopShare: Math.min(1, workedMs(totals) / upMs),
    loopShareOfTasks: Math.min(
      1,
      share(
        sumOf(pool.workers, (worker) => worker.tasks * shareOf(worker)),
        sumOf(pool.workers, (worker) => worker.tasks),
      ),
    ),
    cores: freeCores({ ...measured.run, cores: pool.asked.cores.available }, pool),
    coresUsed: Math.max(Math.min(1, measured.parent.busyShare) + coresOfWorkers(pool), measured.run.programCores ?? 0),
  };
}

/** Time of a worker's thread that is not idle. */
function workedMs(capacity: Record<CapacityId, number>): number {
  const { cpu, gc, runQueue, offCpu, onLoop, decode, encode } = capacity;
  return cpu + gc + runQueue + offCpu + onLoop + decode + encode;
}

/** Cores that the workers of a pool used, native threads included. */
export function coresOfWorkers({ asked: { cores }, capacity: { totals }, wallMs }: PoolReport): number {
  const onLoop = totals.cpu + totals.gc + totals.onLoop + totals.decode + totals.encode;
  return (cores.meanUsed ?? onLoop / Math.max(1, wallMs)) + (cores.meanNative ?? 0);
}

/** Part of a whole; 0 if there is no whole. */
export function share(part: number, whole: number): number {
  return whole > 0 && Number.isFinite(part) ? part / whole : 0;
}

export function sumOf<T>(items: readonly T[], valueOf: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += valueOf(item);
  return sum;
}

export function largestOf<T>(items: readonly T[], valueOf: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (best, item) => (best === undefined || valueOf(item) > valueOf(best) ? item : best),
    undefined,
  );
}

/** Part of all time of wanted workers. */
export function capacityShare({ pool }: PoolView, ...ids: CapacityId[]): number {
  return share(
    sumOf(ids, (id) => pool.capacity.totals[id]),
    pool.capacity.wantedMs,
  );
}

/** An advice that names an option, with its present value, and whether the program has set it. */
export function setOption(
  { pool }: PoolView,
  option: string,
  value: NonNullable<Advice['value']>,
  text: string,
  now?: Advice['now'],
): Advice {
  const isSet = pool.asked.set.some((path) => path === option || (path !== 'tasks' && option.startsWith(`${path}.`)));
  return { text, option, value, isSet, ...(now === undefined ? {} : { now }) };
}

/** Path of an option of one task name. */
export function ofTask(task: string, option: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(task) ? `tasks.${task}.${option}` : `tasks[${JSON.stringify(task)}].${option}`;
}

/** Windows of the curves between the first and the last task, as places. */
export function activeWindows({ pool: { curves } }: PoolView): number[] {
  return curves.atMs.map((_, i) => i).filter((i) => (curves.unsettled[i] ?? 0) > 0);
}
