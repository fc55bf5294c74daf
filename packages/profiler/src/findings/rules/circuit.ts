import type { TaskReport } from '../../model/task-report.js';
import { type Candidate, evidence, risk, STEP } from '../candidate.js';
import { ofTask, type PoolView, share } from '../view.js';
import { count, duration, named, percent } from '../words.js';

const ANSWERED = ' Its fallback answered them.';

/** R36 again: a circuit breaker keeps calls away from workers. What it refuses is no try, so no other number has it. */
export function refused(view: PoolView): Candidate[] {
  return view.pool.byTask.flatMap((task) => {
    const { breaker } = task;
    if (breaker === null) return [];
    // Tries that no worker got are those that it refused when their turn came.
    const calls = breaker.refused + task.latency.count + task.incomplete.segments.queueWait.count;
    const part = share(breaker.refused, calls);
    if (part < 0.2) return [];
    const open = share(breaker.openMs, view.pool.wallMs);
    const times = breaker.opened === 0 ? '' : ` It opened ${count(breaker.opened, 'time')}: ${breaker.reason}.`;
    return [
      risk({
        id: 'R36',
        title: 'CIRCUIT OPEN',
        text:
          `The circuit breaker of ${named(task.task)} refused ${percent(part)} of ${count(calls, 'call')}, and was open for ` +
          `${duration(breaker.openMs)}, ${percent(open)} of the time.${times}${task.asked.fallback ? ANSWERED : ''}`,
        scope: { task: task.task },
        evidence: [
          evidence('refused', part, 'share', 0.2, 'calls that the breaker refused ÷ calls of the name'),
          evidence('open', open, 'share', null, 'time with a breaker of the name open ÷ time of the pool'),
        ],
        advice: [{ text: stepFor(task) }],
        step: STEP.purpose,
        confidence: 'high',
        explains: ['R01', 'R06', 'R19', 'R22', 'R37'],
        suppresses: ['R01', 'R06', 'R15', 'R21'],
        failsInMs: 0,
      }),
    ];
  });
}

function stepFor({ task, errors, asked }: TaskReport): string {
  // What the pool refused is not why it did.
  const most = errors.find(({ name }) => name !== 'PoolError');
  const why =
    most === undefined
      ? `Find out why calls of ${named(task)} fail or are slow`
      : `Find out why ${named(task)} fails with ${most.code === '' ? most.name : most.code}, ${count(most.count, 'time')}`;
  return asked.fallback
    ? `${why}.`
    : `${why}. Until it is mended, ${ofTask(task, 'breaker.fallback')} can answer the calls.`;
}
