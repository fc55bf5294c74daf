import type { Advice } from '../../model/finding.js';
import { ENDS, HANDLER_PARTS } from '../../replay/rows.js';
import { isNamed, withoutRows, withRows } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { largestOf, ofTask, type PoolView, setOption, share, sumOf } from '../view.js';
import { count, duration, named, percent } from '../words.js';

/** R19: work whose result nothing used. */
export function wastedWork(view: PoolView): Candidate[] {
  const { pool } = view;
  const { error, cancelled, timeout, retried, ok, crash } = pool.capacity.executionByEnd;
  const wasted = error + cancelled + timeout + retried;
  const part = share(wasted, wasted + ok + crash);
  if (part < 0.05) return [];
  const [kind] = largestOf(Object.entries({ error, cancelled, timeout, retried }), ([, ms]) => ms) ?? ['error'];
  const task = largestOf(
    pool.byTask,
    ({ outcomes, tries, segments }) => (tries - outcomes.ok) * segments.execution.meanMs,
  );
  const failure = task?.errors.find((each) => each.name !== 'PoolError');
  const name = task?.task ?? '';
  const advice =
    kind === 'timeout'
      ? [
          setOption(
            view,
            ofTask(name, 'timeoutMs'),
            Math.max(1, Math.round((task?.segments.execution.p99Ms ?? 1) * 1.5)),
            'Give up sooner: set timeoutMs a little above the 99th percentile of tasks that end well.',
            task?.asked.timeoutMs ?? 'none',
          ),
        ]
      : kind === 'cancelled'
        ? [
            {
              text: 'Cancel earlier, before the task starts: a `deadline` of the call ends it in the queue. Let the handler look at `ctx.signal`.',
            },
          ]
        : kind === 'retried'
          ? [
              setOption(
                view,
                ofTask(name, 'retry.on'),
                'a function',
                `Try again only what may succeed: ${ofTask(name, 'retry.on')}. \`retry.budget: 0.1\` bounds all of it.`,
                task?.asked.retries ?? 0,
              ),
            ]
          : [
              {
                text: `Check inputs of ${named(name)} before the call${failure === undefined ? '' : `: ${count(failure.count, 'task')} failed with ${failure.code === '' ? failure.name : failure.code}`}.`,
              },
            ];
  return [
    cause({
      id: 'R19',
      title: 'WASTED WORK',
      text: `${percent(part)} of the execution, ${duration(wasted)}, went to tasks that failed, were cancelled, timed out or were tried again. Most was "${kind}", in ${named(name)}.`,
      scope: { task: name },
      evidence: [
        evidence(
          'wasted',
          part,
          'share',
          0.05,
          'execution of tries that failed, timed out, were cancelled or tried again ÷ execution',
        ),
        evidence('wasted', wasted, 'ms', null, 'sum over workers'),
      ],
      advice,
      step: STEP.waste,
      explains: ['R22'],
      without: withRows((rows, row) => {
        if (rows.ends[row] !== ENDS.failed) return;
        for (const part of HANDLER_PARTS) rows[part][row] = 0;
      }),
    }),
  ];
}

/** R37: failures are tried again and again, without success. */
export function retryStorm(view: PoolView): Candidate[] {
  return view.pool.byTask.flatMap((task) => {
    const calls = task.tries - task.retries;
    const ratio = share(task.tries, calls);
    const failure = task.errors.find((each) => each.name !== 'PoolError');
    if (ratio < 1.2 || failure === undefined || failure.retried < 10) return [];
    const vain = 1 - share(failure.succeededAfterRetry, failure.retried);
    if (vain < 0.5 || failure.count < 0.5 * sumOf(task.errors, (each) => each.count)) return [];
    const what = failure.code === '' ? failure.name : failure.code;
    const test =
      failure.code !== ''
        ? `error.code !== '${what}'`
        : isThrownValue(what)
          ? `typeof error.cause !== '${what}'`
          : `error.name !== '${what}'`;
    return [
      cause({
        id: 'R37',
        title: 'RETRY STORM',
        text: `Tasks of ${named(task.task)} were tried ${ratio.toFixed(1)} times each. ${count(failure.retried, 'retry', 'retries')} followed ${what}, and ${percent(vain)} of them had no success.`,
        scope: { task: task.task },
        evidence: [
          evidence('tries a call', ratio, 'ratio', 1.2, 'tries ÷ calls of the name'),
          evidence(
            'retries in vain',
            vain,
            'share',
            0.5,
            '1 − successes after a retry ÷ retries, of the most frequent error',
          ),
        ],
        advice: [
          setOption(
            view,
            ofTask(task.task, 'retry.on'),
            `(error) => ${test}`,
            `Do not try ${what} again: ${ofTask(task.task, 'retry')} = { attempts, on: (error) => ${test} }.`,
          ),
          ...(task.asked.breaker ? [] : [breakerAdvice(view, task.task)]),
        ],
        step: STEP.waste - 0.5,
        explains: ['R19', 'R22', 'R01'],
        suppresses: ['R19'],
        without: withoutRows((rows, row, record) => {
          const after = rows.after[row] ?? -1;
          return after >= 0 && rows.ends[after] === ENDS.failed && isNamed(record, row, task.task);
        }),
      }),
    ];
  });
}

function breakerAdvice(view: PoolView, task: string): Advice {
  return setOption(
    view,
    ofTask(task, 'breaker'),
    '{}',
    'A circuit breaker stops calls while all fail. An error with `retryAfterMs` says when to come again.',
    false,
  );
}

/** Handlers may throw values that are no errors. Callers then get an Error with the value as its cause. */
function isThrownValue(name: string): boolean {
  return ['string', 'number', 'bigint', 'boolean', 'symbol', 'undefined', 'object', 'function'].includes(name);
}
