import { HANDLER_PARTS, handlerMs } from '../../replay/rows.js';
import type { Arrivals, RunRecord } from '../../replay/run-record.js';
import { withRows } from '../../replay/what-if.js';
import { quantile } from '../../statistics/quantile.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { heldByProgram } from '../held-by-program.js';
import { capacityShare, largestOf, ofTask, type PoolView, setOption } from '../view.js';
import { count, duration, named, percent } from '../words.js';

/** Most calls under way at one time, as the program makes them; Infinity if they come by themselves. */
function capOf(arrivals: Arrivals | undefined): number {
  if (arrivals === undefined || arrivals.kind === 'open') return Infinity;
  return arrivals.kind === 'closed' ? arrivals.cap : quantile([...arrivals.sizes], 0.9);
}

/** R06: the program makes fewer calls at a time than there are places. */
export function underfed(view: PoolView): Candidate[] {
  const idle = capacityShare(view, 'noWork', 'notParallel');
  const cap = capOf(view.record?.arrivals);
  // A larger window helps nothing where the loop over results is slow.
  if (idle < 0.3 || !(cap < view.places) || heldByProgram(view) !== undefined) return [];
  const wanted = 2 * view.places;
  const way =
    view.record?.arrivals.kind === 'rounds'
      ? 'waits for all of them before the next ones'
      : 'waits for one before the next one';
  return [
    cause({
      id: 'R06',
      title: 'WORKERS HAVE TOO LITTLE TO DO',
      text: `The program has ${count(cap, 'call')} under way at a time and ${way}. So ${count(view.places, 'place')} for tasks had nothing to do for ${percent(idle)} of the time.`,
      evidence: [
        evidence('idle', idle, 'share', 0.3, 'capacity without work, or with work for other workers only'),
        evidence(
          'calls at a time',
          cap,
          'count',
          view.places,
          'calls under way when the next one comes, where submits follow settlings',
        ),
      ],
      advice: [
        setOption(
          view,
          'window',
          wanted,
          `Call without waiting for each result: \`pool.map(name, inputs, { window: ${wanted} })\`, or \`Promise.all\`.`,
          Math.round(cap),
        ),
      ],
      step: STEP.feeding,
      explains: ['R04'],
      without: (record) => ({ ...record, arrivals: { kind: 'closed', cap: wanted, thinkMs: 0 } }),
    }),
  ];
}

/** R24: a call of several tasks waits for its slowest one. */
export function tailOfGroups(view: PoolView): Candidate[] {
  const { record, pool } = view;
  if (record?.arrivals.kind !== 'rounds' || capOf(record.arrivals) < view.places * 0.5) return [];
  const task = largestOf(pool.byTask, ({ segments }) => segments.execution.totalMs);
  if (task === undefined || task.tries < 100) return [];
  // Second runs go on already.
  if (pool.asked.set.includes(ofTask(task.task, 'hedge'))) return [];
  const { p50Ms, p95Ms, p99Ms, meanMs } = task.segments.execution;
  const size = capOf(record.arrivals);
  const groupMs = groupMedian(record);
  if (groupMs < p95Ms * 0.8 || p99Ms < 3 * p50Ms) return [];
  const name = record.names.indexOf(task.task);
  return [
    cause({
      id: 'R24',
      title: 'GROUPS WAIT FOR THEIR SLOWEST TASK',
      text: `Groups of ${count(size, 'task')} take ${duration(groupMs)} in the middle, and their tasks ${duration(p50Ms)}: one slow task of ${named(task.task)} in each is enough.`,
      scope: { task: task.task },
      evidence: [
        evidence(
          'group',
          groupMs,
          'ms',
          p95Ms * 0.8,
          'median of the longest execution of a group, against the 95th percentile of one task',
        ),
        evidence('spread', p99Ms / Math.max(1e-6, p50Ms), 'ratio', 3, '99th percentile ÷ median of the execution'),
        evidence(
          'chance',
          1 - 0.95 ** size,
          'share',
          null,
          '1 − (1 − 0.05)^n: a group has a task beyond the 95th percentile',
        ),
      ],
      advice: [
        setOption(
          view,
          ofTask(task.task, 'hedge.after'),
          'p95',
          `Where an input is slow by chance, run it a second time: set ${ofTask(task.task, 'hedge')} to { after: 'p95', budget: 0.1 }, with idempotent: true.`,
        ),
        { text: 'Or make groups smaller.' },
      ],
      step: STEP.execution,
      // Inputs that are slow each time are slow the second time, too.
      confidence: 'low',
      explains: ['R08', 'R06'],
      without: hedged(name, p95Ms, meanMs < p50Ms * 3 ? meanMs : p50Ms),
    }),
  ];
}

/** A second run beside a slow one, which takes the usual time. */
export function hedged(name: number, afterMs: number, usualMs: number) {
  return withRows((rows, row) => {
    const ms = handlerMs(rows, row);
    if (rows.name[row] !== name || ms <= afterMs + usualMs) return;
    for (const part of HANDLER_PARTS) rows[part][row]! *= (afterMs + usualMs) / ms;
  });
}

function groupMedian({ rows, arrivals }: RunRecord): number {
  if (arrivals.kind !== 'rounds') return 0;
  const longest: number[] = [];
  let row = 0;
  for (const size of arrivals.sizes) {
    let most = 0;
    for (const end = row + size; row < end; row++) most = Math.max(most, handlerMs(rows, row));
    longest.push(most);
  }
  return quantile(longest, 0.5);
}
