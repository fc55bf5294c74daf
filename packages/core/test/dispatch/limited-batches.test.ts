import { describe, expect, it } from 'vitest';
import type { BatchOptions } from '../../src/contract/batch-options.js';
import type { PoolOptions } from '../../src/contract/options.js';
import { resolveBatch } from '../../src/contract/resolve-batch.js';
import type { TaskOptions } from '../../src/contract/task-options.js';
import type { Task } from '../../src/task/task.js';
import { errorToWire } from '../../src/wire/error-wire.js';
import { STATUS } from '../../src/wire/record.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import { codes } from '../support/tasks.js';

/** One worker with a handler `work` of batches, and tasks with these options. */
async function open(work: TaskOptions<unknown>, batch: BatchOptions = {}, options: PoolOptions = {}) {
  const engine = openEngine({ prefetch: 0, ...options, tasks: { work: work, free: {} } });
  engine.backend.resize(1);
  engine.clock.advance(10);
  const [first] = engine.staff as [Staff];
  first.transport.becomeReady(['work', 'free'], false, [['work', resolveBatch(batch)]]);
  await turn();
  /** Tasks that have newly arrived at the worker: one call each time, since its places are one. */
  const arrived = async (): Promise<number[]> => {
    await turn();
    return begun(first).map(({ taskId }) => taskId);
  };
  const wireIds = (): number[] => first.worker.assigned.all().map(({ wireId }) => wireId);
  const answerAll = (): void => first.transport.reply(...wireIds().map((wireId) => ({ wireId })));
  return { ...engine, first, arrived, wireIds, answerAll };
}

const KEYED = { key: (input: unknown) => (input as string).slice(0, 1) };

describe('batches of tasks with limits', () => {
  it('hold items of one key of the limits only', async () => {
    const { submit, arrived, answerAll } = await open({ rateLimit: { calls: 1, perMs: 1000, ...KEYED } });
    for (const input of ['a1', 'b1', 'a2', 'b2', 'a3']) submit('work', input);
    expect(await arrived()).toEqual([1, 3, 5]);
    answerAll();
    expect(await arrived()).toEqual([2, 4]);
  });

  it('hold no more items than the limit has where each of them counts, and wait for all of these tokens', async () => {
    const { submit, arrived, answerAll, clock, type } = await open({
      rateLimit: { calls: 3, perMs: 3000, per: 'item', window: 'strict' },
    });
    for (let task = 0; task < 5; task++) submit();
    expect(await arrived()).toEqual([1, 2, 3]);
    answerAll();
    clock.advance(2999);
    expect(await arrived()).toEqual([]);
    clock.advance(1);
    expect(await arrived()).toEqual([4, 5]);
    answerAll();
    submit();
    expect(await arrived()).toEqual([6]);
    expect(type('work').batches?.stats().why).toMatchObject({ limit: 1 });
  });

  it('cost the sum of their items, and go as soon as an item that is dropped leaves enough', async () => {
    const rateLimit = { unit: 'tokens', max: 100, perMs: 100_000, cost: (input: unknown) => input as number };
    const { submit, arrived, answerAll, dispatcher, clock } = await open({ rateLimit });
    submit('work', 60);
    expect(await arrived()).toEqual([1]);
    answerAll();
    const costly = submit('work', 50);
    submit('work', 30);
    expect(await arrived()).toEqual([]);
    dispatcher.cancel(costly.task, new Error('not wanted'));
    expect(await arrived()).toEqual([3]);
    answerAll();
    // 10 are left.
    submit('work', 11);
    clock.advance(999);
    expect(await arrived()).toEqual([]);
    clock.advance(1);
    expect(await arrived()).toEqual([4]);
  });

  it('hold their place until the last item has ended, whatever item took it', async () => {
    const { submit, arrived, first, wireIds } = await open({ concurrency: 1 }, {}, { concurrency: 4 });
    submit();
    submit();
    expect(await arrived()).toEqual([1, 2]);
    submit();
    const [one, two] = wireIds() as [number, number];
    first.transport.reply({ wireId: one });
    expect(await arrived()).toEqual([]);
    first.transport.reply({ wireId: two });
    expect(await arrived()).toEqual([3]);
  });

  it('keep their token when an item is dropped before they begin, and give it back when all are', async () => {
    for (const dropped of [1, 2]) {
      const { submit, first, dispatcher, wireIds, clock } = await open({ rateLimit: { calls: 1, perMs: 1000 } });
      const made = [submit(), submit()];
      await turn();
      first.transport.takeTasks();
      const sent = wireIds();
      for (const { task } of made.slice(0, dropped)) dispatcher.cancel(task, new Error('not wanted'));
      submit();
      first.transport.begin(...sent.slice(dropped).map((wireId) => ({ wireId })));
      const status = (at: number): number => (at < dropped ? STATUS.revoked : STATUS.ok);
      first.transport.reply(...sent.map((wireId, at) => ({ wireId, status: status(at) })));
      await turn();
      expect([dropped, begun(first).length]).toEqual([dropped, dropped === 2 ? 1 : 0]);
      clock.advance(1000);
      await turn();
      expect(begun(first).length).toBe(dropped === 2 ? 0 : 1);
    }
  });

  it('that failed as a whole, and are split, wait for as long as the error says', async () => {
    const { submit, arrived, first, wireIds, clock } = await open(
      { rateLimit: { calls: 50, perMs: 1000 } },
      { isolate: true },
    );
    const made = [submit(), submit()];
    expect(await arrived()).toEqual([1, 2]);
    const wire = errorToWire(Object.assign(new Error('429'), { retryAfterMs: 700 }), true);
    wire.call = { how: 'failed' };
    first.transport.reply(...wireIds().map((wireId) => ({ wireId, status: STATUS.error, value: wire })));
    clock.advance(699);
    expect(await arrived()).toEqual([]);
    clock.advance(1);
    expect(await arrived()).toHaveLength(1);
    expect(codes(made)).toEqual([[], []]);
  });

  it('know for each item how long limits have held it back', async () => {
    const { submit, arrived, answerAll, clock, type } = await open({ rateLimit: { calls: 1, perMs: 1000 } });
    submit();
    await arrived();
    answerAll();
    submit();
    await turn();
    clock.advance(600);
    submit();
    clock.advance(400);
    expect(await arrived()).toEqual([2, 3]);
    answerAll();
    const { count, min, max, sum } = type('work').limits?.limitWait ?? {};
    expect([count, min, max, sum]).toEqual([3, 0, 1000, 1400]);
  });

  it('refuse what is more at once, but no item that joins a call which waits', async () => {
    const { submit, arrived } = await open({ rateLimit: { calls: 2, perMs: 1000, when: 'reject' } });
    submit();
    expect(await arrived()).toEqual([1]);
    // The worker is busy: these wait together for the second token.
    const joined = [submit(), submit(), submit()];
    expect(codes(joined)).toEqual([[], [], []]);
    const apart = submit('work', undefined, { key: 'home' });
    expect(codes([apart])).toEqual([['ERR_RATE_LIMITED']]);
  });

  it('count what waits by items where each counts, and forget those that leave', async () => {
    const { submit, arrived, dispatcher } = await open({
      rateLimit: { calls: 4, perMs: 1000, per: 'item', when: 'reject' },
    });
    submit();
    expect(await arrived()).toEqual([1]);
    const waiting = [submit(), submit(), submit()];
    expect(codes([...waiting, submit()])).toEqual([[], [], [], ['ERR_RATE_LIMITED']]);
    dispatcher.cancel(waiting[0]?.task as Task, new Error('not wanted'));
    expect(codes([submit(), submit()])).toEqual([[], ['ERR_RATE_LIMITED']]);
  });
});

describe('exclusive tasks in batches', () => {
  it('end with the pool, are dropped, and are counted once while they wait for a worker that becomes empty', async () => {
    const { submit, arrived, dispatcher, backend, registry, first } = await open(
      { exclusive: true },
      {},
      { concurrency: 2 },
    );
    submit('free');
    expect(await arrived()).toEqual([1]);
    const made = [submit(), submit(), submit()];
    await turn();
    for (const { task } of made.slice(0, 2)) dispatcher.cancel(task, new Error('not wanted'));
    expect(dispatcher.all().map(({ id }) => id)).toEqual([1, 4]);
    void backend.kill(new Error('the end'));
    expect(made.map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 1]);
    expect(registry.counts).toMatchObject({ submitted: 4, queued: 0, dispatched: 0, failed: 2, cancelled: 2 });
    first.transport.exit();
  });

  it('may all leave while they wait, and others then go on', async () => {
    const { submit, arrived, dispatcher, answerAll } = await open({ exclusive: true }, {}, { concurrency: 2 });
    submit('free');
    expect(await arrived()).toEqual([1]);
    const { task } = submit();
    await turn();
    dispatcher.cancel(task, new Error('not wanted'));
    answerAll();
    submit('free');
    submit();
    expect(await arrived()).toEqual([3]);
    answerAll();
    expect(await arrived()).toEqual([4]);
  });
});

describe('functions of the program for items', () => {
  it('may call the pool, and each call has its own result', async () => {
    let inner: ReturnType<typeof submit> | undefined;
    const key = (input: unknown): string => {
      if (input === 'outer') inner = submit('work', 'inner');
      return input as string;
    };
    const { submit, arrived, first, wireIds, engine } = await open({ batch: { key } });
    const outer = engine.intake.submit(engine.types.of('work'), 'work', 'outer');
    expect((await arrived()).length).toBe(2);
    const [one, two] = first.worker.assigned.all();
    first.transport.reply(
      { wireId: one?.wireId as number, value: `result ${one?.task?.id}` },
      { wireId: two?.wireId as number, value: `result ${two?.task?.id}` },
    );
    expect([await outer, inner?.outcomes, wireIds()]).toEqual(['result 1', [{ value: 'result 2' }], []]);
  });
});
