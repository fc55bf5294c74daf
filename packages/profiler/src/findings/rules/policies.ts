import type { Advice } from '../../model/finding.js';
import type { TaskReport } from '../../model/task-report.js';
import { mergedRows } from '../../replay/merge.js';
import { copyRows, handlerMs } from '../../replay/rows.js';
import { isNamed, type WhatIf, withRows } from '../../replay/what-if.js';
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
    if (waited >= 0.3 && items <= 1.5) return [tooLate(view, batch, waited, items)];
    if (batch.fillShare < 0.3 && queued >= 0.2) return [tooSmall(view, batch, queued, items)];
    return [];
  });
}

type Batch = PoolView['pool']['batches'][number];

function tooLate(view: PoolView, batch: Batch, waited: number, items: number): Candidate {
  return cause({
    id: 'R34',
    title: 'BATCHES WAIT IN VAIN',
    text: `Tasks of ${named(batch.task)} waited ${percent(waited)} of their latency for others, and batches left with ${items.toFixed(1)} items.`,
    scope: { task: batch.task },
    evidence: [
      evidence('batch wait', waited, 'share', 0.3, 'wait for a batch to fill ÷ latency'),
      evidence('items', items, 'count', 1.5, 'items ÷ batches; up to this'),
    ],
    advice: [
      setOption(
        view,
        ofTask(batch.task, 'batch.maxWaitMs'),
        0,
        `Let no item wait for others: ${ofTask(batch.task, 'batch.maxWaitMs')} = 0. While all workers are busy, batches fill by themselves.`,
        batch.maxWaitMs,
      ),
    ],
    step: STEP.purpose + 0.5,
    explains: ['R22'],
    without: withRows((rows, row, record) => {
      if (isNamed(record, row, batch.task)) rows.hold[row] = 0;
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

/** R36: limits that the program has set keep tasks back. */
export function limited(view: PoolView): Candidate[] {
  const part = share(view.limitMs, view.latencyMs);
  const task = largestOf(view.pool.byTask, ({ waits }) => waits.limit.totalMs);
  if (part < 0.2 || task === undefined) return [];
  const limit = limitOf(task.asked);
  const rate = share(task.tries, view.pool.activeMs / 1000);
  const wanted = task.arrivals.meanMs > 0 ? 1000 / task.arrivals.meanMs : rate / Math.max(0.05, 1 - part);
  return [
    cause({
      id: 'R36',
      title: 'LIMITED ON PURPOSE',
      text: `Limits of ${named(task.task)} kept its tasks back for ${percent(part)} of all latency. It ran ${rate.toFixed(1)} tasks a second${limit === undefined ? '' : ` under ${limit.option} ${limit.terms === '' ? limit.now : limit.terms}`}, and ${wanted.toFixed(1)} a second came.`,
      scope: { task: task.task },
      evidence: [
        evidence('limit wait', part, 'share', 0.2, 'wait for limits of the name ÷ latency'),
        evidence('rate', rate, 'per second', null, 'tries ÷ active time'),
        evidence('rate without the limit', wanted, 'per second', null, '1 ÷ mean time between submits'),
      ],
      advice: [higherLimit(view, task, limit, wanted)],
      step: STEP.purpose,
      explains: ['R01', 'R06', 'R22', 'R21'],
      suppresses: ['R01', 'R06', 'R21', 'R15'],
      without: withoutLimit(task.task),
    }),
  ];
}

/** The run without the limits of a name. Those of calls at once are terms of the replay; others kept rows back. */
function withoutLimit(task: string): WhatIf {
  return (record) => {
    const rows = copyRows(record.rows);
    for (let row = 0; row < rows.count; row++) if (isNamed(record, row, task)) rows.hold[row] = 0;
    const byName = record.byName.map((terms, name) =>
      record.names[name] === task ? { ...terms, limit: Infinity } : terms,
    );
    return { ...record, rows, byName };
  };
}

interface Limit {
  option: TaskReport['asked']['limits'][number]['option'];
  now: string | number;
  /** Such as `5 calls in 50 ms by key`; empty where the pool does not tell. */
  terms: string;
}

/** The limit of a name that has held its tasks back most; undefined if it is of another kind. */
function limitOf({ limits, rateLimit, concurrency, concurrencyByKey }: TaskReport['asked']): Limit | undefined {
  const values = { rateLimit, concurrency, concurrencyByKey };
  const most = largestOf(limits, ({ blockedMs }) => blockedMs);
  if (most !== undefined) {
    const { option, terms } = most;
    return { option, now: option === 'rateLimit' ? terms : (values[option] ?? terms), terms };
  }
  for (const option of ['rateLimit', 'concurrency', 'concurrencyByKey'] as const) {
    const now = values[option];
    if (now !== null) return { option, now, terms: '' };
  }
  return undefined;
}

function higherLimit(view: PoolView, task: TaskReport, limit: Limit | undefined, wanted: number): Advice {
  const { task: name } = task;
  if (limit === undefined) return { text: `If what they protect allows more, raise the limits of ${named(name)}.` };
  const { now, terms } = limit;
  const option = ofTask(name, limit.option);
  const isByKey = terms.endsWith('by key') || limit.option === 'concurrencyByKey';
  const alone = isByKey ? ' It counts each key by itself, so one frequent key waits alone.' : '';
  if (typeof now === 'string') {
    // That of one key rises by the factor by which all keys want more.
    const [, max = '1', perMs = '1000'] = /^(\d+) .* in (\d+) ms/.exec(now) ?? [];
    const rate = share(task.tries, view.pool.activeMs / 1000);
    const larger = Math.ceil(Number(max) * Math.max(2, share(wanted, rate)));
    const to = isByKey ? `{ calls: ${larger}, perMs: ${perMs} }` : `{ calls: ${Math.ceil(wanted)}, perMs: 1000 }`;
    const goal = isByKey ? `${larger} calls in ${perMs} ms` : `${Math.ceil(wanted)} calls a second`;
    const which = task.asked.limits.length > 1 ? ` (that of ${now})` : '';
    const text = `If the service allows it, raise ${option}${which} to ${goal}.${alone} Otherwise this is what it takes.`;
    return setOption(view, option, to, text, now);
  }
  return setOption(
    view,
    limit.option === 'concurrencyByKey' ? `${option}.max` : option,
    // The saving is that without the limit.
    Math.max(2 * now, view.places),
    `If what it protects allows more, raise ${limit.option === 'concurrencyByKey' ? `${option}.max` : option}.${alone}`,
    now,
  );
}
