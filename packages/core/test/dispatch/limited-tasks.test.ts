import { describe, expect, it } from 'vitest';
import type { PoolOptions } from '../../src/contract/options.js';
import { FRAME } from '../../src/wire/frame.js';
import { STATUS } from '../../src/wire/record.js';
import type { FakeClock } from '../support/fake-clock.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import { codes } from '../support/tasks.js';

const TWO_A_SECOND = { rateLimit: { calls: 2, perMs: 1000 } };

/** Expects that a worker begins one task after just this time. */
async function expectBegunAfter(ms: number, worker: Staff, clock: FakeClock): Promise<void> {
  clock.advance(ms - 1);
  await turn();
  expect(begun(worker)).toHaveLength(0);
  clock.advance(1);
  await turn();
  expect(begun(worker)).toHaveLength(1);
}

/** One worker, and tasks `work` with these options. */
async function open(work: object, options: PoolOptions = {}) {
  const engine = openEngine({ prefetch: 'auto', ...options, tasks: { work, free: {} } });
  const [first] = (await engine.staffUp(1, ['work', 'free'])) as [Staff];
  const answer = async (...tasks: { wireId: number }[]): Promise<void> => {
    first.transport.reply(...tasks.map(({ wireId }) => ({ wireId })));
    await turn();
  };
  return { ...engine, first, answer };
}

describe('tasks with limits', () => {
  // Comes first: pools that have not ended share the cores.
  it('that wait for a limit start no workers; those that may begin do', async () => {
    for (const [places, workers] of [
      [1, 1],
      [2, 2],
    ] as const) {
      const { submit, backend, supervisor, dispatcher, first } = await open({ concurrency: places }, { prefetch: 0 });
      backend.resize({ min: 1, max: 8 });
      for (let task = 0; task < 50; task++) submit();
      await turn();
      expect([supervisor.wanted, dispatcher.queued, dispatcher.blocked]).toEqual([workers, places - 1, 50 - places]);
      void backend.kill(new Error('the end'));
      first.transport.exit();
    }
  });

  it('take a token only when a worker has a place for them', async () => {
    const { submit, first, answer, clock } = await open(TWO_A_SECOND);
    for (let task = 0; task < 3; task++) submit();
    await turn();
    const [one] = begun(first);
    clock.advance(5000);
    await turn();
    // Only one ran in all that time, so that the bucket is full.
    await answer({ wireId: one?.wireId ?? 0 });
    const [two] = begun(first);
    await answer({ wireId: two?.wireId ?? 0 });
    expect(begun(first)).toHaveLength(1);
  });

  it('are never prefetched, while tasks of other names are', async () => {
    const { submit, first, expectMs, clock } = await open({ rateLimit: { calls: 1000, perMs: 1 } });
    expectMs(0.01);
    expectMs(0.01, 'free');
    for (let task = 0; task < 5; task++) submit();
    clock.advance(1);
    for (let task = 0; task < 5; task++) submit('free');
    await turn();
    const names = first.transport.takeTasks().map(({ name }) => name);
    expect(names).toEqual(['work', 'free', 'free', 'free', 'free', 'free']);
  });

  it('wait for their limit without a pass, by one timer, and go then', async () => {
    const { submit, first, answer, clock, dispatcher, timersLeft } = await open(TWO_A_SECOND, { concurrency: 8 });
    for (let task = 0; task < 4; task++) submit();
    await turn();
    await answer(...begun(first));
    // The look at the log of results is over then.
    clock.advance(200);
    expect([begun(first).length, dispatcher.queued, dispatcher.blocked, timersLeft()]).toEqual([0, 0, 2, 1]);
    await expectBegunAfter(300, first, clock);
    clock.advance(500);
    await turn();
    expect([begun(first).length, dispatcher.blocked]).toEqual([1, 0]);
  });

  it('are not saturation: no worker is lacking', async () => {
    const { submit, first, answer, dispatcher } = await open({ concurrency: 1 }, { concurrency: 2 });
    for (let task = 0; task < 5; task++) submit();
    await turn();
    expect([dispatcher.queued, dispatcher.freePlaces(9)]).toEqual([0, 1]);
    await answer(...begun(first));
    expect([begun(first).length, dispatcher.blocked]).toEqual([1, 3]);
  });

  it('take no token while their places are taken', async () => {
    const { submit, first, answer, dispatcher } = await open(
      { concurrency: 1, rateLimit: { calls: 2, perMs: 60_000, window: 'strict' } },
      { concurrency: 4 },
    );
    submit();
    const { task } = submit();
    await turn();
    const running = begun(first);
    expect(running).toHaveLength(1);
    dispatcher.cancel(task, new Error('not wanted'));
    submit();
    await answer(...running);
    expect(begun(first)).toHaveLength(1);
  });

  it('give their token and their place back when they are recalled before they began', async () => {
    const { submit, first, dispatcher, staffUp, clock } = await open({
      rateLimit: { calls: 1, perMs: 60_000 },
      concurrency: 1,
    });
    const { task } = submit();
    await turn();
    expect(first.transport.takeTasks()).toHaveLength(1);
    const [, second] = (await staffUp(2, ['work', 'free'])) as [Staff, Staff];
    dispatcher.recallPrefetched(first.worker);
    await turn();
    const staff = [first, second].flatMap((each) => each.transport.takeTasks().map(({ taskId }) => taskId));
    expect(staff).toEqual([task.id]);
    expect(clock.now()).toBeLessThan(60_000);
  });

  it('give their token back when they are cancelled before they began, and keep it when they had', async () => {
    const { submit, first, dispatcher, answer } = await open({ rateLimit: { calls: 1, perMs: 60_000 } });
    const { task } = submit();
    await turn();
    const [unbegun] = first.transport.takeTasks();
    dispatcher.cancel(task, new Error('not wanted'));
    const second = submit();
    await turn();
    // The worker drops the revoked one, which frees its place.
    first.transport.reply({ wireId: unbegun?.wireId ?? 0, status: STATUS.revoked });
    await turn();
    const [running] = begun(first);
    expect(running?.taskId).toBe(second.task.id);
    dispatcher.cancel(second.task, new Error('not wanted'));
    submit();
    await answer({ wireId: running?.wireId ?? 0 });
    expect(begun(first)).toHaveLength(0);
  });

  it('hold their place until their handler ends, even when they are cancelled', async () => {
    const { submit, first, dispatcher, answer } = await open({ concurrency: 1 }, { concurrency: 4 });
    const { task } = submit();
    submit();
    await turn();
    const [running] = begun(first);
    dispatcher.cancel(task, new Error('not wanted'));
    await turn();
    expect(begun(first)).toHaveLength(0);
    await answer({ wireId: running?.wireId ?? 0 });
    expect(begun(first)).toHaveLength(1);
  });

  it('give their places back when their worker dies, begun or not', async () => {
    const { submit, first, staffUp, clock } = await open({ concurrency: 3 }, { concurrency: 8, prefetch: 0 });
    const made = Array.from({ length: 6 }, () => submit());
    await turn();
    const [one, two] = first.transport.takeTasks();
    first.transport.begin(...[one, two].filter((task) => task !== undefined));
    first.transport.exit();
    clock.advance(10_000);
    const [next] = (await staffUp(1, ['work', 'free'])) as [Staff];
    await turn();
    expect(begun(next)).toHaveLength(3);
    expect(codes(made).filter((all) => (all as unknown[])[0] === 'ERR_WORKER_CRASHED')).toHaveLength(2);
  });

  it('keep a strict window over the death of a worker', async () => {
    const { submit, first, staffUp, clock } = await open({ rateLimit: { calls: 1, perMs: 5000, window: 'strict' } });
    submit();
    submit();
    await turn();
    expect(begun(first)).toHaveLength(1);
    const diedAtMs = clock.now();
    first.transport.exit();
    clock.advance(1000);
    const [next] = (await staffUp(1, ['work', 'free'])) as [Staff];
    await expectBegunAfter(diedAtMs + 5000 - clock.now(), next, clock);
  });

  it('count every try', async () => {
    const { submit, first, clock } = await open({
      ...TWO_A_SECOND,
      retry: { attempts: 3, backoff: { baseMs: 0 } },
    });
    submit();
    for (let tries = 0; tries < 2; tries++) {
      await turn();
      const [task] = begun(first);
      first.transport.replyError({ wireId: task?.wireId ?? 0 }, new Error('again'));
      clock.advance(1);
      await turn();
    }
    expect(begun(first)).toHaveLength(0);
    clock.advance(500);
    await turn();
    expect(begun(first)).toHaveLength(1);
  });

  it('stop for as long as an error says', async () => {
    const { submit, first, clock } = await open({ rateLimit: { calls: 50, perMs: 1000 } });
    for (let task = 0; task < 2; task++) submit();
    await turn();
    const [task] = begun(first);
    first.transport.replyError({ wireId: task?.wireId ?? 0 }, Object.assign(new Error('429'), { retryAfterMs: 700 }));
    await turn();
    expect(begun(first)).toHaveLength(0);
    await expectBegunAfter(700, first, clock);
  });

  it('correct their estimate by what the handler reports', async () => {
    const cost = (): number => 90;
    const { submit, first } = await open(
      { rateLimit: { unit: 'tokens', max: 100, perMs: 60_000, cost } },
      { concurrency: 4 },
    );
    for (let task = 0; task < 3; task++) submit();
    await turn();
    const [task] = begun(first);
    expect(task?.extras).toMatchObject({ isMetered: true });
    first.transport.say(
      FRAME.request,
      { topic: 'used', asked: [[task?.wireId, { tokens: 10 }]] },
      { meta: Uint32Array.of(1) },
    );
    await turn();
    expect(begun(first)).toHaveLength(1);
    expect(first.transport.sent(FRAME.reply)).toHaveLength(1);
  });

  it.each([
    ['nothing', undefined],
    ['no list', 7],
    ['a broken list', [null]],
    ['an unknown task', [[999_999, { tokens: 1 }]]],
    ['no numbers', [[1, { tokens: 'many' }]]],
  ])('go on when a worker reports %s', async (_, asked) => {
    const { submit, first, answer } = await open(TWO_A_SECOND);
    const made = submit();
    await turn();
    const tasks = begun(first);
    first.transport.say(FRAME.request, { topic: 'used', asked }, { meta: Uint32Array.of(1) });
    expect([first.transport.sent(FRAME.reply).length, first.transport.faults]).toEqual([1, []]);
    await answer(...tasks);
    expect(codes([made])).toEqual([['ok']]);
  });

  it('that wait end with their signal, their time to wait, and the pool', async () => {
    const { submit, first, clock, backend, dispatcher } = await open(TWO_A_SECOND, { concurrency: 8 });
    for (let task = 0; task < 2; task++) submit();
    await turn();
    begun(first);
    const controller = new AbortController();
    const cancelled = submit('work', 0, { signal: controller.signal });
    const { settings } = submit('work').task;
    const late = submit('work', 0, { settings: { ...settings, queueTimeoutMs: 100 } });
    const epochMs = Date.now() + 200;
    const overdue = submit('work', 0, { deadline: { epochMs, hostMs: clock.now() + 200 } });
    const left = submit();
    await turn();
    expect(dispatcher.blocked).toBe(5);
    const reason = new Error('not wanted');
    controller.abort(reason);
    clock.advance(250);
    await turn();
    expect(cancelled.outcomes).toEqual([{ error: reason }]);
    expect(codes([late, overdue, left])).toEqual([['ERR_QUEUE_TIMEOUT'], ['ERR_QUEUE_TIMEOUT'], []]);
    const end = new Error('the end');
    void backend.kill(end);
    expect(left.outcomes).toEqual([{ error: end }]);
    first.transport.exit();
    await turn();
    expect([dispatcher.blocked, clock.timers]).toEqual([0, 0]);
  });

  it('that ran together with others when their worker died run alone, within their limits', async () => {
    const { submit, first, staffUp, clock } = await open(
      { idempotent: true, rateLimit: { calls: 2, perMs: 60_000 } },
      { concurrency: 2, prefetch: 0 },
    );
    const made = [submit(), submit()];
    await turn();
    expect(begun(first)).toHaveLength(2);
    first.transport.exit();
    const [next] = (await staffUp(1, ['work', 'free'])) as [Staff];
    await turn();
    expect(begun(next)).toHaveLength(0);
    for (let task = 0; task < 2; task++) {
      clock.advance(30_000);
      await turn();
      const [alone, ...more] = begun(next);
      expect(more).toEqual([]);
      next.transport.reply({ wireId: alone?.wireId ?? 0 });
      await turn();
    }
    expect(codes(made)).toEqual([['ok'], ['ok']]);
  });

  it('pass by them as a broadcast', async () => {
    const { submitTo, submit, first } = await open({ concurrency: 1 }, { concurrency: 4 });
    submit();
    submit();
    await turn();
    begun(first);
    submitTo(first.worker);
    await turn();
    expect(begun(first)).toHaveLength(1);
  });
});

describe('tasks that limits refuse', () => {
  it('reject at once with the time at which to try again, and count those that wait for a worker', async () => {
    const { submit, first, answer, clock } = await open({ rateLimit: { calls: 2, perMs: 1000, when: 'reject' } });
    const made = Array.from({ length: 4 }, () => submit());
    expect(codes(made)).toEqual([[], [], ['ERR_RATE_LIMITED'], ['ERR_RATE_LIMITED']]);
    expect(made[2]?.outcomes).toMatchObject([
      { error: { details: { task: 'work', key: undefined, retryAfterMs: 500 } } },
    ]);
    await turn();
    await answer(...begun(first));
    await answer(...begun(first));
    expect(codes(made.slice(0, 2))).toEqual([['ok'], ['ok']]);
    expect(codes([submit()])).toEqual([['ERR_RATE_LIMITED']]);
    clock.advance(500);
    expect(codes([submit()])).toEqual([[]]);
  });

  it('leave room for others when they are cancelled while they wait', async () => {
    const { submit, dispatcher } = await open({ rateLimit: { calls: 1, perMs: 1000, when: 'reject' } });
    const { task } = submit();
    expect(codes([submit()])).toEqual([['ERR_RATE_LIMITED']]);
    dispatcher.cancel(task, new Error('not wanted'));
    expect(codes([submit()])).toEqual([[]]);
  });
});

describe('a cost or a key that is wrong', () => {
  it('rejects its task alone, with the name of the task', async () => {
    const cost = (input: unknown): number => (input === 'bad' ? NaN : 1);
    const { submit, first, answer, registry } = await open({
      rateLimit: { unit: 'tokens', max: 9, perMs: 1000, cost },
    });
    const made = [submit('work', 'good'), submit('work', 'bad'), submit('work', 'good')];
    await turn();
    for (let task = 0; task < 2; task++) await answer(...begun(first));
    expect(codes(made)).toEqual([['ok'], ['ERR_OPTION'], ['ok']]);
    expect(made[1]?.outcomes).toMatchObject([
      { error: { message: expect.stringContaining('tasks.work.rateLimit.cost') as string } },
    ]);
    expect(registry.counts).toMatchObject({ completed: 2, failed: 1, queued: 0, dispatched: 0 });
  });

  it('may cancel its own task, or end the pool', async () => {
    let act: () => void = () => {};
    const cost = (): number => {
      act();
      return 1;
    };
    const { submit, backend, first, registry } = await open({
      rateLimit: { unit: 'tokens', max: 9, perMs: 1000, cost },
    });
    const controller = new AbortController();
    act = () => controller.abort(new Error('not wanted'));
    expect(submit('work', 0, { signal: controller.signal }).outcomes).toMatchObject([
      { error: { message: 'not wanted' } },
    ]);
    act = () => void backend.kill(new Error('the end'));
    expect(submit().outcomes).toMatchObject([{ error: { message: 'the end' } }]);
    expect(registry.pending).toBe(0);
    first.transport.exit();
  });
});
