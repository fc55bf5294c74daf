import { readFileSync, writeFileSync } from 'node:fs';
import { isPoolError, type Pool, type RunOptions } from '@millpond/core';
import { describe, expect } from 'vitest';
import { fault, type Lab, shown } from './lab.js';
import { type Way, WAYS } from './ways.js';

/** Trust in short calls is a worker's own, and comes after some thousands of them. */
const CALLS_BEFORE = 12_000;
const MANY = 50;

/** What one load came to, by the promises and by the file. */
interface Seen {
  resolved: Set<number>;
  rejected: Map<number, Error>;
  /** Tries that had begun, in order. */
  begun: Map<number, number[]>;
  /** Handlers that had come to their end, of those that write it down. */
  done: Set<number>;
}

type Handler = 'note' | 'settle' | 'take';

const COUNTS: Record<Handler, number> = { note: 3000, settle: 1000, take: 200 };

function readFile(path: string): Pick<Seen, 'begun' | 'done'> {
  const begun: Seen['begun'] = new Map();
  const done: Seen['done'] = new Set();
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) {
    const [id, attempt, end] = line.split(' ');
    if (end === 'done') done.add(Number(id));
    else begun.set(Number(id), [...(begun.get(Number(id)) ?? []), Number(attempt)]);
  }
  return { begun, done };
}

async function trust(pool: Pool, path: string): Promise<void> {
  writeFileSync(path, '');
  await Promise.all(Array.from({ length: CALLS_BEFORE }, (_, id) => pool.run('note', { id, path, bytes: 0 })));
}

/** Runs the tasks, the guilty one in their middle. */
async function suffer(lab: Lab, way: Way, handler: Handler, call: RunOptions): Promise<Seen> {
  const path = lab.path(`${handler}.txt`);
  const pool = lab.pool('write-down.mjs', {
    concurrency: lab.concurrency === 1 ? 1 : MANY,
    ...way.options?.(lab),
  });
  await pool.ready();
  if (handler === 'note') await trust(pool, lab.path('before.txt'));
  writeFileSync(path, '');
  const stop = new AbortController();
  const guilty = guiltyOf(handler);
  const guiltyCall: RunOptions = {
    ...call,
    ...way.guilty,
    ...(way.then === undefined
      ? {}
      : { onProgress: (said) => way.then?.((said as { pid: number }).pid, stop), signal: stop.signal }),
  };
  const promises = Array.from({ length: COUNTS[handler] }, (_, id) => {
    const input = { id, path, bytes: way.bytes ?? 0, ms: 1 + (id % 20), blocks: id % 3 === 0 };
    return id === guilty ? pool.run(handler, { ...input, end: way.end }, guiltyCall) : pool.run(handler, input, call);
  });
  const seen: Seen = { resolved: new Set(), rejected: new Map(), begun: new Map(), done: new Set() };
  for (const [id, end] of (await Promise.allSettled(promises)).entries()) {
    if (end.status === 'rejected') seen.rejected.set(id, end.reason as Error);
    else {
      expect(String(end.value).split(':', 1)[0]).toBe(String(id));
      seen.resolved.add(id);
    }
  }
  // A task that is cancelled or out of time rejects before its worker has ended.
  await lab.death(pool);
  return { ...seen, ...readFile(path) };
}

function guiltyOf(handler: Handler): number {
  return COUNTS[handler] / 2;
}

const nameOf = (error: Error): string => (isPoolError(error) ? error.code : error.name);

/** With retry 0. */
async function onceOnly(lab: Lab, way: Way, handler: Handler): Promise<string> {
  const { resolved, rejected, begun, done } = await suffer(lab, way, handler, {});
  const guilty = guiltyOf(handler);
  expect([...begun].filter(([, tries]) => tries.join() !== '1')).toEqual([]);
  expect([...resolved, ...rejected.keys()].filter((id) => !begun.has(id))).toEqual([]);
  expect(nameOf(rejected.get(guilty) ?? new Error('It resolved.'))).toBe(way.code);
  const innocent = [...rejected.keys()].filter((id) => id !== guilty);
  if (lab.concurrency === 1 || handler === 'note') expect(innocent, 'innocent ones that rejected').toEqual([]);
  if (handler !== 'note') {
    expect(
      innocent.filter((id) => done.has(id)),
      'returned, and rejected',
    ).toEqual([]);
    expect([...resolved].filter((id) => !done.has(id))).toEqual([]);
  }
  for (const [id, error] of rejected) {
    if (id !== guilty) expect(nameOf(error)).toBe(way.byPool ? 'ERR_WORKER_CRASHED' : way.code);
    const { suspects } = (error as { details?: { suspects?: number } }).details ?? {};
    expect(suspects).toBe(way.byPool === true || rejected.size === 1 ? undefined : rejected.size);
  }
  return `${resolved.size} done, ${rejected.size} rejected (${shown(rejected.get(guilty) as Error)})`;
}

/** With a retry for each. */
async function twiceAtMost(lab: Lab, way: Way, handler: Handler): Promise<string> {
  const call = { retry: { attempts: 1, backoff: { baseMs: 1 } } };
  // Enough for the second try, among fifty others of which some block.
  const patient = way.guilty === undefined ? way : { ...way, guilty: { timeoutMs: 2000 } };
  const { rejected, begun } = await suffer(lab, patient, handler, call);
  expect([...rejected]).toEqual([]);
  expect([...begun].filter(([, tries]) => !['1', '1,2'].includes(tries.join()))).toEqual([]);
  const again = [...begun].filter(([, tries]) => tries.length === 2).map(([id]) => id);
  if (lab.concurrency === 1 || handler === 'note') expect(again).toEqual([guiltyOf(handler)]);
  else expect(again).toContain(guiltyOf(handler));
  return `all done, ${again.length} at attempt 2`;
}

/** Marked: it may run again without a retry. */
async function asOftenAsNeeded(lab: Lab, way: Way, handler: Handler): Promise<string> {
  const { resolved, rejected, begun } = await suffer(lab, way, handler, { idempotent: true });
  const guilty = guiltyOf(handler);
  expect([...rejected.keys()].filter((id) => id !== guilty)).toEqual([]);
  expect([...begun].filter(([, tries]) => new Set(tries).size < tries.length)).toEqual([]);
  return `${resolved.size} of ${COUNTS[handler]} done`;
}

const TASKS =
  '3,000 tasks of microseconds, 1,000 async ones that settle in their turn or the next, 200 of 1–20 ms. One of each ends its worker. 50 at once in the columns of 4';

function rows(
  first: number,
  ways: Record<string, Way>,
  what: string,
  expected: string,
  body: (lab: Lab, way: Way, handler: Handler) => Promise<string>,
): void {
  for (const [letter, way] of Object.entries(ways)) {
    const { not, injected } = way;
    const row = {
      row: `${first}${letter}`,
      fault: `${way.fault} among many tasks, ${what}`,
      injected: `${injected}. ${TASKS}`,
      expected,
    };
    fault(not === undefined ? row : { ...row, not }, async (lab) => {
      const seen: string[] = [];
      for (const handler of ['note', 'settle', 'take'] as const) seen.push(await body(lab, way, handler));
      return seen.join('; ');
    });
  }
}

describe('no task runs twice unasked, and no result is lost', () => {
  rows(
    38,
    WAYS,
    'retry 0',
    'each handler is called once; only tasks that had begun and not returned reject, with suspects if there were several',
    onceOnly,
  );
  const { '': kill, f: exitLarge, i: timeout } = WAYS;
  rows(39, { '': kill, b: exitLarge, c: timeout }, 'retry 1', 'all done; no attempt of a task runs twice', twiceAtMost);
  rows(
    40,
    { '': kill, b: exitLarge, c: timeout },
    'idempotent',
    'all but the guilty one are done, without a retry; no attempt of a task runs twice',
    asOftenAsNeeded,
  );
});
