import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TaskContext } from '../../src/contract/worker-module.js';
import { errorToWire } from '../../src/wire/error-wire.js';
import { CLAIM_ALONE, IDEMPOTENT } from '../../src/wire/frame.js';
import { type ArenaPlace, STATUS } from '../../src/wire/record.js';
import { type Given, HEAVY_BYTES, held, openLoop } from '../support/opened-loop.js';
import { LOGS, openArenas } from '../support/result-link.js';
import { turn } from '../support/scripted-engine.js';

vi.mock('../../src/base/natives.js', async (original) =>
  (await import('../support/live-natives.js')).withLiveTime(original),
);

afterEach(() => void vi.restoreAllMocks());

/** Rows of one handler, with their numbers as inputs. */
const given = (count: number, name = 'work', from = 1): Given[] =>
  Array.from({ length: count }, (_, row) => ({ wireId: from + row, name, input: from + row }));
const inputs = (list: unknown): number[] => list as number[];

describe('a handler of one row', () => {
  it.each([1, 2, 32])('is called for each of %i rows, with its input and its context', async (count) => {
    const seen: unknown[] = [];
    const { give, answers, board } = openLoop({
      work: (input, ctx) => seen.push([input, (ctx as TaskContext).taskId]),
    });
    await give(given(count));
    await answers(count);
    expect(seen).toEqual(given(count).map(({ wireId }) => [wireId, 2 ** 32 + wireId * 10]));
    expect(board).toEqual(given(count).map(({ wireId }) => `claim ${wireId}`));
  });
});

describe('a context that its handler keeps', () => {
  it.each([
    ['one row that returns at once', 1, (input: unknown) => input],
    ['one row that takes its time', 1, (input: unknown) => Promise.resolve(input)],
    ['a list', 32, (input: unknown) => input],
  ])('sends nothing more once it has its result: %s', async (_what, mostRows, handler) => {
    const kept: TaskContext[] = [];
    const { give, answers, progress } = openLoop(
      {
        work(input, ctx) {
          kept.push(...([ctx].flat() as TaskContext[]));
          kept.at(-1)?.progress('in time');
          return handler(input);
        },
      },
      { mostRows },
    );
    await give([{ wireId: 1, name: 'work', input: 'a', extras: { wantsProgress: true } }]);
    await answers(1);
    expect(kept[0]?.progress('too late')).toBe(true);
    expect(progress).toEqual([[1, 'in time']]);
  });
});

describe.each([1, 2, 32])('a call of %i rows', (count) => {
  const rows = given(count);
  const claim = count === 1 ? 'claim 1' : `start ${count}`;

  it('claims them together, gets their inputs and contexts, and settles each with its result', async () => {
    const calls: unknown[] = [];
    const { give, answers, board, loop } = openLoop(
      {
        work(list, contexts) {
          calls.push([list, (contexts as TaskContext[]).map(({ taskId }) => taskId)]);
          return inputs(list).map((input) => input * 2);
        },
      },
      { mostRows: 32 },
    );
    await give(rows);
    const answered = await answers(count);
    expect(answered).toEqual(rows.map(({ wireId }) => ({ wireId, status: STATUS.ok, value: wireId * 2 })));
    expect(calls).toEqual([[rows.map(({ wireId }) => wireId), rows.map(({ wireId }) => 2 ** 32 + wireId * 10)]]);
    expect([board, loop.idle]).toEqual([[claim], true]);
  });

  it('settles its rows when its promise does, and others wait for that as for one task', async () => {
    const { calls, handler } = held();
    const { give, answers, claims, loop } = openLoop(
      { work: (list) => handler(inputs(list)[0], undefined), next: () => [0] },
      { mostRows: 32 },
    );
    await give([...rows, { wireId: 99, name: 'next' }]);
    expect([claims.length, loop.isHandling]).toEqual([count, true]);
    calls.get(1)?.resolve(rows.map(({ wireId }) => wireId));
    const answered = await answers(count + 1);
    expect(answered.map(({ value }) => value)).toEqual([...rows.map(({ wireId }) => wireId), 0]);
    expect([loop.idle, loop.isHandling]).toEqual([true, false]);
  });

  it.each([
    ['throws', () => raise('all of them')],
    ['rejects', () => Promise.reject(new Error('all of them'))],
    ['returns too few results', (list: unknown) => inputs(list).slice(1)],
    ['resolves with too many', (list: unknown) => Promise.resolve([...inputs(list), 0])],
    ['returns no list', () => 'one for all'],
    ['returns a list that cannot be read', () => new Proxy([], { get: () => raise('all of them') })],
  ])('fails as a whole when it %s', async (_what, work) => {
    const { give, answers, loop } = openLoop({ work }, { mostRows: 32 });
    await give(rows);
    const answered = await answers(count);
    expect(answered.map(({ wireId, status }) => [wireId, status])).toEqual(
      rows.map(({ wireId }) => [wireId, STATUS.error]),
    );
    const message = expect.stringMatching(/all of them|several inputs returned/) as unknown as string;
    for (const { value } of answered) expect(value).toMatchObject({ nodes: [{ error: { message } }] });
    expect(loop.idle).toBe(true);
  });

  it('serves the next rows after it has ended', async () => {
    const { give, answers } = openLoop({ work: (list) => [...inputs(list)] }, { mostRows: 32 });
    await give(rows);
    await give(given(count, 'work', 101));
    expect((await answers(2 * count)).map(({ value }) => value)).toEqual(
      [...rows, ...given(count, 'work', 101)].map(({ wireId }) => wireId),
    );
  });
});

describe('of a call of several rows,', () => {
  it('one may fail alone, one may wait, and the others are settled without them', async () => {
    const { calls, handler } = held();
    const { give, answers, frames, loop, flushes } = openLoop(
      {
        work: (list) =>
          inputs(list).map((input) => {
            if (input === 2) return Promise.reject(new RangeError('two'));
            return input === 3 ? handler(input, undefined) : input;
          }),
      },
      { mostRows: 32 },
    );
    await give(given(4));
    expect((await answers(3)).map(({ wireId, status }) => [wireId, status])).toEqual([
      [1, STATUS.ok],
      [4, STATUS.ok],
      [2, STATUS.error],
    ]);
    expect([loop.idle, loop.isHandling]).toEqual([false, true]);
    calls.get(3)?.resolve('three');
    await answers(4);
    expect(frames.at(-1)).toEqual([{ wireId: 3, status: STATUS.ok, value: 'three' }]);
    expect([loop.idle, flushes.at(-1)]).toEqual([true, true]);
  });

  it('a result whose then cannot be read, or that cannot be asked, fails its row alone', async () => {
    const { give, answers, loop } = openLoop(
      {
        work: () => [
          1,
          Object.defineProperty({}, 'then', { get: () => raise('at then') }),
          Object.defineProperty(Promise.resolve(3), 'constructor', { get: () => raise('no class') }),
        ],
      },
      { mostRows: 32 },
    );
    await give(given(3));
    expect((await answers(3)).map(({ wireId, status }) => [wireId, status])).toEqual([
      [1, STATUS.ok],
      [2, STATUS.error],
      [3, STATUS.error],
    ]);
    expect(loop.idle).toBe(true);
  });

  it('one that was taken back is left out, and one whose input cannot be read', async () => {
    const { give, answers, revoked } = openLoop({ work: (list) => [...inputs(list)] }, { mostRows: 32 });
    revoked.add(2).add(5);
    const rows = given(5);
    rows[2] = { wireId: 3, name: 'work', bytes: Buffer.alloc(3, 0xff) };
    await give(rows);
    expect((await answers(5)).map(({ wireId, status }) => [wireId, status])).toEqual([
      [3, STATUS.inputUnread],
      [2, STATUS.revoked],
      [5, STATUS.revoked],
      [1, STATUS.ok],
      [4, STATUS.ok],
    ]);
  });

  it('are not looked at again once they are claimed, however long their inputs take', async () => {
    const { give, answers, board } = openLoop({ work: (list) => [...inputs(list)] }, { mostRows: 32 });
    let now = 1000;
    // After the claim, each look at the clock is 2 ms later than the one before.
    vi.spyOn(performance, 'now').mockImplementation(() => (board.length > 0 ? (now += 2) : now));
    await give(given(4));
    await answers(4);
    expect(board).toEqual(['start 4']);
  });

  it('may do with their lists what they like: the next call has its own', async () => {
    const seen: unknown[] = [];
    const { give, answers, loop } = openLoop(
      {
        work(list, contexts) {
          const ids = (contexts as TaskContext[]).splice(0).map(({ taskId }) => taskId - 2 ** 32);
          const own = inputs(list).splice(0);
          seen.push([own, ids]);
          return own[0] === 9 ? new Promise(() => {}) : own;
        },
      },
      { mostRows: 32 },
    );
    for (const rows of [given(1), given(2, 'work', 2), given(1, 'work', 4), given(1, 'work', 9)]) await give(rows);
    await answers(4);
    while (seen.length < 4) await turn();
    expect(seen).toEqual([
      [[1], [10]],
      [
        [2, 3],
        [20, 30],
      ],
      [[4], [40]],
      [[9], [90]],
    ]);
    expect(loop.idle).toBe(false);
  });

  it('a cancellation reaches a row whose context its handler has dropped from the list', async () => {
    let signal: AbortSignal | undefined;
    const { give, loop } = openLoop(
      {
        work(_list, contexts) {
          signal = (contexts as TaskContext[]).pop()?.signal;
          return new Promise(() => {});
        },
      },
      { mostRows: 32 },
    );
    await give(given(3));
    loop.cancel({ id: 3, reason: errorToWire(new RangeError('enough'), true) });
    expect(signal?.aborted).toBe(true);
  });

  it('none is called when all were taken back', async () => {
    const work = vi.fn(() => []);
    const { give, answers, revoked, loop } = openLoop({ work }, { mostRows: 32 });
    for (const id of [1, 2]) revoked.add(id);
    await give(given(2));
    expect((await answers(2)).map(({ status }) => status)).toEqual([STATUS.revoked, STATUS.revoked]);
    expect(work).not.toHaveBeenCalled();
    expect(loop.idle).toBe(true);
  });

  it('a cancellation aborts the signal of its own row', async () => {
    let contexts: TaskContext[] = [];
    const { give, loop } = openLoop(
      {
        work(_list, all) {
          contexts = all as TaskContext[];
          return new Promise(() => {});
        },
      },
      { mostRows: 32 },
    );
    await give(given(3));
    loop.cancel({ id: 2, reason: errorToWire(new RangeError('enough'), true) });
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false, true, false]);
  });

  it('all are in the log when one must not run twice', async () => {
    // However slow this machine is: no call takes any time.
    vi.spyOn(performance, 'now').mockReturnValue(1000);
    const log = LOGS.file();
    const { give, answers } = openLoop({ work: (list) => [...inputs(list)] }, { mostRows: 2, log });
    // Short enough, and often enough, for results that need not be in the log.
    const twice = (count: number, from: number): Given[] =>
      given(count, 'work', from).map((each) => ({ ...each, flags: IDEMPOTENT }));
    for (let block = 0; block < 10; block++) await give(twice(1000, 1 + block * 1000));
    await answers(10_000);
    const { position } = log.writer;
    await give(twice(2, 20_001));
    await answers(10_002);
    expect(log.writer.position).toBe(position);
    await give([...twice(1, 20_003), ...given(1, 'work', 20_004)]);
    await answers(10_004);
    expect(log.writer.position).toBeGreaterThan(position + 2 * 40);
  });
});

describe('rows go to one call', () => {
  it('as far as they are neighbours of one handler, and no more than it takes', async () => {
    const sizes: unknown[] = [];
    const note = (name: string) => (list: unknown) => {
      sizes.push([name, inputs(list).length]);
      return inputs(list);
    };
    const { give, answers } = openLoop({ a: note('a'), b: note('b') }, { mostRows: 3 });
    await give([...given(5, 'a'), ...given(2, 'b', 6), ...given(1, 'a', 8)]);
    await answers(8);
    expect(sizes).toEqual([
      ['a', 3],
      ['a', 2],
      ['b', 2],
      ['a', 1],
    ]);
  });

  it('with large inputs, all of which are decoded before the first claim', async () => {
    const sizes: number[] = [];
    const work = (list: unknown): unknown[] => {
      sizes.push(inputs(list).length);
      return inputs(list);
    };
    const { give, answers, board } = openLoop({ work }, { mostRows: 32 });
    const rows = given(5);
    rows[1] = { wireId: 2, name: 'work', input: 'x'.repeat(HEAVY_BYTES) };
    rows[3] = { ...(rows[3] as Given), flags: CLAIM_ALONE };
    await give(rows);
    await answers(5);
    expect(sizes).toEqual([5]);
    expect(board).toEqual(['decode 2', 'start 5']);
  });

  it('in frames of their own', async () => {
    const sizes: number[] = [];
    const work = (list: unknown): unknown[] => {
      sizes.push(inputs(list).length);
      return inputs(list);
    };
    const { give, answers } = openLoop({ work }, { mostRows: 32 });
    void give(given(2));
    await give(given(3, 'work', 3));
    await answers(5);
    expect(sizes).toEqual([2, 3]);
  });
});

function raise(message: string): never {
  throw new Error(message);
}

describe('an input in the arena', () => {
  const MIB = 2 ** 20;

  it.each(['is taken back', 'cannot be read'])('leaves its places to others when its task %s', async (what) => {
    const { here, there } = openArenas(3 * MIB);
    const { give, answers, revoked } = openLoop({ work: () => 0 }, { arena: there });
    const put = (bytes: Buffer): ArenaPlace => ({ ...existing(here.write(bytes)), bytes: bytes.length });
    for (let wireId = 1; wireId <= 5; wireId++) {
      if (what === 'is taken back') revoked.add(wireId);
      const whole = put(Buffer.alloc(MIB, 0xff));
      const extras = { whole, views: [put(Buffer.alloc(MIB)), undefined, put(Buffer.alloc(MIB))] };
      await give([{ wireId, name: 'work', bytes: Buffer.alloc(0), extras }]);
      await answers(wireId);
    }
    const expected = what === 'is taken back' ? STATUS.revoked : STATUS.inputUnread;
    expect((await answers(5)).map(({ status }) => status)).toEqual(Array(5).fill(expected));
  });
});

function existing<T>(place: T | undefined): T {
  if (place === undefined) throw new Error('The arena has no room.');
  return place;
}
