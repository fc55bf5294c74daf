import { describe, expect, it } from 'vitest';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';

describe('tasks that a worker does not begin', () => {
  /** Workers with places for four tasks at once, and two tasks at the first of them. */
  async function open(workers: number) {
    const engine = openEngine({ concurrency: 4 });
    const [first] = (await engine.staffUp(1)) as [Staff];
    engine.submit();
    engine.submit();
    await turn();
    expect(first.worker.inFlight).toBe(2);
    const all = await engine.staffUp(workers);
    await turn();
    return { ...engine, staff: all as [Staff, ...Staff[]] };
  }

  it('stay with it while no other worker has room, even if it has room itself', async () => {
    const { staff, dispatcher, clock } = await open(1);
    clock.advance(100);
    await turn();
    expect([staff[0].worker.inFlight, dispatcher.queued]).toEqual([2, 0]);
  });

  it('go to another worker that has room', async () => {
    const { staff, dispatcher, clock, submit } = await open(2);
    const [first, second] = staff as [Staff, Staff];
    expect([first, second].map(({ worker }) => worker.inFlight)).toEqual([2, 0]);
    // Workers take turns.
    submit();
    submit();
    await turn();
    expect([first.worker.inFlight, begun(second)]).toMatchObject([3, [{}]]);
    clock.advance(3.1);
    await turn();
    // Workers go on taking turns, so the first may get one of its three back.
    expect([second.worker.tasks().length, dispatcher.queued]).toEqual([3, 0]);
  });
});

describe('short tasks behind one that turns out to be long', () => {
  /** Two workers with 90 short tasks each, of which the first worker has begun one that does not end. */
  async function open(keys: readonly (string | undefined)[] = [undefined]) {
    const engine = openEngine();
    engine.expectMs(0.01);
    const [first, second] = (await engine.staffUp(2)) as [Staff, Staff];
    for (let task = 0; task < 180; task++) engine.submit('work', task, { key: keys[task % keys.length] });
    await turn();
    const [long] = first.transport.takeTasks();
    if (long !== undefined) first.transport.begin(long);
    const others = second.transport.takeTasks();
    /** Time passes; the second worker answers a task in each step, and has more. Tasks count as typically this long. */
    const pass = async (ms: number, typicalMs = 0.01): Promise<void> => {
      for (let step = 0; step < ms; step++) {
        const task = others.shift();
        if (task !== undefined) second.transport.reply({ wireId: task.wireId });
        engine.type('work').typicalMs = typicalMs;
        engine.clock.advance(1);
        await turn();
      }
    };
    return { ...engine, first, second, pass };
  }

  it('go to a busy worker that goes on, and not for the loss of a core', async () => {
    const { first, second, pass, dispatcher } = await open();
    expect([first, second].map(({ worker }) => worker.tasks().length)).toEqual([90, 90]);
    await pass(10);
    expect([first.worker.tasks().length, second.worker.tasks().length]).toEqual([90, 80]);
    await pass(10);
    expect([first.worker.tasks().length, second.worker.tasks().length + dispatcher.queued]).toEqual([1, 159]);
    expect(second.worker.tasks().length).toBeGreaterThan(80);
  });

  it('stay where no worker goes on, and no timer runs for them, until one does', async () => {
    const { first, clock, pass, timersLeft } = await open();
    for (let step = 0; step < 40; step++) {
      clock.advance(1);
      await turn();
    }
    expect([first.worker.tasks().length, timersLeft()]).toEqual([90, 0]);
    await pass(8);
    expect(first.worker.tasks().length).toBe(1);
  });

  it('wait in the parent if they have a key, for as long as its worker is worth it', async () => {
    const { first, second, pass, dispatcher } = await open(['a', 'b']);
    expect([first, second].map(({ worker }) => worker.tasks().length)).toEqual([90, 90]);
    await pass(20);
    expect([first.worker.tasks().length, dispatcher.queued]).toEqual([1, 89]);
    await pass(71);
    expect([second.worker.tasks().length, dispatcher.queued]).toEqual([0, 89]);
    // The least wait for a worker with a key's data, since it was recalled.
    await pass(50);
    expect(dispatcher.queued).toBeLessThan(89);
  });

  it('stay while the silence is no longer than such tasks usually are', async () => {
    const { first, pass } = await open();
    await pass(35, 10);
    expect(first.worker.tasks().length).toBe(90);
    await pass(12, 10);
    expect(first.worker.tasks().length).toBe(1);
  });
});
