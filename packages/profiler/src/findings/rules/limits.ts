import type { LimitAsked } from '@millpond/core';
import { limitWords } from '../../format/limit-words.js';
import type { Advice } from '../../model/finding.js';
import type { TaskReport } from '../../model/task-report.js';
import { copyRows } from '../../replay/rows.js';
import { isNamed, type WhatIf } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { largestOf, ofTask, type PoolView, setOption, share } from '../view.js';
import { named, percent } from '../words.js';

/** R36: limits that the program has set keep tasks back. */
export function limited(view: PoolView): Candidate[] {
  const part = share(view.limitMs, view.latencyMs);
  const task = largestOf(view.pool.byTask, ({ waits }) => waits.limit.totalMs);
  if (part < 0.2 || task === undefined) return [];
  const limit = largestOf(task.asked.limits, ({ blockedMs }) => blockedMs);
  const rate = share(task.tries, view.pool.activeMs / 1000);
  const wanted = task.arrivals.meanMs > 0 ? 1000 / task.arrivals.meanMs : rate / Math.max(0.05, 1 - part);
  const under = limit === undefined ? '' : ` under ${limit.option} (${limitWords(limit)})`;
  return [
    cause({
      id: 'R36',
      title: 'LIMITED ON PURPOSE',
      text:
        `Limits of ${named(task.task)} kept its tasks back for ${percent(part)} of all latency. It ran ${rate.toFixed(1)} tasks a ` +
        `second${under}, and ${wanted.toFixed(1)} a second came.`,
      scope: { task: task.task },
      evidence: [
        evidence('limit wait', part, 'share', 0.2, 'wait for limits of the name ÷ latency'),
        evidence('rate', rate, 'per second', null, 'tries ÷ active time'),
        evidence('rate without the limit', wanted, 'per second', null, '1 ÷ mean time between submits'),
      ],
      advice: [
        limit === undefined
          ? { text: `If what they protect allows more, raise the limits of ${named(task.task)}.` }
          : limit.perMs === null
            ? moreAtOnce(view, task, limit)
            : moreInTime(view, task, limit, rate, wanted),
      ],
      step: STEP.purpose,
      explains: ['R01', 'R06', 'R22', 'R21'],
      suppresses: ['R01', 'R06', 'R21', 'R15'],
      without: withoutLimits(task.task),
    }),
  ];
}

/** The run without the limits of a name. Those of calls at once are terms of the replay; others kept rows back. */
function withoutLimits(task: string): WhatIf {
  return (record) => {
    const rows = copyRows(record.rows);
    for (let row = 0; row < rows.count; row++) if (isNamed(record, row, task)) rows.hold[row] = 0;
    const byName = record.byName.map((terms, name) =>
      record.names[name] === task ? { ...terms, limit: Infinity } : terms,
    );
    return { ...record, rows, byName };
  };
}

const ALONE = ' It counts each key by itself, so one frequent key waits alone.';

function moreAtOnce(view: PoolView, { task }: TaskReport, { option, max, isByKey }: LimitAsked): Advice {
  const path = ofTask(task, isByKey ? `${option}.max` : option);
  const text = `If what it protects allows more, raise ${path}.${isByKey ? ALONE : ''}`;
  // The saving is that without the limit.
  return setOption(view, path, Math.max(2 * max, view.places), text, max);
}

/** @param rate tries a second @param wanted calls that came in a second */
function moreInTime(view: PoolView, task: TaskReport, limit: LimitAsked, rate: number, wanted: number): Advice {
  const { option, max, perMs, unit, isByKey } = limit;
  // That of one key, or of another unit, rises by the factor by which calls came faster.
  const isOfCalls = unit === 'calls' && !isByKey;
  const more = isOfCalls ? Math.ceil(wanted) : Math.ceil(max * Math.max(2, share(wanted, rate)));
  const inMs = isOfCalls ? 1000 : perMs;
  const goal = limitWords({ max: more, perMs: inMs, unit, isByKey });
  const path = ofTask(task.task, option);
  const which = task.asked.limits.length > 1 ? ` of ${limitWords(limit)}` : '';
  const text = `If the service allows it, raise ${path}${which} to ${goal}.${isByKey ? ALONE : ''} Otherwise this is what it takes.`;
  return setOption(view, path, `{ ${unit}: ${more}, perMs: ${inMs} }`, text, limitWords(limit));
}
