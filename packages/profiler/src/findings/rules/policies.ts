import type { Advice } from '../../model/finding.js';
import type { TaskReport } from '../../model/task-report.js';
import { mergedRows } from '../../replay/merge.js';
import { handlerMs } from '../../replay/rows.js';
import { isNamed, withRows } from '../../replay/what-if.js';
import { leastSquares } from '../../statistics/least-squares.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { largestOf, ofTask, type PoolView, setOption, share } from '../view.js';
import { named, percent } from '../words.js';

/** R34: batches leave too small, or wait too long. */
export function batches(view: PoolView): Candidate[] {
  return view.pool.batches.flatMap((batch) => {
    const task = view.pool.byTask.find((each) => each.task === batch.task);
    if (task === undefined || batch.batches < 10) return [];
    const waited = share(task.waits.batch.totalMs, task.latency.totalMs);
    const items = share(batch.items, batch.batches);
    const queued = share(
      task.segments.queueWait.totalMs - task.waits.batch.totalMs - task.waits.limit.totalMs,
      task.latency.totalMs,
    );
    const waitMs = usefulWaitMs(batch, task);
    if (waited >= 0.3 && waitMs !== undefined) return [tooLate(view, batch, { waited, items, waitMs })];
    if (batch.fillShare < 0.3 && queued >= 0.2) return [tooSmall(view, batch, queued, items)];
    return [];
  });
}

type Batch = PoolView['pool']['batches'][number];

/** The longest wait that brings items; undefined if that is near the one that is set. */
function usefulWaitMs({ batches, items, byReason, maxWaitMs }: Batch, task: TaskReport): number | undefined {
  if (share(items, batches) <= 1.5) return 0;
  const { count, meanMs } = task.waits.batch;
  if (share(byReason['time'] ?? 0, batches) < 0.8 || count === 0) return undefined;
  // Items that come together wait for all of the time: those that come later wait for less.
  const comeWithinMs = 2 * Math.max(0, maxWaitMs - meanMs);
  const waitMs = Math.max(1, Math.ceil(comeWithinMs));
  return waitMs <= 0.4 * maxWaitMs ? waitMs : undefined;
}

/** What a batch waited for, and the wait that is enough. */
interface LateBatch {
  waited: number;
  items: number;
  waitMs: number;
}

function tooLate(view: PoolView, batch: Batch, { waited, items, waitMs }: LateBatch): Candidate {
  const option = ofTask(batch.task, 'batch.maxWaitMs');
  const text =
    waitMs === 0
      ? `Let no item wait for others: ${option} = 0. While all workers are busy, batches fill by themselves.`
      : `Let items wait ${waitMs} ms for others, not ${batch.maxWaitMs}: ${option} = ${waitMs}. All come within that time.`;
  const kept = share(waitMs, batch.maxWaitMs);
  return cause({
    id: 'R34',
    title: 'BATCHES WAIT IN VAIN',
    text: `Tasks of ${named(batch.task)} waited ${percent(waited)} of their latency for others, and batches left with ${items.toFixed(1)} items.`,
    scope: { task: batch.task },
    evidence: [
      evidence('batch wait', waited, 'share', 0.3, 'wait for a batch to fill ÷ latency'),
      evidence('items', items, 'count', null, 'items ÷ batches'),
      evidence('useful wait', waitMs, 'ms', 0.4 * batch.maxWaitMs, '2 × (maxWaitMs − mean wait of items); up to this'),
    ],
    advice: [setOption(view, option, waitMs, text, batch.maxWaitMs)],
    step: STEP.purpose + 0.5,
    explains: ['R22'],
    without: withRows((rows, row, record) => {
      if (isNamed(record, row, batch.task)) rows.hold[row]! *= kept;
    }),
  });
}

function tooSmall(view: PoolView, batch: Batch, queued: number, items: number): Candidate {
  const wanted = Math.max(1, Math.min(batch.size, Math.ceil(items * 8)));
  return cause({
    id: 'R34',
    title: 'BATCHES TOO SMALL',
    text: `Batches of ${named(batch.task)} left with ${items.toFixed(1)} of ${batch.size} items, while tasks waited for ${percent(queued)} of their latency.`,
    scope: { task: batch.task },
    evidence: [
      evidence('fill', batch.fillShare, 'share', 0.3, 'items ÷ batches ÷ size; below this'),
      evidence('queue wait', queued, 'share', 0.2, 'queue wait without batch and limits ÷ latency'),
    ],
    advice: [largerBatches(view, batch, wanted, items)],
    step: STEP.waste + 0.5,
    explains: ['R01', 'R22', 'R07'],
    // A limit of batches is a setting. Other code for the handlers, or more workers, may be needless after it.
    suppresses: ['R01', 'R16'],
    without: (record) => {
      const { rows } = record;
      const x: number[] = [];
      const y: number[] = [];
      for (let row = 0; row < rows.count; row++) {
        if (!isNamed(record, row, batch.task)) continue;
        x.push(rows.items[row] ?? 1);
        y.push(handlerMs(rows, row));
      }
      const line = leastSquares(x, y);
      const meanMs = y.reduce((sum, ms) => sum + ms, 0) / Math.max(1, y.length);
      // Without batches of several sizes, half of a call is thought to be its own cost.
      const fixedMs = line !== null && line.a > 0 ? Math.min(line.a, meanMs) : meanMs / 2;
      return mergedRows(record, wanted, { task: batch.task, fixedMs });
    },
  });
}

/** The option behind the reason for which most batches left. */
function largerBatches(view: PoolView, batch: Batch, wanted: number, items: number): Advice {
  const [reason] = largestOf(Object.entries(batch.byReason), ([, count]) => count) ?? [];
  const task = view.pool.byTask.find((each) => each.task === batch.task);
  const option = (name: string) => ofTask(batch.task, `batch.${name}`);
  const maxBytes = task?.asked.batchMaxBytes ?? null;
  if (reason === 'bytes' && maxBytes !== null) {
    const larger = Math.ceil((maxBytes * wanted) / Math.max(1, items));
    const text = `Let batches have ${larger} bytes, for some ${wanted} items: ${option('maxBytes')}.`;
    return setOption(view, option('maxBytes'), larger, text, maxBytes);
  }
  if (reason === 'size')
    return setOption(view, option('size'), wanted, `Let batches fill to ${wanted}: ${option('size')}.`, batch.size);
  if (reason === 'full')
    return {
      text: `Let \`isFull\` of ${named(batch.task)} wait for more: batches left with ${items.toFixed(1)} items.`,
    };
  const gapMs = task?.arrivals.meanMs ?? 1;
  const waitMs = Math.max(1, Math.ceil(Math.min(1000, gapMs * wanted)));
  const text = `Let items wait ${waitMs} ms for others: ${option('maxWaitMs')}.`;
  return setOption(view, option('maxWaitMs'), waitMs, text, batch.maxWaitMs);
}
