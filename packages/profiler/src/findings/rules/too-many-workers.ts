import type { SpanColumns } from '../../model/spans.js';
import { copyRows } from '../../replay/rows.js';
import { stampOf } from '../../replay/rows-of-spans.js';
import type { RunRecord } from '../../replay/run-record.js';
import { withWorkers } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { Company } from '../company.js';
import { type PoolView, setOption, share } from '../view.js';
import { percent } from '../words.js';

const LEAST_TASKS = 100;
/** Losses that are tried. */
const STEP_OF_LOSS = 0.025;
const MOST_LOSS = 1.5;
/** Ratio of likelihoods, as a log, from which on a loss is real: beyond any doubt for one parameter. */
const CLEAR = 12;

/** R02: workers compete for cores. */
export function tooManyWorkers(view: PoolView): Candidate[] {
  const { pool, workers, cores } = view;
  const { cpuMs, gcMs, runQueueMs } = view.execution;
  const queueing = share(runQueueMs, runQueueMs + cpuMs + gcMs);
  const computing = share(cpuMs + gcMs + runQueueMs, view.executionMs);
  const surplus = workers > Math.ceil(cores) && computing >= 0.7;
  if (queueing < 0.1 && !surplus) return [];
  const perWorker = Math.max(0.05, computing);
  const wanted = Math.max(1, Math.floor((cores + 0.25) / perWorker));
  if (wanted >= workers) return [];
  const switching = switchingOf(view);
  const isFixed = pool.asked.workers.min === pool.asked.workers.max;
  const option = isFixed ? 'workers' : 'workers.max';
  return [
    cause({
      id: 'R02',
      title: 'TOO MANY WORKERS FOR THE CORES',
      text:
        `Handlers were ready to compute for ${percent(queueing)} of their computing time and had no core: ` +
        `${workers} workers share ${cores.toFixed(1)} cores.`,
      evidence: [
        evidence('waiting for a core', queueing, 'share', 0.1, 'run queue ÷ (run queue + cpu + gc) of handlers'),
        evidence(
          'workers for each core',
          workers / cores,
          'ratio',
          1,
          'workers ÷ cores, if handlers compute for 70 % of the time',
        ),
        evidence(
          'loss by switching',
          switching.loss,
          'ratio',
          null,
          'work lost for each surplus thread a core: the loss with which tasks of a name have the most even work',
        ),
      ],
      advice: [
        setOption(
          view,
          option,
          wanted,
          `Set ${option} to ${wanted}: each worker then has a core, and memory is saved.`,
          isFixed ? workers : pool.asked.workers.max,
        ),
      ],
      step: STEP.worker,
      // Tasks that lose their cores to each other make the queue.
      explains: ['R21', 'R22'],
      suppresses: ['R21'],
      confidence: switching.loss > 0 ? 'medium' : 'low',
      without: (record: RunRecord) =>
        withWorkers(wanted)({ ...withoutSwitching(record, switching), switching: switching.loss }),
    }),
  ];
}

interface Switching {
  /** Work that is lost for each surplus thread a core, as a share. */
  loss: number;
  /** Work of each task without it, ms, in the order of submits; empty if the loss is not known. */
  ownMs: number[];
}

/** Computing time as it would be if no thread took another one's core. */
function withoutSwitching(record: RunRecord, { ownMs }: Switching): RunRecord {
  if (ownMs.length !== record.rows.count) return record;
  const rows = copyRows(record.rows);
  for (let row = 0; row < rows.count; row++) {
    if ((ownMs[row] ?? 0) > 0) rows.cpu[row] = Math.max(0, (ownMs[row] ?? 0) - (rows.gc[row] ?? 0));
  }
  return { ...record, rows };
}

/**
 * What surplus threads cost each other. A handler that computes gets a part of a core, and loses some of that by switching. The right
 * loss is the one with which the tasks of a name have the most even work. So tasks in different company are needed.
 */
function switchingOf({ pool: { spans }, cores }: PoolView): Switching {
  const none = { loss: 0, ownMs: [] };
  if (spans === undefined || spans.kept < LEAST_TASKS || spans.kept < spans.of) return none;
  const company = new Company(spans);
  const workWith = (loss: number) =>
    company.integral((atWork) => Math.min(1, cores / atWork) / (1 + loss * Math.max(0, atWork / cores - 1)));
  const unevenWith = (loss: number) => unevenness(spans, workWith(loss));
  const plain = unevenWith(0);
  let [best, least] = [0, plain];
  for (let loss = STEP_OF_LOSS; loss <= MOST_LOSS; loss += STEP_OF_LOSS) {
    const uneven = unevenWith(loss);
    if (uneven < least) [best, least] = [loss, uneven];
  }
  if (best === 0 || !(least > 0) || (spans.kept / 2) * Math.log(plain / least) < CLEAR) return none;
  const work = workWith(best);
  const order = Array.from({ length: spans.kept }, (_, i) => i).sort(
    (a, b) => stampOf(spans, a, 0) - stampOf(spans, b, 0),
  );
  return { loss: best, ownMs: order.map((i) => work[i] ?? 0) };
}

/** Variance of the log of the work within names: it does not depend on a common factor. */
function unevenness(spans: SpanColumns, work: Float64Array): number {
  const sums = spans.tasks.map(() => ({ n: 0, sum: 0, squares: 0 }));
  for (let i = 0; i < spans.kept; i++) {
    const sum = sums[spans.task[i] ?? 0];
    const ms = work[i] ?? 0;
    if (sum === undefined || !(ms > 0)) continue;
    const log = Math.log(ms);
    sum.n++;
    sum.sum += log;
    sum.squares += log * log;
  }
  let [variance, count] = [0, 0];
  for (const { n, sum, squares } of sums) {
    if (n === 0) continue;
    variance += squares - (sum * sum) / n;
    count += n;
  }
  return share(variance, count);
}
