import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPoolError, PoolError } from '../../src/contract/errors.js';
import { type Cargo, FRAME, type Frame, type FrameKind, type RequestKind } from '../../src/wire/frame.js';
import { frameRouter } from '../../src/wire/frame-router.js';
import { type Answers, Requests } from '../../src/wire/requests.js';
import { FakeClock } from '../support/fake-clock.js';
import { LocalChannel } from '../support/local-channel.js';

interface Work {
  work: { readonly asked: number; readonly answer: unknown };
}

/** Keeps what is sent until a test delivers it: in order, again, or never. */
class HostileChannel extends LocalChannel {
  readonly clones = true;
  readonly underWay: Frame[] = [];
  readonly delivered: Frame[] = [];

  send(kind: FrameKind, body: unknown, cargo?: Cargo): number {
    const meta = cargo?.meta.slice() ?? new Uint32Array(0);
    const frame = { kind, meta, values: Buffer.alloc(0), beside: [], sentAt: 0, receivedAt: 0 };
    this.underWay.push({ ...frame, body: structuredClone(body) });
    return 0;
  }
}

type Handler = Answers<Work>['work'];

/** Two sides of a link; the second answers with `handler`. */
function open(handler: Handler) {
  const clock = new FakeClock();
  const there = new HostileChannel();
  const back = new HostileChannel();
  const asking = new Requests<Work, Record<never, never>>({ channel: there, clock, answers: {} });
  const answering = new Requests<Record<never, never>, Work>({ channel: back, clock, answers: { work: handler } });
  const ends = [
    { channel: there, route: frameRouter<RequestKind>('The asker', answering.handlers) },
    { channel: back, route: frameRouter<RequestKind>('The answerer', asking.handlers) },
  ] as const;
  const deliver = (end: (typeof ends)[number]): void => {
    const frame = end.channel.underWay.shift();
    if (frame === undefined) return;
    end.channel.delivered.push(frame);
    end.route(frame);
  };
  /** Delivers all there is, and lets promises run. */
  const deliverAll = async (): Promise<void> => {
    for (let turn = 0; turn < 4; turn++) {
      for (const end of ends) while (end.channel.underWay.length > 0) deliver(end);
      await turned();
    }
  };
  return { clock, there, back, asking, answering, ends, deliver, deliverAll };
}

const turned = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function failure(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return promise.then(
    () => {
      throw new Error('It did not reject.');
    },
    (error: unknown) => error as Error & Record<string, unknown>,
  );
}

describe('a request', () => {
  it('brings the answer, at once or later', async () => {
    const { asking, deliverAll } = open((n) => (n % 2 === 0 ? n * 2 : Promise.resolve(n * 2)));
    const answers = [asking.ask('work', 1, { timeoutMs: 100 }), asking.ask('work', 2, { timeoutMs: 100 })];
    await deliverAll();
    expect(await Promise.all(answers)).toEqual([2, 4]);
  });

  it.each([
    [
      'thrown',
      () => {
        throw Object.assign(new RangeError('no seat left', { cause: new Error('row 7') }), { code: 'E_SEAT' });
      },
    ],
    [
      'rejected',
      () =>
        Promise.reject(
          Object.assign(new RangeError('no seat left', { cause: new Error('row 7') }), { code: 'E_SEAT' }),
        ),
    ],
  ] as [string, Handler][])('rejects with what the handler has %s', async (_, handler) => {
    const { asking, deliverAll } = open(handler);
    const failed = failure(asking.ask('work', 1, { timeoutMs: 100 }));
    await deliverAll();
    const error = await failed;
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'no seat left', code: 'E_SEAT', cause: { message: 'row 7' } });
  });

  it('rejects when its answer cannot be sent, or itself', async () => {
    const { asking, deliverAll } = open(() => () => {});
    const failed = failure(asking.ask('work', 1, { timeoutMs: 100 }));
    const unsent = failure(asking.ask('work', (() => {}) as never, { timeoutMs: 100 }));
    await deliverAll();
    expect([(await failed).message, (await unsent).message]).toEqual([
      expect.stringMatching(/Request "work" .* has an answer that cannot be sent: .*could not be cloned/),
      expect.stringMatching(/Request "work" .* cannot be sent: .*could not be cloned/),
    ]);
  });

  it('about a topic that is not answered is refused', async () => {
    const { asking, deliverAll } = open((n) => n);
    const failed = failure(asking.ask('constructor' as 'work', 1, { timeoutMs: 100 }));
    await deliverAll();
    expect((await failed).message).toContain('has a topic that the other side does not answer');
  });

  it('rejects at its deadline; the handler hears of it, and the late reply is dropped and counted', async () => {
    let signal: AbortSignal | undefined;
    let answer = (_: unknown): void => {};
    const { asking, clock, deliverAll, back, ends, deliver } = open((_, each) => {
      signal = each;
      return new Promise((resolve) => (answer = resolve));
    });
    const failed = failure(asking.ask('work', 1, { timeoutMs: 100 }));
    await deliverAll();
    answer('just too late');
    await turned();
    expect(back.underWay).toHaveLength(1);
    clock.advance(100);
    expect(await failed).toMatchObject({ code: 'ERR_REQUEST', details: { topic: 'work', why: 'timeout' } });
    deliver(ends[1]);
    expect([asking.lateReplies, clock.timers]).toEqual([1, 0]);

    const second = failure(asking.ask('work', 2, { timeoutMs: 100 }));
    await deliverAll();
    expect(signal?.aborted).toBe(false);
    clock.advance(100);
    await second;
    await deliverAll();
    expect(signal?.aborted).toBe(true);
    answer('too late');
    await turned();
    expect(back.underWay).toEqual([]);
  });

  it('first reads what has come when the timer of its deadline is late', async () => {
    const { asking, clock, ends, deliver } = open((n) => n);
    const answer = asking.ask('work', 7, { timeoutMs: 100 });
    deliver(ends[0]);
    // The loop has stood still: its timers come before it reads the reply.
    clock.fireLate(500);
    deliver(ends[1]);
    clock.advance(1);
    expect(await answer).toBe(7);
    const failed = failure(asking.ask('work', 8, { timeoutMs: 100 }));
    clock.fireLate(500);
    clock.advance(1);
    expect(await failed).toMatchObject({ details: { why: 'timeout' } });
  });

  it('rejects with the reason of its signal, and is not sent when that has aborted before', async () => {
    const { asking, there, clock } = open((n) => n);
    const [controller, before] = [new AbortController(), AbortSignal.abort('too early')];
    const failed = failure(asking.ask('work', 1, { timeoutMs: 100, signal: controller.signal }));
    controller.abort('changed my mind');
    expect(await failed).toBe('changed my mind');
    expect(await failure(asking.ask('work', 2, { timeoutMs: 100, signal: before }))).toBe('too early');
    expect(there.underWay.map(({ kind, meta }) => [kind, meta[0]])).toEqual([
      [FRAME.request, 1],
      [FRAME.withdraw, 1],
    ]);
    expect([clock.timers, getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
  });

  it('is refused while 1024 wait, on either side', async () => {
    const handlers: ((answer: unknown) => void)[] = [];
    const { asking, there, deliverAll, clock } = open(() => new Promise((resolve) => handlers.push(resolve)));
    const waiting = Array.from({ length: 1024 }, (_, n) => failure(asking.ask('work', n, { timeoutMs: 100 })));
    expect(await failure(asking.ask('work', 1024, { timeoutMs: 100 }))).toMatchObject({ details: { why: 'full' } });
    expect(there.underWay).toHaveLength(1024);
    await deliverAll();
    // The asker gives them up; their handlers go on, and count.
    clock.advance(100);
    await Promise.all(waiting);
    const failed = failure(asking.ask('work', 1025, { timeoutMs: 100 }));
    await deliverAll();
    expect(await failed).toMatchObject({ code: 'ERR_REQUEST', details: { why: 'full' } });
    for (const finish of handlers) finish('too late');
    await turned();
    const answer = asking.ask('work', 1026, { timeoutMs: 100 });
    await deliverAll();
    handlers.at(-1)?.('there is room again');
    await deliverAll();
    expect(await answer).toBe('there is room again');
  });

  it('rejects when the link ends, and after that at once', async () => {
    const { asking, answering, clock, deliverAll, there } = open(() => new Promise(() => {}));
    const failed = failure(asking.ask('work', 1, { timeoutMs: 100 }));
    await deliverAll();
    asking.end();
    answering.end();
    const sent = there.underWay.length;
    expect(await failed).toMatchObject({ code: 'ERR_REQUEST', details: { why: 'ended' } });
    expect(await failure(asking.ask('work', 2, { timeoutMs: 100 }))).toMatchObject({ details: { why: 'ended' } });
    expect([clock.timers, there.underWay.length]).toEqual([0, sent]);
  });

  it('that is no request is a fault of the link', () => {
    const { ends } = open((n) => n);
    const [{ channel, route }] = ends;
    channel.send(FRAME.request, undefined, { meta: Uint32Array.of(1) });
    expect(() => route(channel.underWay[0] as Frame)).toThrow(TypeError);
  });
});

type Step =
  | { do: 'ask'; withSignal: boolean; timeoutMs: number }
  | { do: 'deliver' | 'repeat'; end: 0 | 1; which: number }
  | { do: 'answer'; which: number; how: 'resolve' | 'reject' | 'unsendable' }
  | { do: 'abort'; which: number }
  | { do: 'advance'; ms: number }
  | { do: 'cut' };

const index = fc.nat({ max: 1000 });
const end = fc.constantFrom(0 as const, 1 as const);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('ask' as const), withSignal: fc.boolean(), timeoutMs: fc.nat(100) }),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('deliver' as const), end, which: index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), end, which: index }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: index,
      how: fc.constantFrom('resolve' as const, 'reject' as const, 'unsendable' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which: index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'cut' as const }) },
);

describe('over any link: late, doubled and lost frames, and its end at any moment', () => {
  it('each request settles once, with its own answer, and its handler is called once at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { maxLength: 60 }), async (steps) => {
        const calls = new Map<number, number>();
        const called: { n: number; resolve(value: unknown): void; reject(error: unknown): void }[] = [];
        const link = open(
          (n) =>
            new Promise((resolve, reject) => {
              calls.set(n, (calls.get(n) ?? 0) + 1);
              called.push({ n, resolve, reject });
            }),
        );
        const outcomes: unknown[][] = [];
        const signals: AbortController[] = [];
        let isCut = false;
        for (const step of steps) {
          if (step.do === 'ask') {
            const controller = new AbortController();
            signals.push(controller);
            const n = outcomes.push([]) - 1;
            const signal = step.withSignal ? controller.signal : undefined;
            void link.asking.ask('work', n, { timeoutMs: step.timeoutMs, signal }).then(
              (value) => outcomes[n]?.push(value),
              (error: unknown) => outcomes[n]?.push(error),
            );
          } else if (step.do === 'deliver') link.deliver(link.ends[step.end]);
          else if (step.do === 'repeat') {
            const { channel, route } = link.ends[step.end];
            const frame = channel.delivered[step.which % Math.max(1, channel.delivered.length)];
            if (frame !== undefined) route(frame);
          } else if (step.do === 'answer') {
            const [handler] = called.splice(step.which % Math.max(1, called.length), 1);
            if (step.how === 'reject') handler?.reject(new Error(`no ${handler.n}`));
            else handler?.resolve(step.how === 'resolve' ? `answer ${handler.n}` : () => {});
          } else if (step.do === 'abort') signals[step.which % Math.max(1, signals.length)]?.abort('given up');
          else if (step.do === 'advance') link.clock.advance(step.ms);
          else isCut = true;
          if (isCut) {
            link.asking.end();
            link.answering.end();
          }
          await turned();
        }
        link.asking.end();
        link.answering.end();
        await link.deliverAll();
        for (const [n, outcome] of outcomes.entries()) {
          expect(outcome).toHaveLength(1);
          expect(calls.get(n) ?? 0).toBeLessThanOrEqual(1);
          expect(isOneOf(outcome[0], n)).toBe(true);
        }
        expect(link.clock.timers).toBe(0);
        for (const { signal } of signals) expect(getEventListeners(signal, 'abort')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

/** Whether this may come of request n. */
function isOneOf(outcome: unknown, n: number): boolean {
  if (outcome === `answer ${n}` || outcome === 'given up' || isPoolError(outcome, 'ERR_REQUEST')) return true;
  // A refusal of the other side is data, and no PoolError any more.
  const { message, code } = outcome as Error & { code?: unknown };
  return message === `no ${n}` || (code === 'ERR_REQUEST' && !(outcome instanceof PoolError));
}
