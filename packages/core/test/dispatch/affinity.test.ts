import { describe, expect, it } from 'vitest';
import { isWorthWaiting } from '../../src/dispatch/affinity.js';
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

  it('moves when it has waited for as long as the key is worth, and takes the key along', async () => {
    const { submit, home, other, clock, timersLeft } = await open();
    const [, waiting] = [submit('a'), submit('a')];
    await turn();
    expect(home.worker.inFlight).toBe(1);
    clock.advance(9);
    await turn();
    expect(other.worker.inFlight).toBe(0);
    clock.advance(1);
    await turn();
    expect(serve(other)).toEqual([waiting]);
    await turn();
    const next = submit('a');
    await turn();
    expect(serve(other)).toEqual([next]);
    expect(timersLeft()).toBe(0);
  });

  it('does not wait where knowing the key has saved nothing', async () => {
    const { submit, other, type } = await open();
    type('work').recordKeyed(true, 5);
    type('work').recordKeyed(false, 5);
    const [, second] = [submit('a'), submit('a')];
    await turn();
    expect(serve(other)).toEqual([second]);
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

describe('the worth of a key', () => {
  it('is what execution takes longer where it is not known', async () => {
    const { type: typeOf } = await open();
    const type = typeOf('elsewhere');
    expect(type.keyWorthMs).toBe(10);
    type.recordKeyed(false, 80);
    type.recordKeyed(true, 20);
    expect(type.keyWorthMs).toBe(60);
    type.recordKeyed(true, 500);
    expect(type.keyWorthMs).toBeLessThan(20);
  });

  it('is compared to the expected wait', () => {
    expect([isWorthWaiting(5, 10), isWorthWaiting(10, 10), isWorthWaiting(0, 0)]).toEqual([true, false, false]);
  });
});
