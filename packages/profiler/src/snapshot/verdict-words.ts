import { plural } from '@millpond/core/internal';
import { formatOutcomes } from '../format/outcomes.js';
import { formatMs, formatName, formatPath, formatShare } from '../format/units.js';
import type { Evidence, Finding, Parts } from './finding.js';
import { share, sum } from './sums.js';
import { addOutcomes } from './task-report.js';

/** Facts that a sentence may mention beside the finding itself. */
interface Context {
  evidence: Evidence;
  /** The pool whose tasks took the longest in sum; undefined without a pool. */
  parts: Parts | undefined;
  /** Mean number of tasks between submit and settled, over the wall time. */
  inFlight: number;
}

/** A finding in words: the part that holds the time, and the numbers that show it. */
export function sentenceOf(finding: Finding, { evidence, parts, inFlight }: Context): string {
  if (finding.kind === 'none' || parts === undefined) {
    return finding.kind === 'none' ? nothing(evidence) : inParent(finding, evidence);
  }
  const pool = `pool "${formatName(parts.pool.name)}"`;
  const busy = `${formatShare(parts.pool.utilization)} busy`;
  const parentBusy = formatShare(evidence.parentBusyShare);
  const of = `${formatShare(finding.share)} of the latency of its tasks`;
  switch (finding.kind) {
    case 'parent':
      return `On average only ${inFlight.toFixed(2)} tasks were in flight, so the time goes by in the program that submits them. ${inParent(finding, evidence)}`;
    case 'boot':
      return `Starting workers holds the most time in ${pool}: ${of} passed before any worker was ready.`;
    case 'workers':
      return `The workers of ${pool} are ${busy}, and tasks spend ${notRunning(finding, parts)}. ${executed(finding, parts, evidence)}`;
    case 'dispatch':
      return (
        `The parent's main thread is ${parentBusy} busy, the workers of ${pool} only ${formatShare(parts.pool.utilization)}: ` +
        `tasks spend ${notRunning(finding, parts)}.`
      );
    case 'execution':
      return `Execution holds the most time in ${pool}: ${of} (workers ${busy}${underfed(parts)}). ${executed(finding, parts, evidence)}`;
    case 'queue':
    case 'transport':
      return (
        `${finding.kind === 'queue' ? waitFor(parts) : 'Transport (encoding and decoding included)'} holds the most ` +
        `time in ${pool}: ${of}, most of it of task "${formatName(finding.task ?? '')}", while workers are ${busy} and the ` +
        `parent's main thread ${parentBusy}.`
      );
  }
}

function waitFor({ limitMs, waitingMs }: Parts): string {
  return limitMs >= waitingMs / 2
    ? 'Waiting for limits of the tasks themselves (rateLimit, concurrency)'
    : 'Waiting for a worker (encoding of inputs included)';
}

function nothing({ pools }: Evidence): string {
  const outcomes = addOutcomes(pools.map((pool) => pool.outcomes));
  return sum(pools, (pool) => pool.tries) > 0
    ? `No task came back: ${formatOutcomes(outcomes)}.`
    : 'Nothing was measured: no task came back and no section was timed.';
}

function inParent(finding: Finding, { parentSections, parentBusyShare }: Evidence): string {
  if (finding.section === undefined) {
    return `The parent's main thread was busy ${formatShare(parentBusyShare)} of the time; no section of it stands out.`;
  }
  const selfMs = parentSections[0]?.selfMs ?? 0;
  return `Section "${formatPath(finding.section)}" of the parent holds the most: ${formatMs(selfMs)}, ${formatShare(finding.share)} of the wall time.`;
}

function notRunning(finding: Finding, { wholeMs, waitingMs, transportMs }: Parts): string {
  const [waiting, transport] = [share(waitingMs, wholeMs), share(transportMs, wholeMs)].map(formatShare);
  return `${formatShare(finding.share)} of their latency not running (${waiting} waiting for a worker, ${transport} on the way)`;
}

function executed(finding: Finding, { pool, executionMs }: Parts, { bottlenecks }: Evidence): string {
  const task = pool.byTask.find((each) => each.task === finding.task);
  const taskMs = task?.segments.execution.totalMs ?? 0;
  const part = pool.byTask.length === 1 ? 'all' : formatShare(share(taskMs, executionMs));
  const section = finding.section;
  const sectionMs = bottlenecks.find((each) => each.path === section)?.selfMs ?? 0;
  const inside =
    section === undefined
      ? ''
      : `; its section "${formatPath(section)}" is ${formatShare(share(sectionMs, taskMs))} of that`;
  return `Task "${formatName(finding.task ?? '')}" is ${part} of the execution${inside}.`;
}

/** A remark if there were fewer tasks than workers to run them. */
function underfed({ pool }: Parts): string {
  const { meanInFlight, wallMs, bootMs, peakWorkers } = pool;
  const inFlight = share(meanInFlight * wallMs, wallMs - bootMs);
  return inFlight >= 0.75 * peakWorkers
    ? ''
    : `: on average ${inFlight.toFixed(1)} tasks in flight for ${plural(peakWorkers, 'worker')}`;
}
