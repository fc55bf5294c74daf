import { describe, expect, it } from 'vitest';
import { CoreShare, type GovernedPool } from '../../src/sizing/governor.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';

/** Workers on their way out, by their ids. */
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

describe('resize() of a pool at rest', () => {
  it('lets workers above the new most go at once, and those above the new least as idle ones go', async () => {
    const { engine, supervisor, clock, staffUp } = openEngine({ workers: 1 });
    await staffUp(6);
    clock.advance(60_000);
    expect(engine.keepers.heartbeat.isAtRest).toBe(true);
    engine.resize({ min: 1, max: 4 });
    expect(supervisor.wanted).toBe(4);
    clock.advance(60_000);
    expect(supervisor.wanted).toBe(1);
    expect(engine.keepers.heartbeat.isAtRest).toBe(true);
  });

  it('keeps to the idle time of the user', async () => {
    const { engine, supervisor, clock, staffUp } = openEngine({ workers: 1 });
    await staffUp(3);
    clock.advance(60_000);
    engine.resize({ min: 0, max: 3, idleMs: Infinity });
    clock.advance(600_000);
    expect(supervisor.wanted).toBe(3);
    // They have had nothing to do for eleven minutes already.
    engine.resize({ min: 0, max: 3, idleMs: 700_000 });
    clock.advance(30_000);
    expect(supervisor.wanted).toBe(3);
    clock.advance(15_000);
    expect(supervisor.wanted).toBe(0);
  });
});

describe('what other pools of the program see of a pool', () => {
  /** Entries of all pools. Plain data, which other copies of this library read. */
  const entries = (): readonly GovernedPool[] => {
    const owner = globalThis as unknown as Record<symbol, { pools: ReadonlySet<GovernedPool> } | undefined>;
    return [...(owner[Symbol.for('millpond.governor.1')]?.pools ?? [])];
  };
  const work = async (opened: ReturnType<typeof openEngine>): Promise<void> => {
    for (let task = 0; task < 4; task++) opened.submit();
    await turn();
    for (const { transport, worker } of opened.staff) if (worker.state === 'starting') transport.becomeReady();
    await turn();
    const sent = opened.staff.map((each) => ({ each, tasks: begun(each) }));
    opened.clock.advance(250);
    for (const { each, tasks } of sent) each.transport.reply(...tasks.map(({ wireId }) => ({ wireId })));
    expect(opened.registry.pending).toBe(0);
  };

  it('is nothing once it has no worker and no task: nothing holds it then, and the program may drop it', async () => {
    const before = entries().length;
    const engine = openEngine({ workers: { min: 0, max: 2, idleMs: 0 }, workload: 'cpu', concurrency: 4 });
    await work(engine);
    expect(entries()).toHaveLength(before + 1);
    engine.clock.advance(10_000);
    expect([engine.supervisor.wanted, entries().length]).toEqual([0, before]);
    await work(engine);
    expect(entries()).toHaveLength(before + 1);
    void engine.backend.kill(new Error('over'));
    expect(entries()).toHaveLength(before);
  });

  it('is the number of computing workers that are left when it rests', async () => {
    const engine = openEngine({ workers: { min: 1, max: 2, idleMs: 0 }, workload: 'cpu', concurrency: 4 });
    const before = entries();
    await work(engine);
    engine.engine.resize({ min: 2, max: 2, idleMs: 0 });
    await work(engine);
    engine.engine.resize({ min: 1, max: 2, idleMs: 0 });
    engine.clock.advance(10_000);
    const [own] = entries().filter((each) => !before.includes(each));
    expect([engine.supervisor.wanted, own]).toMatchObject([1, { isActive: false, computingWorkers: 1 }]);
    void engine.backend.kill(new Error('over'));
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
