import { describe, expect, it } from 'vitest';
import { hasTooManyKeys, patienceMs } from '../../src/dispatch/affinity.js';
import { STATUS } from '../../src/wire/record.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import type { SentTask } from '../support/scripted-transport.js';
import { SimulatedWorker } from '../support/simulated-worker.js';

/** Ids of the tasks that have newly arrived at a worker, and an answer for each. */
function serve(staff: Staff, ms = 1): number[] {
  const tasks = staff.transport.takeTasks();
  for (const { wireId } of tasks) staff.transport.reply({ wireId, startedAt: staff.transport.now - ms });
  return tasks.map(({ taskId }) => taskId);
}

/** Two workers of one place, nothing sent ahead; the first of them knows the key "a". */
async function open() {
  const engine = openEngine({ prefetch: 0 });
  const staff = (await engine.staffUp(2)) as [Staff, Staff];
  const submit = (key?: string): number => engine.submit('work', undefined, { key }).task.id;
  submit('a');
  await turn();
  const home = staff.find(({ worker }) => worker.inFlight === 1) as Staff;
  const other = staff.find((each) => each !== home) as Staff;
  serve(home);
  await turn();
  return { ...engine, home, other, submit, submitTask: engine.submit };
}

describe('a task with a key', () => {
  it('goes to the worker that had the key last, while that is free', async () => {
    const { submit, home, other } = await open();
    for (let time = 0; time < 5; time++) {
      const id = submit('a');
      await turn();
      expect([serve(home), serve(other)]).toEqual([[id], []]);
      await turn();
    }
  });

  it('waits for that worker while it is busy, and lets others pass', async () => {
    const { submit, home, other, dispatcher, clock } = await open();
    const [running, waiting, passing] = [submit('a'), submit('a'), submit()];
    const before = clock.now();
    await turn();
    expect(home.transport.takeTasks().map(({ taskId }) => taskId)).toEqual([running]);
    expect(serve(other)).toEqual([passing]);
    expect(dispatcher.queued).toBe(1);
    expect(dispatcher.waitedMs(before + 50)).toBe(50);
    home.transport.reply({ wireId: home.worker.tasks()[0]?.assignment?.wireId ?? 0 });
    await turn();
    expect([serve(home), serve(other)]).toEqual([[waiting], []]);
  });

  it('goes to another worker when it has waited for ten times as long as tasks take, and the key stays', async () => {
    const { submit, home, other, clock, timersLeft, type } = await open();
    type('work').expectedMs = 20;
    const running = submit('a');
    const waiting = submit('a');
    await turn();
    expect(home.worker.inFlight).toBe(1);
    clock.advance(199);
    await turn();
    expect(other.worker.inFlight).toBe(0);
    clock.advance(1);
    await turn();
    expect(serve(other)).toEqual([waiting]);
    await turn();
    const next = submit('a');
    await turn();
    expect([serve(home), serve(other)]).toEqual([[running], []]);
    await turn();
    expect([serve(home), serve(other)]).toEqual([[next], []]);
    await turn();
    // The last look at the workers' logs.
    clock.advance(300);
    expect(timersLeft()).toBe(0);
  });

  it('can be cancelled while it waits for its worker', async () => {
    const { dispatcher, engineTask, timersLeft } = await openWaiting();
    dispatcher.cancel(engineTask, 'unwanted');
    expect([dispatcher.queued, timersLeft()]).toEqual([0, 0]);
    expect(engineTask.state).toBe('settled');
  });

  it('goes elsewhere when the worker it waits for dies', async () => {
    const { home, other, engineTask } = await openWaiting();
    home.transport.exit();
    await turn();
    expect(serve(other)).toEqual([engineTask.id - 1]);
    await turn();
    expect(serve(other)).toEqual([engineTask.id]);
  });
});

/** One task runs on the home of its key, another waits for it. */
async function openWaiting() {
  const desk = await open();
  desk.submit('a');
  const { task } = desk.submitTask('work', undefined, { key: 'a' });
  await turn();
  expect(desk.dispatcher.queued).toBe(1);
  return { ...desk, engineTask: task };
}

/** One task of a key runs in its home. Behind it, two are prefetched, and three wait for the home. */
async function openStandstill() {
  const engine = openEngine({ prefetch: 2 });
  engine.expectMs(1);
  const staff = await engine.staffUp(2);
  for (const key of ['b', 'c']) engine.submit('work', undefined, { key });
  await turn();
  for (const each of staff) serve(each);
  await turn();
  const ids = Array.from({ length: 6 }, () => engine.submit('work', undefined, { key: 'a' }).task.id);
  await turn();
  const [home, other] = staff
    .toSorted((a, b) => b.worker.inFlight - a.worker.inFlight)
    .map((each) => new SimulatedWorker(each, 1)) as [SimulatedWorker, SimulatedWorker];
  home.read();
  home.begin();
  expect([home.inFlight, engine.dispatcher.queued]).toEqual([3, 3]);
  return { engine, home, other, waiting: ids.slice(1) };
}

/** Runs the tasks of a worker one by one, until it has none. Returns the ids of those that had not begun before. */
async function ranOn(worker: SimulatedWorker): Promise<number[]> {
  const ran: number[] = [];
  worker.onStart = ({ taskId }) => ran.push(taskId);
  do {
    worker.finish(0, STATUS.ok);
    worker.begin();
    await turn();
    worker.read();
  } while (worker.inFlight > 0);
  return ran;
}

describe('tasks that wait for a home', () => {
  const settings = (engine: ReturnType<typeof openEngine>, priority: number) => ({
    ...engine.type('work').settings,
    priority,
  });

  it('go in the order of their priority, among themselves and with those of the queue', async () => {
    const engine = openEngine({ prefetch: 0 });
    const [only, second] = (await engine.staffUp(2)) as [Staff, Staff];
    const submit = (priority: number, key?: string): number =>
      engine.submit('work', undefined, { key, settings: settings(engine, priority) }).task.id;
    const running = [submit(0, 'a'), submit(0, 'b')];
    await turn();
    const [home, other] = only.worker.tasks()[0]?.id === running[0] ? [only, second] : [second, only];
    expect(home.transport.takeTasks()).toHaveLength(1);
    const low = submit(0, 'a');
    const free = submit(0);
    await turn();
    serve(other);
    await turn();
    expect([serve(other), engine.dispatcher.queued]).toEqual([[free], 1]);
    // The other worker is busy again, so tasks of the queue wait, too.
    await turn();
    submit(0);
    await turn();
    expect(other.transport.takeTasks()).toHaveLength(1);
    const urgentFree = submit(10);
    const urgentOwn = submit(9, 'a');
    const order: number[] = [];
    for (let time = 0; time < 3; time++) {
      home.transport.reply({ wireId: home.worker.tasks()[0]?.assignment?.wireId ?? 0 });
      await turn();
      order.push(...home.transport.takeTasks().map(({ taskId }) => taskId));
    }
    expect(order).toEqual([urgentFree, urgentOwn, low]);
  });

  it('are looked at when the least patient of them has waited long enough', async () => {
    const engine = openEngine({ prefetch: 0 });
    await engine.staffUp(2, ['slow', 'quick']);
    engine.type('slow').expectedMs = 500;
    engine.type('quick').expectedMs = 1;
    const submit = (name: string) => engine.submit(name, undefined, { key: 'a' }).task;
    submit('slow');
    submit('slow');
    await turn();
    const quick = submit('quick');
    await turn();
    expect(engine.registry.counts).toMatchObject({ dispatched: 1, queued: 2 });
    engine.clock.advance(100);
    await turn();
    expect([engine.registry.counts.dispatched, quick.state]).toEqual([2, 'dispatched']);
  });

  it('are looked at again when one of them has gone to another worker', async () => {
    const engine = openEngine({ prefetch: 0 });
    await engine.staffUp(3);
    engine.type('work').expectedMs = 1;
    const submit = (): number => engine.submit('work', undefined, { key: 'a' }).task.id;
    submit();
    submit();
    await turn();
    engine.clock.advance(50);
    submit();
    await turn();
    engine.clock.advance(50);
    await turn();
    expect(engine.registry.counts.dispatched).toBe(2);
    engine.clock.advance(50);
    await turn();
    expect(engine.registry.counts.dispatched).toBe(3);
  });

  it('go by the time that tasks of their name have turned out to take', async () => {
    const { submit, other, clock, type } = await open();
    type('work').expectedMs = 1000;
    submit('a');
    const waiting = submit('a');
    await turn();
    type('work').expectedMs = 1;
    const passing = submit();
    await turn();
    expect(serve(other)).toEqual([passing]);
    await turn();
    clock.advance(100);
    await turn();
    expect(serve(other)).toEqual([waiting]);
  });

  it('do not wait while their home gets no tasks, as long as memory is short', async () => {
    const { submit, home, other, dispatcher, expectMs } = await open();
    expectMs(50);
    submit('a');
    const waiting = submit('a');
    await turn();
    expect([begun(home).length, dispatcher.queued]).toEqual([1, 1]);
    home.worker.metrics.noteUsage({ cpuMs: 0, rssBytes: 1e9 });
    dispatcher.limitWorking(1);
    await turn();
    expect(serve(other)).toEqual([waiting]);
    await turn();
    const next = submit('a');
    await turn();
    expect(serve(other)).toEqual([next]);
    dispatcher.limitWorking(2);
    await turn();
    home.transport.reply({ wireId: home.worker.tasks()[0]?.assignment?.wireId ?? 0 });
    await turn();
    // The key has stayed.
    const last = submit('a');
    await turn();
    expect(home.worker.tasks().map(({ id }) => id)).toEqual([last]);
  });

  it('go before later tasks of the queue when they have waited long enough', async () => {
    const { submit, home, other, clock } = await open();
    submit('a');
    const waiting = submit('a');
    const first = submit();
    await turn();
    clock.advance(1);
    submit();
    await turn();
    expect([home.worker.inFlight, other.worker.tasks().map(({ id }) => id)]).toEqual([1, [first]]);
    clock.advance(10_000);
    serve(other);
    await turn();
    expect(other.worker.tasks().map(({ id }) => id)).toEqual([waiting]);
  });

  it('are not prefetched if their input is moved', async () => {
    const engine = openEngine();
    engine.expectMs(0.01);
    await engine.staffUp(2);
    const key = 'a';
    engine.submit('work', undefined, { key });
    await turn();
    engine.submit('work', undefined, { key, transfer: [] });
    await turn();
    expect(engine.registry.counts).toMatchObject({ dispatched: 1, queued: 1 });
  });

  it('do not go behind tiny tasks of their home if their input is moved', async () => {
    const engine = openEngine();
    engine.expectMs(0.001);
    const staff = await engine.staffUp(2);
    const key = 'a';
    for (let first = 0; first < 2; first++) engine.submit('work', undefined, { key });
    await turn();
    const home = staff.find(({ worker }) => worker.inFlight === 2) as Staff;
    const { task } = engine.submit('work', undefined, { key, transfer: [] });
    for (let other = 0; other < 5; other++) engine.submit();
    await turn();
    expect([task.state, home.worker.inFlight]).toEqual(['queued', 2]);
  });

  it('do not go behind tiny tasks of another worker if their input is moved, however long they have waited', async () => {
    const engine = openEngine();
    engine.expectMs(1);
    engine.expectMs(0.001, 'tiny');
    const staff = await engine.staffUp(2, ['work', 'tiny']);
    const submitTiny = async (): Promise<void> => {
      for (let tiny = 0; tiny < 3; tiny++) engine.submit('tiny');
      await turn();
    };
    engine.submit('work', undefined, { key: 'a' });
    const { task } = engine.submit('work', undefined, { key: 'a', transfer: [] });
    await turn();
    await submitTiny();
    const other = staff.find(({ worker }) => worker.inFlight === 3) as Staff;
    const [first] = begun(other);
    engine.clock.advance(100);
    other.transport.reply(first as SentTask);
    await submitTiny();
    expect([task.state, other.worker.inFlight]).toEqual(['queued', 5]);
    const [, , third] = await engine.staffUp(3, ['work', 'tiny']);
    expect([task.state, third?.worker.inFlight]).toEqual(['dispatched', 1]);
  });

  it('are not recalled from a home that goes on', async () => {
    const engine = openEngine();
    const type = engine.type('work');
    type.expectedMs = type.typicalMs = 0.01;
    const staff = await engine.staffUp(2);
    for (let task = 0; task < 20; task++) engine.submit('work', undefined, { key: 'a' });
    await turn();
    const home = staff.find(({ worker }) => worker.inFlight > 0) as Staff;
    expect(home.worker.inFlight).toBe(20);
    const [first] = home.transport.takeTasks();
    home.worker.assigned.expectedMs = 5;
    home.transport.reply(first ?? { wireId: 0 });
    await turn();
    expect([home.worker.inFlight, engine.dispatcher.queued]).toEqual([19, 0]);
    engine.clock.advance(3);
    expect([home.worker.inFlight, engine.dispatcher.queued]).toEqual([19, 0]);
  });

  it('go after those that came back from their home at a standstill', async () => {
    const { engine, home, waiting } = await openStandstill();
    engine.clock.advance(3);
    await turn();
    expect(engine.dispatcher.queued).toBe(waiting.length);
    expect(await ranOn(home)).toEqual(waiting);
  });

  it('go after those that came back when their key moves, too', async () => {
    const { engine, waiting } = await openStandstill();
    engine.clock.advance(3);
    await turn();
    const [, , third] = (await engine.staffUp(3)) as [Staff, Staff, Staff];
    const newHome = new SimulatedWorker(third, 1);
    newHome.read();
    expect(await ranOn(newHome)).toEqual(waiting);
  });

  it('go after those that came back from their home because memory is short', async () => {
    const { engine, home, other, waiting } = await openStandstill();
    home.staff.worker.metrics.noteUsage({ cpuMs: 0, rssBytes: 1e9 });
    engine.dispatcher.limitWorking(1);
    await turn();
    expect(await ranOn(other)).toEqual(waiting);
  });

  it('stay with a home that has a free place, however many keys it has', async () => {
    const engine = openEngine({ prefetch: 0, concurrency: 2 });
    const [first] = (await engine.staffUp(1)) as [Staff];
    for (const key of ['a', 'b', 'c', 'd']) {
      engine.submit('work', undefined, { key });
      await turn();
      serve(first);
      await turn();
    }
    const [, second] = (await engine.staffUp(2)) as [Staff, Staff];
    const ids = ['a', 'b'].map((key) => engine.submit('work', undefined, { key }).task.id);
    await turn();
    expect([first, second].map(({ worker }) => worker.tasks().map(({ id }) => id))).toEqual([ids, []]);
  });
});

describe('keys of a pool that grows', () => {
  it('move to the new worker until each has its share, and stay then', async () => {
    const engine = openEngine({ prefetch: 0 });
    const [first] = (await engine.staffUp(1)) as [Staff];
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const tasks = new Map<number, string>();
    const submitAll = async (): Promise<void> => {
      for (const key of keys) tasks.set(engine.submit('work', undefined, { key }).task.id, key);
      await turn();
    };
    await submitAll();
    const [, second] = (await engine.staffUp(2)) as [Staff, Staff];
    const ranOn = async (): Promise<Map<string, Staff>> => {
      const homes = new Map<string, Staff>();
      while (engine.registry.pending > 0) {
        for (const staff of [first, second]) for (const id of serve(staff)) homes.set(tasks.get(id) ?? '', staff);
        await turn();
      }
      return homes;
    };
    await ranOn();
    await submitAll();
    const homes = await ranOn();
    expect([...homes.values()].filter((staff) => staff === second)).toHaveLength(3);
    for (let round = 0; round < 3; round++) {
      await submitAll();
      expect(await ranOn()).toEqual(homes);
    }
  });
});

describe('a task waits for its home', () => {
  it('as long as ten of its name take, a tenth of a second at least and ten seconds at most', () => {
    expect([0.01, 10, 50, 5000].map(patienceMs)).toEqual([100, 100, 500, 10_000]);
  });
});

describe('a home has too many keys', () => {
  it('with two more than a free worker has', () => {
    expect([0, 1, 2].map((more) => hasTooManyKeys({ keys: 3 + more }, { keys: 3 }))).toEqual([false, false, true]);
  });
});
