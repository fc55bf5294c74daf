import type { Evidence, Finding, Parts } from './finding.js';
import type { FirstBottleneck, PoolReport, TaskReport } from './report-data.js';
import { share, sum } from './sums.js';
import { sentenceOf } from './verdict-words.js';

// Half: a busy pool whose last task runs long on one worker is still held up by its workers.
const WORKERS_BUSY = 0.5;
// An event loop this busy delays everything that it receives.
const PARENT_BUSY = 0.9;
// Less than one task in flight at every second moment: the pool mostly waits for the program.
const FEW_IN_FLIGHT = 0.5;
// A section is named if it holds at least a quarter of the time in question.
const STANDS_OUT = 0.25;

/**
 * The first bottleneck, by measured shares:
 *
 * 1. no task came back and no section was timed: none;
 * 2. all pools together have less than half a task in flight on average, booting aside: the parent;
 * 3. else the pool whose tasks took the longest in sum decides. Half of its latency was before any worker was ready: boot;
 * 4. execution is under half of its latency: waiting and transport are then mostly waits for the busy side. That is the
 *    workers, or else the parent's main thread (dispatch);
 * 5. else the largest of execution, waiting (queueWait + workerWait) and transport (all the rest).
 */
export function nameFirst(evidence: Evidence): FirstBottleneck {
  const { pools, parentSections, wallMs } = evidence;
  const parts = pools.map(partsOf).toSorted((a, b) => b.wholeMs - a.wholeMs)[0];
  const hasTasks = parts !== undefined && parts.wholeMs > 0;
  const inFlight = sum(pools, (pool) => share(pool.meanInFlight * pool.wallMs, wallMs - pool.bootMs));
  const finding: Finding =
    hasTasks && inFlight >= FEW_IN_FLIGHT
      ? inPool(parts, evidence)
      : hasTasks || parentSections.length > 0
        ? inParent(evidence)
        : { kind: 'none', share: 0 };
  return { ...finding, sentence: sentenceOf(finding, { evidence, parts, inFlight }) };
}

function inParent({ wallMs, parentSections, parentBusyShare }: Evidence): Finding {
  const [section] = parentSections;
  const selfShare = share(section?.selfMs ?? 0, wallMs);
  if (section === undefined || selfShare < STANDS_OUT) return { kind: 'parent', share: parentBusyShare };
  return { kind: 'parent', share: selfShare, section: section.path };
}

function inPool(parts: Parts, evidence: Evidence): Finding {
  const { pool, wholeMs, executionMs, waitingMs, transportMs } = parts;
  const execution = share(executionMs, wholeMs);
  if (pool.bootWaitMs >= wholeMs / 2) return { kind: 'boot', pool: pool.name, share: share(pool.bootWaitMs, wholeMs) };
  if (execution < 0.5 && pool.utilization >= WORKERS_BUSY) {
    return { kind: 'workers', pool: pool.name, share: 1 - execution, ...mostExecuted(pool, evidence) };
  }
  if (execution < 0.5 && evidence.parentBusyShare >= PARENT_BUSY) {
    return { kind: 'dispatch', pool: pool.name, share: 1 - execution };
  }
  if (executionMs >= waitingMs && executionMs >= transportMs) {
    return { kind: 'execution', pool: pool.name, share: execution, ...mostExecuted(pool, evidence) };
  }
  const [kind, ms, valueOf] =
    waitingMs >= transportMs
      ? (['queue', waitingMs, waitingOf] as const)
      : (['transport', transportMs, transportOf] as const);
  return { kind, pool: pool.name, share: share(ms, wholeMs), task: largestTask(pool, valueOf).task };
}

/** The task name with the longest execution in sum, and its section of most self time if that stands out. */
function mostExecuted(pool: PoolReport, { bottlenecks }: Evidence): Pick<Finding, 'task' | 'section'> {
  const { task, segments } = largestTask(pool, executionOf);
  const section = bottlenecks.find((each) => each.where === 'worker' && each.pool === pool.name && each.task === task);
  const standsOut = section !== undefined && share(section.selfMs, segments.execution.totalMs) >= STANDS_OUT;
  return standsOut ? { task, section: section.path } : { task };
}

function partsOf(pool: PoolReport): Parts {
  const wholeMs = sum(pool.byTask, (task) => task.latency.totalMs);
  const executionMs = sum(pool.byTask, executionOf);
  const waitingMs = sum(pool.byTask, waitingOf);
  const limitMs = sum(pool.byTask, (task) => task.limitWait.totalMs);
  return {
    pool,
    wholeMs,
    executionMs,
    waitingMs,
    limitMs,
    transportMs: Math.max(0, wholeMs - executionMs - waitingMs),
  };
}

function largestTask(pool: PoolReport, valueOf: (task: TaskReport) => number): TaskReport {
  return pool.byTask.reduce((largest, task) => (valueOf(task) > valueOf(largest) ? task : largest));
}

function executionOf(task: TaskReport): number {
  return task.segments.execution.totalMs;
}

function waitingOf(task: TaskReport): number {
  return task.segments.queueWait.totalMs + task.segments.workerWait.totalMs;
}

function transportOf(task: TaskReport): number {
  return task.latency.totalMs - executionOf(task) - waitingOf(task);
}
