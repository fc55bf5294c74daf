import { describe, expect, it } from 'vitest';
import { hasTooManyKeys, patienceMs } from '../../src/dispatch/affinity.js';
import { openEngine, turn, type Staff } from '../support/scripted-engine.js';

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
    const { submit, home, other, dispatcher } = await open();
    const [running, waiting, passing] = [submit('a'), submit('a'), submit()];
    await turn();
    expect(home.transport.takeTasks().map(({ taskId }) => taskId)).toEqual([running]);
    expect(serve(other)).toEqual([passing]);
    expect(dispatcher.queued).toBe(1);
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
