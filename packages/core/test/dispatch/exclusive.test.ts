import { describe, expect, it } from 'vitest';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import type { SentTask } from '../support/scripted-transport.js';

const ALONE = { alone: { exclusive: true } };
const NAMES = ['work', 'alone'];

const ids = (tasks: readonly SentTask[]): number[] => tasks.map(({ taskId }) => taskId);
const reply = ({ transport }: Staff, ...tasks: readonly SentTask[]): void => transport.reply(...tasks);

describe('an exclusive task', () => {
  it('goes to an idle worker at once, which then gets nothing else', async () => {
    const engine = openEngine({ workers: 2, concurrency: 4, prefetch: 2, tasks: ALONE });
    const staff = (await engine.staffUp(2, NAMES)) as [Staff, Staff];
    const { task } = engine.submit('alone');
    await turn();
    const sent = staff.map((each) => begun(each));
    const alone = staff[sent.findIndex((tasks) => ids(tasks).includes(task.id))] as Staff;
    const other = staff.find((each) => each !== alone) as Staff;
    for (let n = 0; n < 10; n++) engine.submit();
    await turn();
    expect(begun(alone)).toEqual([]);
    expect(begun(other).length).toBeGreaterThanOrEqual(4);
  });

  it('takes its turn: earlier tasks of its name go before it, and later ones after it', async () => {
    const engine = openEngine({ concurrency: 2, prefetch: 0 });
    const [only] = (await engine.staffUp(1)) as [Staff];
    const settings = { ...engine.type('work').settings, exclusive: true };
    const [a, b] = [engine.submit(), engine.submit()].map(({ task }) => task.id);
    const [first, second] = [1, 2].map(() => engine.submit('work', undefined, { settings }).task.id);
    const later = engine.submit().task.id;
    await turn();
    const early = begun(only);
    expect(ids(early)).toEqual([a, b]);
    reply(only, ...early);
    await turn();
    const one = begun(only);
    expect(ids(one)).toEqual([first]);
    reply(only, ...one);
    await turn();
    const two = begun(only);
    expect(ids(two)).toEqual([second]);
    reply(only, ...two);
    await turn();
    expect(ids(begun(only))).toEqual([later]);
  });

  it('leaves the worker to others in between', async () => {
    const engine = openEngine({ concurrency: 2, prefetch: 0, tasks: ALONE });
    const [only] = (await engine.staffUp(1, NAMES)) as [Staff];
    for (let n = 0; n < 4; n++) {
      engine.submit('alone');
      engine.submit('work');
    }
    const order: string[] = [];
    for (let round = 0; round < 20 && order.length < 8; round++) {
      await turn();
      const tasks = begun(only);
      expect(tasks.some(({ name }) => name === 'alone') && tasks.length > 1).toBe(false);
      order.push(...tasks.map(({ name }) => name));
      engine.clock.advance(1);
      reply(only, ...tasks);
    }
    expect(order).toHaveLength(8);
    // Not all of one sort at the end.
    expect(new Set(order.slice(0, 6))).toEqual(new Set(['alone', 'work']));
  });

  it('with a higher priority runs before others that wait for an empty worker, too', async () => {
    const engine = openEngine({ workers: 2, concurrency: 2, prefetch: 0, tasks: ALONE });
    const staff = (await engine.staffUp(2, NAMES)) as [Staff, Staff];
    engine.submit('work');
    engine.submit('work');
    await turn();
    const busy = staff.map((each) => begun(each));
    expect(busy.map(({ length }) => length)).toEqual([1, 1]);
    const low = engine.submit('alone').task.id;
    await turn();
    const settings = { ...engine.type('alone').settings, priority: 50 };
    const high = engine.submit('alone', undefined, { settings }).task.id;
    await turn();
    reply(staff[1], ...(busy[1] ?? []));
    await turn();
    expect(staff.map((each) => ids(begun(each)))).toEqual([[], [high]]);
    reply(staff[0], ...(busy[0] ?? []));
    await turn();
    expect(staff.map((each) => ids(begun(each)))).toEqual([[low], []]);
  });

  it('is not sent ahead, and is never in a worker with others after it was taken back', async () => {
    const engine = openEngine({ workers: 2, concurrency: 2, prefetch: 3, tasks: ALONE });
    const staff = (await engine.staffUp(2, NAMES)) as [Staff, Staff];
    engine.expectMs(0.01);
    engine.expectMs(0.01, 'alone');
    for (let n = 0; n < 40; n++) engine.submit(n % 4 === 1 ? 'alone' : 'work');
    for (let round = 0; round < 60 && engine.registry.pending > 0; round++) {
      await turn();
      for (const each of staff) {
        const tasks = begun(each);
        if (tasks.some(({ name }) => name === 'alone')) expect(each.worker.inFlight).toBe(1);
        reply(each, ...tasks);
      }
    }
    expect(engine.registry.counts).toMatchObject({ completed: 40, queued: 0, dispatched: 0 });
  });

  it('counts as waiting work while it waits for an empty worker', async () => {
    const engine = openEngine({ concurrency: 2, prefetch: 0, tasks: ALONE });
    const [only] = (await engine.staffUp(1, NAMES)) as [Staff];
    engine.expectMs(40, 'alone');
    engine.submit('work');
    await turn();
    begun(only);
    engine.submit('alone');
    engine.submit('alone');
    await turn();
    expect([engine.dispatcher.queued, engine.dispatcher.queuedMs]).toEqual([2, 80]);
  });

  it('is dropped and expires while it waits', async () => {
    const engine = openEngine({ concurrency: 2, prefetch: 0, tasks: ALONE });
    const [only] = (await engine.staffUp(1, NAMES)) as [Staff];
    engine.submit('work');
    await turn();
    begun(only);
    const settings = { ...engine.type('alone').settings, queueTimeoutMs: 100 };
    const late = engine.submit('alone', undefined, { settings });
    const dropped = engine.submit('alone');
    await turn();
    engine.clock.advance(100);
    expect(late.outcomes).toMatchObject([{ error: { code: 'ERR_QUEUE_TIMEOUT' } }]);
    expect(engine.backend.dropWaiting('dropQueued')).toBe(1);
    expect(dropped.outcomes).toMatchObject([{ error: { code: 'ERR_TASK_DROPPED' } }]);
    expect(engine.dispatcher.queued).toBe(0);
  });
});
