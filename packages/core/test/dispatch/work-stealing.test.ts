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
