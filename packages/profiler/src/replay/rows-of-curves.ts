import type { PoolReport } from '../model/pool-report.js';
import type { TaskReport } from '../model/task-report.js';
import { randomFrom } from '../statistics/random.js';
import { middleOfBucket } from './buckets.js';
import type { NameCosts } from './name-costs.js';
import { emptyRows, ENDS, type Rows } from './rows.js';

const SEED = 1;

/**
 * Rows made from totals. Each window has as many submits as were counted there. Executions are drawn from the histograms of the names.
 * The order within a name is lost.
 * @param isQuiet whether threads were seldom busy, so that the way took what it took by itself
 * @param most rows at most; each of them then stands for several tries
 */
export function rowsOfCurves(pool: PoolReport, costs: readonly NameCosts[], isQuiet: boolean, most: number): Rows {
  const random = randomFrom(SEED);
  const arrivals = arrivalTimes(pool, most);
  const rows = emptyRows(arrivals.length);
  const draws = pool.byTask.map((task) => drawsOf(task, random));
  const chooseName = chooser(
    pool.byTask.map(({ tries }) => tries),
    random,
  );
  for (const [row, at] of arrivals.entries()) {
    const name = chooseName();
    const task = pool.byTask[name];
    const each = costs[name];
    if (task === undefined || each === undefined) continue;
    const execution = draws[name]?.() ?? 0;
    rows.at[row] = at;
    rows.name[row] = name;
    rows.hold[row] = task.waits.limit.meanMs + task.waits.batch.meanMs;
    rows.inputEncode[row] = task.codec.inputEncodeMs / Math.max(1, task.tries);
    rows.dispatch[row] = each.dispatchMs;
    rows.wayIn[row] = isQuiet ? task.segments.transportIn.p50Ms : task.segments.transportIn.minMs;
    rows.decode[row] = each.decodeMs;
    rows.cpu[row] = execution * each.cpu;
    rows.gc[row] = execution * each.gc;
    rows.block[row] = execution * each.block;
    rows.native[row] = execution * each.native;
    rows.helper[row] = execution * each.helper;
    rows.wait[row] = execution * each.wait;
    rows.reply[row] = each.replyMs;
    rows.wayOut[row] = isQuiet ? task.segments.transportOut.p50Ms : task.segments.transportOut.minMs;
    rows.settle[row] = each.settleMs;
    const failedShare = (task.tries - task.outcomes.ok) / Math.max(1, task.tries);
    rows.ends[row] = random() < failedShare ? ENDS.failed : ENDS.ok;
  }
  return rows;
}

/** Times of submits: evenly within each window. */
function arrivalTimes(pool: PoolReport, most: number): number[] {
  const { atMs, windowMs, arrived } = pool.curves;
  const total = arrived.reduce((sum, each) => sum + each, 0);
  const share = Math.min(1, most / Math.max(1, total));
  const times: number[] = [];
  let owed = 0;
  for (const [i, count] of arrived.entries()) {
    owed += count * share;
    const here = Math.floor(owed + 1e-9);
    owed -= here;
    // The axis shrinks with the number of rows, so that the rate of arrivals stays.
    for (let k = 0; k < here; k++) times.push(((atMs[i] ?? 0) + ((k + 0.5) / here) * windowMs) * share);
  }
  return times;
}

/**
 * Draws from a histogram without loss: all its values come once, in a shuffled order. So sums stay near those of the histogram.
 */
function drawsOf(task: TaskReport, random: () => number): () => number {
  const values: number[] = [];
  const total = task.executionBuckets.reduce((sum, [, count]) => sum + count, 0);
  const kept = Math.min(total, 4096);
  let owed = 0;
  for (const [bucket, count] of task.executionBuckets) {
    owed += (count * kept) / Math.max(1, total);
    for (; owed >= 1; owed--) values.push(middleOfBucket(bucket));
  }
  if (values.length === 0) return () => task.segments.execution.meanMs;
  let left = 0;
  return () => {
    if (left === 0) left = values.length;
    const i = Math.floor(random() * left--);
    const value = values[i] ?? 0;
    values[i] = values[left] ?? 0;
    values[left] = value;
    return value;
  };
}

/** Draws an index by weight, each as often as its share says. */
function chooser(weights: readonly number[], random: () => number): () => number {
  const total = weights.reduce((sum, each) => sum + each, 0);
  return () => {
    let place = random() * total;
    for (const [i, weight] of weights.entries()) {
      place -= weight;
      if (place < 0) return i;
    }
    return Math.max(0, weights.length - 1);
  };
}
