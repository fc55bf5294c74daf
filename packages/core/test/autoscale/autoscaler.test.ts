import { describe, expect, it } from 'vitest';
import { CoreShare } from '../../src/sizing/governor.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';

/** Workers that were told to go, by their ids. */
function leaving(staff: readonly Staff[]): number[] {
  return staff
    .filter(({ worker }) => worker.state === 'draining' || worker.state === 'stopping')
    .map(({ worker }) => worker.id);
}

describe('the numbers of a pool', () => {
  it('grow with the tasks that wait, up to the cores, before anything was seen', async () => {
    const { engine, supervisor, clock, staff, submit } = openEngine({ workers: { min: 1, max: 8 } });
    clock.advance(10);
    staff.forEach(({ transport }) => transport.becomeReady());
    expect(supervisor.wanted).toBe(1);
    for (let task = 0; task < 10; task++) submit();
    await turn();
    expect(supervisor.wanted).toBe(2);
    expect(engine.keepers.autoscaler.stats()).toMatchObject({ workers: 2, reason: '10 tasks to run' });
  });

  it('grow for a single task, too', async () => {
    const { engine, submit } = openEngine({ workers: { min: 0, max: 8 } });
    submit();
    await turn();
    expect(engine.keepers.autoscaler.stats()).toMatchObject({ workers: 1, reason: '1 task to run' });
  });

  it('keep to another range from now on', async () => {
    const { engine, supervisor, staffUp } = openEngine({ workers: { min: 1, max: 8 } });
    await staffUp(3);
    engine.resize({ min: 4, max: 6 });
    expect(supervisor.wanted).toBe(4);
    expect(engine.keepers.autoscaler.stats()).toMatchObject({ workers: 4, min: 4, max: 6 });
    engine.resize(2);
    expect(supervisor.wanted).toBe(2);
  });

  it('have the reason of the last resize(), also where it changes none of them', async () => {
    const { engine, staffUp } = openEngine({ workers: 2 });
    await staffUp(2);
    const steps = [{ min: 1, max: 3 }, 'auto', 2, { min: 2, max: 2 }, { max: 5, spare: 1 }, { max: 5 }] as const;
    const reasons = steps.map((workers) => {
      engine.resize(workers);
      const { workers: wanted, reason } = engine.keepers.autoscaler.stats();
      return [wanted, reason];
    });
    expect(reasons).toEqual([
      [2, 'resize(): workers: 1–3, 2 usable cores, workload auto'],
      [2, 'resize(): 2 usable cores, workload auto'],
      [2, 'resize(): workers: 2'],
      [2, 'resize(): workers: 2, 2 usable cores, workload auto'],
      [2, 'resize(): workers: up to 5 and 1 spare, 2 usable cores, workload auto'],
      [2, 'resize(): workers: up to 5, 2 usable cores, workload auto'],
    ]);
  });

  it('go down after a rest, and the longest unused goes first', async () => {
    const { engine, supervisor, clock, staffUp, submit } = openEngine({ workers: { min: 1, max: 8 } });
    const staff = await staffUp(2);
    engine.resize({ min: 1, max: 8 });
    clock.advance(100);
    submit();
    await turn();
    const used = staff.find(({ worker }) => worker.inFlight > 0) as Staff;
    used.transport.reply(...begun(used).map(({ wireId }) => ({ wireId })));
    clock.advance(15_000);
    expect(supervisor.wanted).toBe(1);
    expect(leaving(staff)).toEqual(staff.filter((each) => each !== used).map(({ worker }) => worker.id));
  });
});

describe('the cores of a program', () => {
  it('are shared with a pool from its first task on, until it ends', async () => {
    const { backend, clock, staffUp, submit } = openEngine();
    const other = new CoreShare();
    await staffUp(1);
    expect(other.coresOf(4)).toBe(4);
    for (let task = 0; task < 10; task++) submit();
    await turn();
    clock.advance(250);
    expect(other.coresOf(4)).toBe(2);
    await Promise.race([backend.kill(new Error('over')), turn()]);
    expect(other.coresOf(4)).toBe(4);
  });
});

describe('a pool in this thread', () => {
  it('has neither memory guard nor recycler, and a timer only while it has work', async () => {
    const { engine, clock, submit } = openEngine({ kind: 'inline' });
    const { memory, recycler, heartbeat } = engine.keepers;
    expect([memory, recycler]).toEqual([undefined, undefined]);
    expect(heartbeat.isAtRest).toBe(true);
    const { task } = submit();
    await turn();
    expect(heartbeat.isAtRest).toBe(false);
    engine.dispatcher.cancel(task, 'enough');
    clock.advance(2000);
    expect(heartbeat.isAtRest).toBe(true);
    expect(engine.keepers.autoscaler.stats()).toMatchObject({ workers: 1, concurrency: 1 });
    engine.resize(4);
    expect(engine.keepers.autoscaler.stats()).toMatchObject({ workers: 1, min: 1, max: 1, reason: 'inline' });
  });
});
