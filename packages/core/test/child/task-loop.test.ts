import { afterEach, describe, expect, it, vi } from 'vitest';
import { deferred, type Deferred } from '../../src/base/deferred.js';
import { hostNowMs } from '../../src/base/clock.js';
import { BusyPoll } from '../../src/child/busy-poll.js';
import { SectionRecorder } from '../../src/child/section-recorder.js';
import { TaskUse } from '../../src/child/task-use.js';
import { TaskLoop } from '../../src/child/task-loop.js';
import type { LoadedHandler } from '../../src/child/worker-module.js';
import type { Refusal } from '../../src/contract/errors.js';
import { errorToWire } from '../../src/wire/error-wire.js';
import {
  CALM,
  FRAME,
  RESULT_WORDS,
  STATUS,
  TASK_WORDS,
  type Frame,
  type FrameChannel,
  type ResultsBody,
  type Rows,
} from '../../src/wire/frame.js';
import type { TaskContext } from '../../src/contract/worker-module.js';
import { turn } from '../support/scripted-engine.js';

interface Row {
  wireId: number;
  status: number;
  value: unknown;
}

/** A loop over the given handlers; wire ids are those the test chooses. */
function open(handlers: Record<string, LoadedHandler>, concurrency = 1) {
  const frames: Row[][] = [];
  const claims: number[] = [];
  /** What the parent has taken back. */
  const revoked = new Set<number>();
  const progress: [number, unknown][] = [];
  const flushes: boolean[] = [];
  const channel = {
    send(kind: number, body: ResultsBody, { meta, values }: Rows): number {
      expect(kind).toBe(FRAME.results);
      const copies = structuredClone(values);
      frames.push(
        copies.map((value, row) => {
          const [wireId = 0, status = 0] = meta.subarray(row * RESULT_WORDS);
          return { wireId, status, value: status === STATUS.ok ? value : body?.get(row) };
        }),
      );
      return hostNowMs();
    },
    refusal(value: unknown): Refusal | undefined {
      try {
        structuredClone(value);
        return undefined;
      } catch {
        return { reason: 'could not be cloned' };
      }
    },
    carries(value: unknown): boolean {
      return this.refusal(value) === undefined;
    },
  } as Pick<FrameChannel, 'send' | 'refusal' | 'carries'> as FrameChannel;
  const names = Object.keys(handlers);
  const loop = new TaskLoop({
    channel,
    module: { handlers: Object.entries(handlers), hooks: {} },
    scope: {
      workerId: 7,
      workerData: 'data',
      data: 'set up',
      sections: new SectionRecorder(() => {}),
      sendProgress: (id, value) => progress.push([id, value]),
    },
    board: {
      maxRun: 1,
      claimRun: () => 0,
      claim(id) {
        if (revoked.has(id)) return false;
        claims.push(id);
        return true;
      },
      noteSection() {},
    },
    concurrency,
    poll: new BusyPoll(0, hostNowMs),
    uses: names.map(() => new TaskUse()),
    beforeFlush: (idle) => flushes.push(idle),
  });
  /** Gives the loop a frame of [wire id, handler, input], and a turn of the event loop. */
  const accept = (...tasks: [wireId: number, name: string, input?: unknown][]): Promise<void> => give(0, ...tasks);
  /** Gives it one task while no other is pending. */
  const acceptCalm = (...task: [wireId: number, name: string, input?: unknown]): void => void give(CALM, task);
  const give = (flag: number, ...tasks: [wireId: number, name: string, input?: unknown][]): Promise<void> => {
    const meta = new Uint32Array(tasks.length * TASK_WORDS);
    for (const [row, [wireId, name]] of tasks.entries()) {
      meta.set([wireId, names.indexOf(name) | flag | (3 << 16), wireId * 10, 1], row * TASK_WORDS);
    }
    const now = hostNowMs();
    const extras = new Map([[0, { wantsProgress: true, deadline: 99 }]]);
    const values = tasks.map(([, , input]) => input);
    loop.accept({
      kind: FRAME.tasks,
      meta,
      values,
      body: extras,
      baseMs: 0,
      sentAt: now,
      receivedAt: now,
      decodedAt: now,
    } as Frame);
    return turn();
  };
  /** What has been answered, once it is so many. */
  const answers = async (count: number): Promise<Row[]> => {
    while (frames.flat().length < count) await turn();
    return frames.flat();
  };
  return { revoked, loop, frames, claims, progress, flushes, accept, acceptCalm, answers };
}

/** A handler whose calls the test ends by hand. */
function held() {
  const calls = new Map<unknown, Deferred<unknown> & { ctx: TaskContext }>();
  const handler = (input: unknown, ctx: unknown): Promise<unknown> => {
    const call = { ...deferred<unknown>(), ctx: ctx as TaskContext };
    calls.set(input, call);
    return call.promise;
  };
  return { calls, handler };
}

afterEach(() => void vi.restoreAllMocks());

describe('tasks', () => {
  it('of a handler that was long before are answered before it is called again', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const answeredAtCall: number[] = [];
    const { accept, frames } = open({
      work: (ms) => {
        answeredAtCall.push(frames.flat().length);
        now += ms as number;
      },
    });
    await accept([1, 'work', 0], [2, 'work', 0], [3, 'work', 11]);
    await accept([4, 'work', 0], [5, 'work', 0], [6, 'work', 11]);
    // At first the two before the long one wait for it, since nobody could know.
    expect(answeredAtCall).toEqual([0, 0, 0, 3, 4, 5]);
  });

  it('that end at once are answered together, in their order', async () => {
    // However slow this machine is: a result that is a millisecond old does not wait for others.
    vi.spyOn(performance, 'now').mockReturnValue(1000);
    const { accept, frames } = open({ double: (n) => 2 * (n as number) });
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

  it('wait for company for a quarter of the work that waits here, 4 ms at most', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { accept, answers, frames } = open({ work: () => void (now += 0.5) });
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
  });

  it('that come alone while nobody else has one run at once, and are answered at once', () => {
    const { acceptCalm, frames } = open({ double: (n) => 2 * (n as number) });
    acceptCalm(1, 'double', 4);
    expect(frames).toEqual([[{ wireId: 1, status: STATUS.ok, value: 8 }]]);
  });

  it('are claimed before their handler is called', async () => {
    const { accept, claims } = open({ look: () => seen.push([...claims]) });
    const seen: number[][] = [];
    await accept([1, 'look'], [2, 'look']);
    expect(seen).toEqual([[1], [1, 2]]);
  });

  it('run at most `concurrency` at once, the next as soon as one ends', async () => {
    const { calls, handler } = held();
    const { accept, claims, answers, loop } = open({ handler }, 2);
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

  it('see who they are', async () => {
    const { accept, progress } = open({
      look(_input, ctx) {
        const { taskId, attempt, workerId, workerData, data, deadline, signal } = ctx as TaskContext;
        seen.push({ taskId, attempt, workerId, workerData, data, deadline, aborted: signal.aborted });
        (ctx as TaskContext).progress('half');
      },
    });
    const seen: unknown[] = [];
    await accept([1, 'look'], [2, 'look']);
    const shared = { attempt: 3, workerId: 7, workerData: 'data', data: 'set up', aborted: false };
    expect(seen).toEqual([
      { ...shared, taskId: 2 ** 32 + 10, deadline: 99 },
      { ...shared, taskId: 2 ** 32 + 20, deadline: undefined },
    ]);
    expect(progress).toEqual([[1, 'half']]);
  });

  it('may take their context apart', async () => {
    const { accept, progress } = open({
      look(_input, ctx) {
        const { progress: report, section } = ctx as TaskContext;
        report(section('half', () => 0.5));
      },
    });
    await accept([1, 'look']);
    expect(progress).toEqual([[1, 0.5]]);
  });

  it('are told of when they end, with whether another one still runs', async () => {
    const { calls, handler } = held();
    const { accept, answers, flushes } = open({ handler, quick: () => 'q' }, 2);
    await accept([1, 'handler', 'a'], [2, 'quick']);
    await answers(1);
    calls.get('a')?.resolve('A');
    await answers(2);
    expect(flushes).toEqual([false, true]);
  });

  it('that take long are answered at once, before the next begins', async () => {
    const { accept, frames } = open({
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
    const { accept, answers, revoked } = open({
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
      [3, STATUS.neverStarted],
    ]);
  });

  it('beyond 256 are answered in more than one frame', async () => {
    const { accept, answers, frames } = open({ same: (n) => n });
    await accept(...Array.from({ length: 600 }, (_, n) => [n + 1, 'same', n] as [number, string, number]));
    await answers(600);
    expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(256);
    expect(frames.flat().map(({ value }) => value)).toEqual(Array.from({ length: 600 }, (_, n) => n));
  });

  it('whose result cannot be sent are answered with the reason, their neighbours as they are', async () => {
    const { accept, answers } = open({ same: (n) => (n === 2 ? () => {} : n) });
    await accept([1, 'same', 1], [2, 'same', 2], [3, 'same', 3]);
    expect(await answers(3)).toEqual([
      { wireId: 1, status: STATUS.ok, value: 1 },
      { wireId: 2, status: STATUS.notSerializable, value: { reason: 'could not be cloned' } },
      { wireId: 3, status: STATUS.ok, value: 3 },
    ]);
  });
});

describe('what looks like a promise', () => {
  const cases: [string, () => unknown, Partial<Row>][] = [
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
    const { accept, answers } = open({ give: make, next: () => 'next' });
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
    const { accept, loop } = open({ handler });
    await accept([1, 'handler', 'a']);
    const signal = calls.get('a')?.ctx.signal;
    loop.cancel({ id: 1, reason: errorToWire(new RangeError('enough'), () => true) });
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toBeInstanceOf(RangeError);
  });

  it('is seen by a handler that looks for it only later', async () => {
    const { calls, handler } = held();
    const { accept, loop } = open({ handler });
    await accept([1, 'handler', 'a']);
    loop.cancel({ id: 1, reason: errorToWire('enough', () => true) });
    expect(calls.get('a')?.ctx.signal.aborted).toBe(true);
  });

  it('over the board, of a waiting task, keeps its handler from being called', async () => {
    const { calls, handler } = held();
    const { accept, answers, claims, revoked } = open({ handler });
    await accept([1, 'handler', 'a'], [2, 'handler', 'b']);
    revoked.add(2);
    calls.get('a')?.resolve('A');
    const answered = await answers(2);
    expect([claims, calls.has('b')]).toEqual([[1], false]);
    expect(answered.map(({ wireId, status }) => [wireId, status])).toEqual([
      [1, STATUS.ok],
      [2, STATUS.neverStarted],
    ]);
  });

  it('that comes too late, or for no task, changes nothing', async () => {
    const { accept, loop, answers } = open({ same: (n) => n });
    await accept([1, 'same', 1]);
    loop.cancel({ id: 1, reason: { value: 'late' } });
    loop.cancel({ id: 99, reason: { value: 'whose?' } });
    await accept([99, 'same', 2]);
    expect((await answers(2)).map(({ status }) => status)).toEqual([STATUS.ok, STATUS.ok]);
  });
});

function raise(message: string): never {
  throw new Error(message);
}
