import { describe, expect, it } from 'vitest';
import { resolveBatch } from '../../src/contract/resolve-batch.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import type { SentTask } from '../support/scripted-transport.js';
import { codes } from '../support/tasks.js';

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
    engine.clock.advance(70);
    expect(engine.dispatcher.waitedMs(engine.clock.now())).toBe(70);
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

  it('does not wait for the worker with a long task, while another one has nothing to do', async () => {
    const engine = openEngine({ workers: 2, concurrency: 4, prefetch: 0, tasks: ALONE });
    const staff = (await engine.staffUp(2, NAMES)) as [Staff, Staff];
    for (let n = 0; n < 5; n++) engine.submit('work');
    await turn();
    const sent = staff.map((each) => begun(each));
    const few = staff[sent.findIndex(({ length }) => length === 2)] as Staff;
    const many = staff.find((each) => each !== few) as Staff;
    const alone = engine.submit('alone').task.id;
    await turn();
    // It waits for the worker with fewer tasks, whose tasks never end here.
    reply(many, ...(sent[staff.indexOf(many)] ?? []));
    await turn();
    expect(ids(begun(many))).toEqual([alone]);
    // The other one is everybody's again.
    const other = engine.submit('work').task.id;
    await turn();
    expect(ids(begun(few))).toEqual([other]);
  });

  it('gets no worker that memory leaves without tasks', async () => {
    const engine = openEngine({ workers: 2, concurrency: 2, prefetch: 0, tasks: ALONE });
    const staff = (await engine.staffUp(2, NAMES)) as [Staff, Staff];
    engine.submit('work');
    engine.submit('work');
    await turn();
    const sent = staff.map((each) => begun(each));
    const [works, rests] = staff;
    rests.worker.metrics.noteUsage({ cpuMs: 0, rssBytes: 2 ** 30 });
    engine.dispatcher.limitWorking(1);
    reply(rests, ...(sent[1] ?? []));
    await turn();
    const { id } = engine.submit('alone').task;
    await turn();
    expect(begun(rests)).toEqual([]);
    reply(works, ...(sent[0] ?? []));
    await turn();
    expect([ids(begun(works)), begun(rests)]).toEqual([[id], []]);
  });

  it('does not wait for a worker that memory has taken its tasks since', async () => {
    const engine = openEngine({ workers: 2, concurrency: 2, prefetch: 0, tasks: ALONE });
    const [works, rests] = (await engine.staffUp(2, NAMES)) as [Staff, Staff];
    for (let n = 0; n < 3; n++) engine.submit('work');
    await turn();
    const sent = [works, rests].map((each) => begun(each));
    const [few, many] = sent[0]?.length === 1 ? [works, rests] : [rests, works];
    const { id } = engine.submit('alone').task;
    await turn();
    // It waits for the worker with one task, which gets no more from now on.
    few.worker.metrics.noteUsage({ cpuMs: 0, rssBytes: 2 ** 30 });
    engine.dispatcher.limitWorking(1);
    reply(few, ...(sent.find(({ length }) => length === 1) ?? []));
    await turn();
    expect(begun(few)).toEqual([]);
    reply(many, ...(sent.find(({ length }) => length === 2) ?? []));
    await turn();
    expect(ids(begun(many))).toEqual([id]);
  });

  it('is not sent ahead beside tasks with limits, which go before it', async () => {
    const tasks = { ...ALONE, limited: { rateLimit: { calls: 1, perMs: 1000 }, priority: 1 } };
    const engine = openEngine({ concurrency: 2, prefetch: 4, tasks });
    const [only] = (await engine.staffUp(1, [...NAMES, 'limited'])) as [Staff];
    engine.expectMs(0.01, 'alone');
    engine.submit('work');
    engine.submit('work');
    await turn();
    const early = begun(only);
    expect(early).toHaveLength(2);
    engine.submit('limited');
    engine.submit('alone');
    await turn();
    // No place is free, and only tasks without limits may be sent ahead.
    expect(begun(only)).toEqual([]);
    reply(only, ...early);
    for (let round = 0; round < 5 && engine.registry.pending > 0; round++) {
      await turn();
      const now = begun(only);
      if (now.some(({ name }) => name === 'alone')) expect(now).toHaveLength(1);
      reply(only, ...now);
    }
    expect(engine.registry.counts).toMatchObject({ completed: 4 });
  });
});

describe('a batch of exclusive tasks', () => {
  /** One busy worker, and a batch of three tasks that waits until it is empty. */
  async function open(own: object = {}) {
    const engine = openEngine({ concurrency: 2, prefetch: 0, tasks: { alone: { exclusive: true, ...own } } });
    engine.clock.advance(10);
    const [only] = engine.staff as [Staff];
    only.transport.becomeReady(NAMES, false, [['alone', resolveBatch({ maxSize: 3 })]]);
    await turn();
    engine.submit('work');
    await turn();
    const [busy] = begun(only) as [SentTask];
    const controller = new AbortController();
    const extras = { signal: controller.signal };
    const items = [1, 2, 3].map((n) => engine.submit('alone', n, extras));
    await turn();
    return { ...engine, only, busy, items, controller };
  }

  it('has its worker to itself', async () => {
    const { only, busy, items, submit, registry } = await open();
    const after = submit('work').task.id;
    await turn();
    expect(begun(only)).toEqual([]);
    reply(only, busy);
    await turn();
    const batch = begun(only);
    expect(ids(batch)).toEqual(items.map(({ task }) => task.id));
    reply(only, ...batch);
    await turn();
    expect(ids(begun(only))).toEqual([after]);
    expect(registry.counts).toMatchObject({ completed: 4, dispatched: 1, queued: 0 });
  });

  it('leaves the line when its last task is cancelled', async () => {
    const { only, busy, items, controller, submit, registry, dispatcher } = await open();
    controller.abort('enough');
    expect(items.map(({ outcomes }) => outcomes)).toEqual(Array(3).fill([{ error: 'enough' }]));
    expect([dispatcher.queued, dispatcher.all().length]).toEqual([0, 1]);
    const after = [submit('work'), submit('work')].map(({ task }) => task.id);
    await turn();
    reply(only, busy);
    await turn();
    expect(ids(begun(only))).toEqual(after);
    expect(registry.counts).toMatchObject({ submitted: 6, completed: 1, cancelled: 3, dispatched: 2, queued: 0 });
  });

  it.each(['dropped', 'destroyed'] as const)('is %s task by task', async (how) => {
    const { items, backend, registry } = await open();
    if (how === 'dropped') expect(backend.dropWaiting('dropQueued')).toBe(3);
    else void backend.kill(new Error('over'));
    expect(items.map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 1]);
    const [failed, dispatched] = how === 'dropped' ? [3, 1] : [4, 0];
    expect(registry.counts).toMatchObject({ submitted: 4, failed, dispatched, queued: 0 });
  });

  it('that no worker may run any more leaves the worker to others', async () => {
    const { only, busy, items, clock, submit } = await open();
    // Its time was over before the timer could say so.
    for (const { task } of items) task.extras.deadline = { hostMs: clock.now(), epochMs: 0 };
    const after = submit('work').task.id;
    reply(only, busy);
    await turn();
    expect(codes(items)).toEqual(Array(3).fill(['ERR_QUEUE_TIMEOUT']));
    expect(ids(begun(only))).toEqual([after]);
  });
});
