import type { Advice } from '../../model/finding.js';
import type { DispatcherLedger } from '../../model/ledgers.js';
import { mergedRows } from '../../replay/merge.js';
import type { RunRecord } from '../../replay/run-record.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { collectedAfterCallsMs, programMs } from '../program-work.js';
import { capacityShare, type PoolView, setOption, share, sumOf } from '../view.js';
import { code, duration, percent } from '../words.js';

/** R05: the program's own work on its main thread keeps tasks from workers. */
export function blockedMainThread(view: PoolView): Candidate[] {
  const { measured, pool } = view;
  const { ledger, busyShare } = measured.parent;
  const starved = capacityShare(view, 'starved');
  const lateMs = Math.max(0, ...pool.byTask.map(({ segments }) => segments.transportOut.p99Ms));
  const ownMs = programMs(ledger);
  const own = share(ownMs, ledger.wallMs - ledger.idleMs);
  // A worker whose result the main thread has not read has a task, and does nothing.
  const unread = capacityShare(view, 'other');
  if (starved + unread < 0.1 && busyShare < 0.95 && lateMs < 100) return [];
  // A main thread that sleeps most of the time keeps nothing from workers. Handlers that run in it are no other's work.
  if (busyShare < 0.3 || pool.kind === 'inline') return [];
  // Where our own work fills the thread, R03 and R07 say which.
  if (own < 0.3 || share(ownMs, ledger.wallMs) < 0.1) return [];
  const hot = measured.parent.cpu?.hot.find(({ file }) => file !== '' && !file.startsWith('node:'));
  const section = measured.parent.sections[0];
  const where =
    hot === undefined
      ? section === undefined
        ? ''
        : ` Most of it: section ${section.name}.`
      : ` Most of it: ${code(hot)} (${hot.file}:${hot.line}).`;
  const executionMs = Math.max(0.01, share(view.executionMs, view.tries));
  const ahead = Math.max(1, Math.min(64, Math.ceil(ledger.loopDelayMaxMs / executionMs)));
  const move: Advice = {
    text: 'Move the work off the main thread, into a task, or do it in short pieces.',
    ...(hot === undefined ? {} : { at: { file: hot.file, line: hot.line, functionName: hot.functionName } }),
  };
  return [
    cause({
      id: 'R05',
      title: 'MAIN THREAD BLOCKED',
      text:
        `For ${percent(starved + unread)} of their time workers waited for the main thread. The program's own work filled ` +
        `${percent(share(ownMs, ledger.wallMs))} of its main thread, up to ${duration(ledger.loopDelayMaxMs)} at a time.${where}`,
      evidence: [
        evidence(
          'waiting for the main thread',
          starved + unread,
          'share',
          0.1,
          'workers idle while a task waits that they could run, or with a result that is not read yet ÷ capacity',
        ),
        evidence('main thread busy', busyShare, 'share', 0.95, 'event-loop utilization'),
        evidence('late results', lateMs, 'ms', 100, '99th percentile of transport out'),
        evidence('own work', own, 'share', 0.3, '(user + its part of gc) ÷ busy time of the main thread'),
        evidence(
          'ceiling',
          ledger.ceilingPerSecond,
          'per second',
          null,
          'tasks a second at which dispatch alone fills the main thread',
        ),
      ],
      advice: [
        move,
        // A thread that is always busy has no time for results either.
        ...(busyShare < 0.7
          ? [
              setOption(
                view,
                'prefetch',
                ahead,
                `Or send ${ahead} tasks ahead, so that workers go on meanwhile.`,
                pool.asked.prefetch.value,
              ),
            ]
          : []),
      ],
      step: STEP.parent,
      explains: ['R04', 'R07', 'R01', 'R22', 'R08'],
      without: (record) => ({ ...record, user: [] }),
    }),
  ];
}

/** Computing ÷ length of the run, up to which one thread is surely faster. */
const INLINE_SHARE = 0.7;

/** R07: what a task costs beside its handler is more than the handler. */
export function tasksTooSmall(view: PoolView): Candidate[] {
  const { pool, measured } = view;
  const { ledger } = measured.parent;
  const tries = Math.max(1, view.tries);
  const x = view.executionMs / tries;
  // The cost of large values is that of their bytes, which R03 judges.
  const isLarge = sumOf(pool.byTask, ({ bytesIn, bytesOut }) => bytesIn.total + bytesOut.total) / tries >= 4096;
  const codecMs = isLarge ? 0 : ledger.encodeMs + ledger.decodeMs;
  const mainMs = share(
    codecMs + ledger.dispatchMs,
    sumOf(measured.pools, (each) => each.tries),
  );
  // The shortest way: longer ones waited for a busy thread.
  const wayMs =
    sumOf(pool.byTask, ({ segments: s }) => {
      const bytesMs = isLarge ? 0 : s.decode.totalMs + s.reply.totalMs;
      return bytesMs + (s.transportIn.minMs + s.transportOut.minMs) * s.transportIn.count;
    }) / tries;
  // One main thread serves all workers: its time a task is that of as many tasks as there are workers.
  const o = Math.max(mainMs * view.workers, mainMs + (ahead(view) > 0 ? 0 : wayMs));
  if (!(x < 4 * o) || view.tries < 1000) return [];
  const size = Math.max(
    2,
    Math.min(1000, Math.ceil((9 * o) / Math.max(1e-4, x)), Math.floor(tries / (4 * view.places))),
  );
  const task = pool.byTask.reduce((a, b) => (b.tries > a.tries ? b : a));
  return [
    cause({
      id: 'R07',
      title: 'TASKS TOO SMALL',
      text: `A task computes for ${duration(x)} and costs ${duration(o)} beside that, so workers are ${percent(x / (x + o))} efficient.`,
      scope: { task: task.task },
      evidence: [
        evidence('execution', x, 'ms', 4 * o, 'mean; less than four times the cost of a task'),
        evidence('cost of a task', o, 'ms', null, 'larger of: main thread × workers, main thread + way'),
        evidence('efficiency', x / (x + o), 'share', 0.8, 'execution ÷ (execution + cost)'),
      ],
      advice: [
        // A batch handler would leave the program all its calls, which are most of the cost. Tasks of 3 µs were not faster by it, and
        // twice as fast by lists.
        { text: `Give each call a list of ${size} inputs, and loop over it in the handler.`, value: size },
        ...inlineAdvice(view),
      ],
      step: STEP.bytes,
      explains: ['R03', 'R04', 'R05', 'R06', 'R22'],
      without: (record) => withFewerCalls(mergedRows(record, size, { isLarge }), ledger, 1 - 1 / size),
    }),
  ];
}

/** The collector has less to clean up after fewer calls. A record counts it among the program's own work. */
function withFewerCalls(record: RunRecord | null, ledger: DispatcherLedger, fewer: number): RunRecord | null {
  const part = fewer * share(collectedAfterCallsMs(ledger), ledger.userMs + ledger.gcMs);
  return record && { ...record, user: record.user.map(({ atMs, ms }) => ({ atMs, ms: ms * (1 - part) })) };
}

/** Where one thread has less to compute than the pool took, the program needs no workers. */
function inlineAdvice(view: PoolView): Advice[] {
  const { cpuMs, gcMs, onLoopMs } = view.execution;
  if (cpuMs + gcMs + onLoopMs > INLINE_SHARE * view.pool.activeMs || view.pool.kind === 'inline') return [];
  return [
    setOption(view, 'kind', 'inline', 'Or run the handlers in the program itself: kind = inline.', view.pool.kind),
  ];
}

function ahead({ pool }: PoolView): number {
  return pool.asked.prefetch.value === 'auto' ? 1 : pool.asked.prefetch.value;
}
