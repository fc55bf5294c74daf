import { copyRows, HANDLER_PARTS, handlerMs } from '../../replay/rows.js';
import { isNamed, type WhatIf, withRows } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { ofTask, type PoolView, setOption, share, sumOf } from '../view.js';
import { count, duration, named, percent } from '../words.js';

/** Distinct inputs from which on their repetition speaks for a cache. */
const LEAST_INPUTS = 10;

/** R20: the same inputs are computed again and again. */
export function missingCache(view: PoolView): Candidate[] {
  const { pool } = view;
  return pool.cache.flatMap((cache) => {
    const task = pool.byTask.find((each) => each.task === cache.task);
    if (cache.repeatedMs === null || task === undefined) return [];
    const executionMs = task.segments.execution.totalMs;
    const part = Math.min(1, share(cache.repeatedMs, executionMs));
    if (part < 0.1) return [];
    const isCached = task.asked.cached || cache.lookups > 0;
    // A handler that always gets the same is called for what it does, and not for its result.
    if (!isCached && (cache.inputs ?? 0) < LEAST_INPUTS) return [];
    const isFull = isCached && cache.evicted > 0.1 * cache.misses;
    const larger = Math.min(1_000_000, Math.max(2000, 2 * cache.misses));
    const advice = !isCached
      ? setOption(
          view,
          ofTask(task.task, 'cache'),
          true,
          `Keep results: ${ofTask(task.task, 'cache')} = true, if they depend on nothing but the input.`,
          false,
        )
      : isFull
        ? setOption(
            view,
            'cache.max',
            larger,
            `Keep more results: cache.max = ${larger}. ${count(cache.evicted, 'result')} went to make room.`,
            1000,
          )
        : setOption(view, ofTask(task.task, 'cache.ttlMs'), 600_000, 'Keep results for longer.', 'see the option');
    return [
      cause({
        id: 'R20',
        title: isCached ? 'CACHE TOO SMALL' : 'NO CACHE FOR REPEATED INPUTS',
        text: `${named(task.task)} computed the same inputs again: ${percent(part)} of its execution, ${duration(cache.repeatedMs)}.`,
        scope: { task: task.task },
        evidence: [
          evidence(
            'repeated',
            part,
            'share',
            0.1,
            'execution of inputs that came before ÷ execution of the name; from up to 1,024 inputs',
          ),
          evidence(
            'value',
            cache.hits * cache.missMs - cache.lookups * cache.lookupMs,
            'ms',
            null,
            'hits × mean execution of a miss − look-ups × their cost',
          ),
        ],
        advice: [advice],
        step: STEP.waste,
        confidence: 'medium',
        explains: ['R22', 'R01'],
        without: withoutRepeats(task.task, part),
      }),
    ];
  });
}

/**
 * The run with a part of the executions of a name answered by a cache. Only their sum is known. So each row adds its share to
 * what may go, and goes once that is enough. A long one goes as seldom as its length allows.
 */
function withoutRepeats(task: string, part: number): WhatIf {
  return (record) => {
    let owedMs = 0;
    return withRows((rows, row) => {
      if (!isNamed(record, row, task)) return;
      const ms = handlerMs(rows, row);
      owedMs += part * ms;
      if (owedMs < ms) return;
      owedMs -= ms;
      for (const column of [...HANDLER_PARTS, 'decode', 'reply', 'wayIn', 'wayOut'] as const) rows[column][row] = 0;
    })(record);
  };
}

/** R35: a cache that has no hits. */
export function uselessCache(view: PoolView): Candidate[] {
  return view.pool.cache.flatMap((cache) => {
    const hits = share(cache.hits + cache.stale + cache.coalesced, cache.lookups);
    if (cache.lookups < 1000 || hits >= 0.05) return [];
    const [first = '', second = ''] = cache.exampleKeys;
    const keys = first === '' || second === '' ? '' : ` Two keys: ${named(first)} and ${named(second)}.`;
    return [
      cause({
        id: 'R35',
        title: 'CACHED, AND NEVER HIT',
        text: `${count(cache.lookups, 'look-up')} of ${named(cache.task)} found a result in ${percent(hits)} of cases, and took ${duration(cache.lookupMs)} each.${keys}`,
        scope: { task: cache.task },
        evidence: [
          evidence('hits', hits, 'share', 0.05, '(hits + stale + coalesced) ÷ look-ups; below this'),
          evidence('look-ups', cache.lookups, 'count', 1000, 'look-ups of the name'),
          evidence(
            'cost',
            cache.lookups * cache.lookupMs,
            'ms',
            null,
            'look-ups × their mean cost, on the main thread',
          ),
        ],
        advice: [
          setOption(
            view,
            ofTask(cache.task, 'cache.key'),
            '(input) => input.id',
            `Leave out of the key what differs in each call: ${ofTask(cache.task, 'cache.key')}.`,
            'the whole input',
          ),
          setOption(view, ofTask(cache.task, 'cache'), false, 'Or do not cache this name.', true),
        ],
        step: STEP.waste,
        explains: ['R05'],
        without: withoutLookups(cache.task, cache.lookupMs),
      }),
    ];
  });
}

/** The run without look-ups. Their time is that of the input's encoding, or of the program's own work before the call. */
function withoutLookups(task: string, lookupMs: number): WhatIf {
  return (record) => {
    const rows = copyRows(record.rows);
    let left = 0;
    for (let row = 0; row < rows.count; row++) {
      if (!isNamed(record, row, task)) continue;
      const inEncoding = Math.min(lookupMs, rows.inputEncode[row] ?? 0);
      rows.inputEncode[row]! -= inEncoding;
      left += (lookupMs - inEncoding) * record.weight;
    }
    const rest = Math.max(
      0,
      1 -
        share(
          left,
          sumOf(record.user, ({ ms }) => ms),
        ),
    );
    return { ...record, rows, user: record.user.map(({ atMs, ms }) => ({ atMs, ms: ms * rest })) };
  };
}
