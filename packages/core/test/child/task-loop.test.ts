import { afterEach, describe, expect, it, vi } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import type { TaskContext } from '../../src/contract/worker-module.js';
import { errorToWire } from '../../src/wire/error-wire.js';
import { CLAIM_ALONE, IDEMPOTENT, MORE } from '../../src/wire/frame.js';
import { STATUS } from '../../src/wire/record.js';
import { type Given, HEAVY_BYTES, held, openLoop } from '../support/opened-loop.js';
import { LOGS, type ReadRow } from '../support/result-link.js';
import { turn } from '../support/scripted-engine.js';

vi.mock('../../src/base/natives.js', async (original) =>
  (await import('../support/live-natives.js')).withLiveTime(original),
);

afterEach(() => void vi.restoreAllMocks());

describe('tasks', () => {
  it('that end at once are answered together, in their order', async () => {
    // However slow this machine is: a result that is a millisecond old does not wait for others.
    vi.spyOn(performance, 'now').mockReturnValue(1000);
    const { accept, frames } = openLoop({ double: (n) => 2 * (n as number) });
    void accept([1, 'double', 10], [2, 'double', 20]);
    await accept([3, 'double', 30]);
    expect(frames).toEqual([
      [
        { wireId: 1, status: STATUS.ok, value: 20 },
        { wireId: 2, status: STATUS.ok, value: 40 },
        { wireId: 3, status: STATUS.ok, value: 60 },
      ],
    ]);
  });

  it('wait for company as long as the work that is left here takes, 4 ms at most', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { accept, answers, frames } = openLoop({ work: () => void (now += 0.5) });
    // The average comes near to half a millisecond.
    await accept(...Array.from({ length: 100 }, (_, n) => [n + 1, 'work'] as [number, string]));
    await answers(100);
    const before = frames.length;
    await accept(...Array.from({ length: 60 }, (_, n) => [n + 101, 'work'] as [number, string]));
    await answers(160);
    const sizes = frames.slice(before).map(({ length }) => length);
    // The first, eight within 4 ms after it, and the one that finds them over.
    expect(sizes[0]).toBe(10);
    expect(sizes.slice(1)).toEqual(sizes.slice(1).toSorted((a, b) => b - a));
    const few = frames.length;
    await accept(...Array.from({ length: 8 }, (_, n) => [n + 201, 'work'] as [number, string]));
    await answers(168);
    expect(frames[few]).toHaveLength(5);
  });

  it('wait for company for 4 ms while the parent has more, though the work that is left is less, until a refill is needed', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { give, answers, frames } = openLoop({ work: () => void (now += 0.25) });
    const given = (count: number, from: number, flags = 0): Given[] =>
      Array.from({ length: count }, (_, row) => ({ wireId: from + row, name: 'work', flags }));
    // The average comes near to a quarter of a millisecond.
    await give(given(100, 1));
    await answers(100);
    const sizesOf = async (count: number, from: number, flags: number): Promise<number[]> => {
      const before = frames.length;
      const answered = frames.flat().length;
      await give(given(count, from, flags));
      await answers(answered + count);
      return frames.slice(before).map(({ length }) => length);
    };
    // 5 ms of work: half of it leaves, where nothing waits for its place.
    expect((await sizesOf(20, 201, 0))[0]).toBe(11);
    // Else all but the last millisecond.
    expect((await sizesOf(20, 301, MORE))[0]).toBe(16);
    // Of 10 ms no more than what has gathered within 4.
    expect((await sizesOf(40, 401, MORE))[0]).toBe(18);
  });

  it('wait for longer when more work comes meanwhile', async () => {
    let now = 1000;
    let isFirst = true;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { give, answers, frames } = openLoop({
      work(input) {
        now += 0.25;
        if (input === 'more' && isFirst) void give(given(40, 301));
        if (input === 'more') isFirst = false;
      },
    });
    const given = (count: number, from: number): Given[] =>
      Array.from({ length: count }, (_, row) => ({ wireId: from + row, name: 'work' }));
    // The average comes near to a quarter of a millisecond.
    await give(given(100, 1));
    await answers(100);
    const before = frames.length;
    await give([...given(1, 201), { wireId: 202, name: 'work', input: 'more' }, ...given(2, 203)]);
    await answers(144);
    expect(frames[before]?.length).toBeGreaterThan(10);
  });

  it('that take more than 1 ms wait for company only while the parent has more', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { give, answers, frames } = openLoop({ work: () => void (now += 1.5) });
    const given = (from: number, flags: number): Given[] =>
      Array.from({ length: 8 }, (_, row) => ({ wireId: from + row, name: 'work', flags }));
    for (let block = 0; block < 10; block++) await give(given(1 + block * 10, 0));
    await answers(80);
    expect(frames.map(({ length }) => length)).toEqual(Array(80).fill(1));
    await give(given(201, MORE));
    await answers(88);
    expect(frames.slice(80).map(({ length }) => length)).toEqual([4, 4]);
  });

  it('that come alone while no other worker has one run at once, and are answered at once', () => {
    const { acceptCalm, frames } = openLoop({ double: (n) => 2 * (n as number) });
    acceptCalm(1, 'double', 4);
    expect(frames).toEqual([[{ wireId: 1, status: STATUS.ok, value: 8 }]]);
  });

  it('are claimed before their handler is called', async () => {
    const { accept, answers, claims } = openLoop({ look: () => seen.push([...claims]) });
    const seen: number[][] = [];
    await accept([1, 'look'], [2, 'look']);
    await answers(2);
    expect(seen).toEqual([[1], [1, 2]]);
  });

  it('run at most `concurrency` at once, the next as soon as one ends', async () => {
    // However slow this machine is: all that may run begins in one slice.
    vi.spyOn(performance, 'now').mockReturnValue(1000);
    const { calls, handler } = held();
    const { accept, claims, answers, loop } = openLoop({ handler }, { concurrency: 2 });
    await accept([1, 'handler', 'a'], [2, 'handler', 'b'], [3, 'handler', 'c']);
    expect(claims).toEqual([1, 2]);
    calls.get('b')?.resolve('B');
    await turn();
    expect([claims, loop.idle]).toEqual([[1, 2, 3], false]);
    calls.get('a')?.resolve('A');
    calls.get('c')?.reject(new RangeError('C'));
    expect(await answers(3)).toMatchObject([
      { wireId: 2, status: STATUS.ok, value: 'B' },
      { wireId: 1, status: STATUS.ok, value: 'A' },
      { wireId: 3, status: STATUS.error, value: { nodes: [{ error: { base: 'RangeError', message: 'C' } }] } },
    ]);
    expect(loop.idle).toBe(true);
  });

  it.each([1, 4])(
    'let the event loop turn, though handlers are async and return at once, %i at once',
    async (concurrency) => {
      let turn = 0;
      let isOver = false;
      const { accept, answers } = openLoop(
        {
          async work() {
            const until = hostNowMs() + 0.3;
            while (hostNowMs() < until);
            return turn;
          },
        },
        { concurrency },
      );
      const next = (): void => {
        turn++;
        if (!isOver) setImmediate(next);
      };
      next();
      await accept(...Array.from({ length: 100 }, (_, n) => [n + 1, 'work'] as [number, string]));
      const turns = new Set((await answers(100)).map(({ value }) => value));
      isOver = true;
      // 30 ms, in slices of 1 ms.
      expect(turns.size).toBeGreaterThan(5);
    },
  );

  it('begin side by side when all is heard of what others have returned', async () => {
    const events: string[] = [];
    const { accept, answers } = openLoop(
      {
        async work(n) {
          events.push(`begins ${n as number}`);
          await undefined;
          await undefined;
          events.push(`ends ${n as number}`);
        },
      },
      { concurrency: 4 },
    );
    await accept([1, 'work', 1], [2, 'work', 2], [3, 'work', 3]);
    await answers(3);
    expect(events).toEqual(['begins 1', 'ends 1', 'begins 2', 'ends 2', 'begins 3', 'ends 3']);
  });

  it('see who they are', async () => {
    const { accept, answers, progress } = openLoop({
      look(_input, ctx) {
        const { taskId, attempt, workerId, workerData, data, deadline, signal } = ctx as TaskContext;
        seen.push({ taskId, attempt, workerId, workerData, data, deadline, aborted: signal.aborted });
        (ctx as TaskContext).progress('half');
      },
    });
    const seen: unknown[] = [];
    await accept([1, 'look'], [2, 'look']);
    await answers(2);
    const shared = { attempt: 3, workerId: 7, workerData: 'data', data: 'set up', aborted: false };
    expect(seen).toEqual([
      { ...shared, taskId: 2 ** 32 + 10, deadline: 99 },
      { ...shared, taskId: 2 ** 32 + 20, deadline: undefined },
    ]);
    expect(progress).toEqual([[1, 'half']]);
  });

  it('may take their context apart', async () => {
    const { accept, progress } = openLoop({
      look(_input, ctx) {
        const { progress: report, section } = ctx as TaskContext;
        report(section('half', () => 0.5));
      },
    });
    await accept([1, 'look']);
    expect(progress).toEqual([[1, 0.5]]);
  });

  it('cause a flush when they end, which knows whether another one still runs', async () => {
    const { calls, handler } = held();
    const { accept, answers, flushes } = openLoop({ handler, quick: () => 'q' }, { concurrency: 2 });
    await accept([1, 'handler', 'a'], [2, 'quick']);
    await answers(1);
    calls.get('a')?.resolve('A');
    await answers(2);
    expect(flushes).toEqual([false, true]);
  });

  it('that take long are answered at once, before the next begins', async () => {
    const { accept, frames } = openLoop({
      work: () => {
        answeredBefore.push(frames.length);
        const end = hostNowMs() + 3;
        while (hostNowMs() < end);
      },
    });
    const answeredBefore: number[] = [];
    await accept([1, 'work'], [2, 'work']);
    expect([answeredBefore[0], frames.length]).toEqual([0, 1]);
  });

  it('let the loop turn between them, so that timers and messages have their chance', async () => {
    const { accept, answers, revoked } = openLoop({
      work: () => {
        const end = hostNowMs() + 3;
        while (hostNowMs() < end);
      },
    });
    setImmediate(() => revoked.add(3));
    await accept([1, 'work'], [2, 'work'], [3, 'work']);
    expect((await answers(3)).map(({ wireId, status }) => [wireId, status])).toEqual([
      [1, STATUS.ok],
      [2, STATUS.ok],
      [3, STATUS.revoked],
    ]);
  });

  it('beyond 256 are answered in more than one frame', async () => {
    const { accept, answers, frames } = openLoop({ same: (n) => n });
    await accept(...Array.from({ length: 600 }, (_, n) => [n + 1, 'same', n] as [number, string, number]));
    await answers(600);
    expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(256);
    expect(frames.flat().map(({ value }) => value)).toEqual(Array.from({ length: 600 }, (_, n) => n));
  });

  it('whose result cannot be sent are answered with the reason, their neighbours as they are', async () => {
    const { accept, answers } = openLoop({ same: (n) => (n === 2 ? () => {} : n) });
    await accept([1, 'same', 1], [2, 'same', 2], [3, 'same', 3]);
    expect(await answers(3)).toEqual([
      { wireId: 1, status: STATUS.ok, value: 1 },
      {
        wireId: 2,
        status: STATUS.notSerializable,
        value: { reason: expect.stringContaining('result is a function') as string },
      },
      { wireId: 3, status: STATUS.ok, value: 3 },
    ]);
  });
});

describe('what looks like a promise', () => {
  const cases: [string, () => unknown, Partial<ReadRow>][] = [
    [
      'settles like one',
      () => ({ then: (end: (value: string) => void) => end('x') }),
      { status: STATUS.ok, value: 'x' },
    ],
    [
      'may settle with another',
      () => ({ then: (end: (value: unknown) => void) => end(Promise.resolve('x')) }),
      { status: STATUS.ok, value: 'x' },
    ],
    ['fails its task when its then throws', () => ({ then: () => raise('in then') }), { status: STATUS.error }],
    [
      'fails its task when it hides its then',
      () => Object.defineProperty({}, 'then', { get: () => raise('at then') }),
      { status: STATUS.error },
    ],
  ];

  it.each(cases)('%s', async (_what, make, row) => {
    const { accept, answers } = openLoop({ give: make, next: () => 'next' });
    await accept([1, 'give'], [2, 'next']);
    expect(await answers(2)).toMatchObject([
      { wireId: 1, ...row },
      { wireId: 2, status: STATUS.ok, value: 'next' },
    ]);
  });
});

describe('a cancellation', () => {
  it('aborts the signal of a running task with its reason', async () => {
    const { calls, handler } = held();
    const { accept, loop } = openLoop({ handler });
    await accept([1, 'handler', 'a']);
    const signal = calls.get('a')?.ctx.signal;
    loop.cancel({ id: 1, reason: errorToWire(new RangeError('enough'), true) });
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toBeInstanceOf(RangeError);
  });

  it('is seen by a handler that looks for it only later', async () => {
    const { calls, handler } = held();
    const { accept, loop } = openLoop({ handler });
    await accept([1, 'handler', 'a']);
    loop.cancel({ id: 1, reason: errorToWire('enough', true) });
    expect(calls.get('a')?.ctx.signal.aborted).toBe(true);
  });

  it('over the board, of a waiting task, keeps its handler from being called', async () => {
    const { calls, handler } = held();
    const { accept, answers, claims, revoked } = openLoop({ handler });
    await accept([1, 'handler', 'a'], [2, 'handler', 'b']);
    revoked.add(2);
    calls.get('a')?.resolve('A');
    const answered = await answers(2);
    expect([claims, calls.has('b')]).toEqual([[1], false]);
    expect(answered.map(({ wireId, status }) => [wireId, status])).toEqual([
      [1, STATUS.ok],
      [2, STATUS.revoked],
    ]);
  });

  it('that comes too late, or for no task, changes nothing', async () => {
    const { accept, loop, answers } = openLoop({ same: (n) => n });
    await accept([1, 'same', 1]);
    loop.cancel({ id: 1, reason: errorToWire('late', true) });
    loop.cancel({ id: 99, reason: errorToWire('whose?', true) });
    await accept([99, 'same', 2]);
    expect((await answers(2)).map(({ status }) => status)).toEqual([STATUS.ok, STATUS.ok]);
  });
});

describe('an input', () => {
  it('that is heavy is decoded before the claim of its task, and after the claims before it; another one after its claim', async () => {
    const { give, board, answers } = openLoop({ size: (text) => (text as string).length });
    await give([
      { wireId: 1, name: 'size', input: 'x'.repeat(HEAVY_BYTES - 10) },
      { wireId: 2, name: 'size', input: 'x'.repeat(HEAVY_BYTES) },
      { wireId: 3, name: 'size', input: 'x' },
    ]);
    expect((await answers(3)).map(({ value }) => value)).toEqual([HEAVY_BYTES - 10, HEAVY_BYTES, 1]);
    expect(board).toEqual(['claim 1', 'decode 2', 'claim 2', 'claim 3']);
  });

  it('that is heavy and belongs to a task that was taken back is not decoded: another worker may have it now', async () => {
    const { give, revoked, answers } = openLoop({ note: () => 'called' });
    revoked.add(1);
    await give([{ wireId: 1, name: 'note', bytes: Buffer.alloc(HEAVY_BYTES, 0xff) }]);
    expect(await answers(1)).toEqual([{ wireId: 1, status: STATUS.revoked, value: undefined }]);
  });

  it('that cannot be read fails its own task; its neighbours get theirs', async () => {
    const { give, answers } = openLoop({ same: (value) => value });
    const noValue = Buffer.alloc(3, 0xff);
    await give([
      { wireId: 1, name: 'same', input: { a: 1 } },
      { wireId: 2, name: 'same', bytes: noValue },
      { wireId: 3, name: 'same', bytes: Buffer.alloc(HEAVY_BYTES, 0xff) },
      { wireId: 4, name: 'same', input: { a: 4 } },
    ]);
    const unread = { reason: expect.stringContaining('cannot be read again') as string };
    expect(await answers(4)).toEqual([
      { wireId: 1, status: STATUS.ok, value: { a: 1 } },
      { wireId: 2, status: STATUS.inputUnread, value: unread },
      { wireId: 3, status: STATUS.inputUnread, value: unread },
      { wireId: 4, status: STATUS.ok, value: { a: 4 } },
    ]);
  });

  it('that only a port can carry comes as it is, between others that are bytes', async () => {
    const { give, answers } = openLoop({ kind: (input) => typeof input });
    const cloned = { value: () => {} };
    await give([
      { wireId: 1, name: 'kind', input: 'text' },
      { wireId: 2, name: 'kind', extras: { cloned }, flags: CLAIM_ALONE },
      { wireId: 3, name: 'kind', input: 3 },
    ]);
    expect((await answers(3)).map(({ value }) => value)).toEqual(['string', 'function', 'number']);
  });
});

describe('results of tasks that must not run twice', () => {
  it('are in the log as soon as their handler has returned, before the next one is called', async () => {
    // However slow this machine is: no frame leaves before the last of them.
    vi.spyOn(performance, 'now').mockReturnValue(1000);
    const log = LOGS.file();
    const seen: unknown[] = [];
    const { give, reader, rows, answers, frames } = openLoop(
      {
        look: (input) => {
          reader.readLog(hostNowMs, true);
          seen.push(rows.map(({ value }) => value));
          return input;
        },
      },
      { log },
    );
    await give([
      { wireId: 1, name: 'look', input: 'a' },
      { wireId: 2, name: 'look', input: 'b', flags: IDEMPOTENT },
      { wireId: 3, name: 'look', input: 'c' },
    ]);
    await answers(3);
    // One that may run twice, too: nothing is known yet of how long its handler takes.
    expect(seen).toEqual([[], ['a'], ['a', 'b']]);
    expect(frames.flat().map(({ value }) => value)).toEqual(['a', 'b', 'c']);
  });

  it('wait for a frame where the task may run twice and is very short, and not behind a handler that may take long', async () => {
    vi.spyOn(performance, 'now').mockReturnValue(1000);
    const log = LOGS.file();
    const told: number[] = [];
    const { give, answers, frames } = openLoop(
      { tiny: (input) => input, long: () => void told.push(frames.flat().length) },
      { log },
    );
    const tiny = (from: number, count: number): Given[] =>
      Array.from({ length: count }, (_, index) => ({ wireId: from + index, name: 'tiny', flags: IDEMPOTENT }));
    for (let block = 0; block < 5; block++) await give(tiny(1 + block * 1000, 1000));
    await answers(5000);
    const { position } = log.writer;
    await give([...tiny(5001, 2), { wireId: 5003, name: 'long' }]);
    await answers(5003);
    expect(told).toEqual([5002]);
    expect(log.writer.position - position).toBeLessThan(100);
  });

  it('are in the log of a thread whatever they are, since that costs no system call', async () => {
    const log = LOGS.memory();
    const { give, answers } = openLoop({ tiny: (input) => input }, { log });
    for (let block = 0; block < 5; block++) {
      await give(
        Array.from({ length: 1000 }, (_, n) => ({ wireId: block * 1000 + n + 1, name: 'tiny', flags: IDEMPOTENT })),
      );
    }
    await answers(5000);
    expect(log.writer.position).toBeGreaterThan(5000 * 40);
  });
});

describe('tasks claimed together', () => {
  it('are looked at again by the clock as it is behind the result before, which may take long to write', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const log = LOGS.memory();
    const { append } = log.writer;
    const { give, revoked, board, answers, frames } = openLoop(
      { work: () => void (now += 0.001) },
      { maxRun: 32, log },
    );
    const given = (count: number, from: number): Given[] =>
      Array.from({ length: count }, (_, index) => ({ wireId: from + index, name: 'work' }));
    for (let block = 0; block < 5; block++) await give(given(1000, 1 + block * 1000));
    await answers(5000);
    board.length = 0;
    log.writer.append = (...record) => {
      now += 1.5;
      revoked.add(5002);
      return append.apply(log.writer, record);
    };
    await give(given(2, 5001));
    await answers(5002);
    expect(board).toEqual(['claim 2 together', 'look at 1']);
    expect(frames.flat().at(-1)).toMatchObject({ wireId: 5002, status: STATUS.revoked });
  });

  it('run one after another, and are claimed one by one as soon as two may run at once', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { give, board, loop, answers } = openLoop({ work: () => void (now += 0.001) }, { maxRun: 32 });
    const given = (count: number, from: number): Given[] =>
      Array.from({ length: count }, (_, index) => ({ wireId: from + index, name: 'work' }));
    for (let block = 0; block < 5; block++) await give(given(1000, 1 + block * 1000));
    await answers(5000);
    expect(board.some((what) => what.includes('together'))).toBe(true);
    board.length = 0;
    loop.tune(2);
    await give(given(3, 5001));
    await answers(5003);
    expect(board).toEqual(['claim 5001', 'claim 5002', 'claim 5003']);
  });
});

function raise(message: string): never {
  throw new Error(message);
}
