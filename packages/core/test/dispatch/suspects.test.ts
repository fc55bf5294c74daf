import { describe, expect, it } from 'vitest';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import { codes } from '../support/tasks.js';

describe('suspects', () => {
  /** Four tasks that ran together when their worker died, and a new worker. */
  async function fourSuspects(options = {}) {
    const engine = openEngine({ concurrency: 4, prefetch: 0, tasks: { work: { idempotent: true } }, ...options });
    const [first] = (await engine.staffUp(1)) as [Staff];
    const made = [1, 2, 3, 4].map(() => engine.submit());
    await turn();
    expect(begun(first)).toHaveLength(4);
    first.transport.exit();
    const [second] = (await engine.staffUp(1)) as [Staff];
    return { ...engine, made, second };
  }

  it('run again alone, one at a time, in the order they came', async () => {
    const { second } = await fourSuspects();
    for (const id of [1, 2, 3, 4]) {
      const [alone, ...more] = begun(second);
      expect([alone?.taskId, alone?.attempt, more.length]).toEqual([id, 2, 0]);
      second.transport.reply({ wireId: alone?.wireId ?? 0 });
      await turn();
    }
  });

  it('run in as many workers at a time as there are', async () => {
    const engine = openEngine({ concurrency: 4, prefetch: 0, tasks: { work: { idempotent: true } } });
    const [first] = (await engine.staffUp(1)) as [Staff];
    for (let task = 1; task <= 4; task++) engine.submit();
    await turn();
    expect(begun(first)).toHaveLength(4);
    engine.engine.resize(3);
    first.transport.exit();
    const staff = await engine.staffUp(3);
    const alone = staff.map((each) => begun(each).map(({ taskId }) => taskId));
    expect(alone.toSorted()).toEqual([[1], [2], [3]]);
  });

  it('are blamed only for killing again', async () => {
    const { made, second, staffUp, registry, clock } = await fourSuspects();
    expect(registry.counts.crashed).toBe(0);
    const [innocent] = begun(second);
    second.transport.reply({ wireId: innocent?.wireId ?? 0 });
    await turn();
    const [guilty] = begun(second);
    second.transport.exit();
    clock.advance(10_000);
    const [third] = (await staffUp(1)) as [Staff];
    for (let rest = 0; rest < 2; rest++) {
      const [alone, ...more] = begun(third);
      expect(more).toEqual([]);
      third.transport.reply({ wireId: alone?.wireId ?? 0 });
      await turn();
    }
    const expected = made.map(({ task }) => [task.id === guilty?.taskId ? 'ERR_WORKER_CRASHED' : 'ok']);
    expect(codes(made)).toEqual(expected);
    expect(registry.counts).toMatchObject({ crashed: 1, completed: 3, failed: 1 });
  });

  it('leave their worker to others when they are done', async () => {
    const { second, submit } = await fourSuspects();
    const others = [1, 2, 3, 4].map(() => submit());
    for (let suspect = 0; suspect < 4; suspect++) {
      const [alone, ...more] = begun(second);
      expect(more).toEqual([]);
      second.transport.reply({ wireId: alone?.wireId ?? 0 });
      await turn();
    }
    expect(begun(second).map(({ taskId }) => taskId)).toEqual(others.map(({ task }) => task.id));
  });

  it('do not keep other workers from their tasks', async () => {
    const { second, submit, staffUp } = await fourSuspects();
    const staff = await staffUp(2);
    const third = staff.find((each) => each !== second) as Staff;
    // All but one worker may be set aside for suspects.
    const others = [1, 2, 3, 4, 5].map(() => submit());
    await turn();
    for (const { wireId } of begun(third)) third.transport.reply({ wireId });
    await turn();
    expect(begun(third).map(({ taskId }) => taskId)).toEqual(others.slice(0, 4).map(({ task }) => task.id));
    expect(begun(second)).toHaveLength(1);
  });

  it('wait for a busy worker to become empty, which takes nothing else meanwhile', async () => {
    const { submit, staffUp } = openEngine({ concurrency: 2, prefetch: 0, tasks: { work: { idempotent: true } } });
    const staff = await staffUp(2);
    for (let task = 1; task <= 4; task++) submit();
    await turn();
    const [dying, living] = staff as [Staff, Staff];
    begun(dying);
    const [a, b] = begun(living);
    dying.transport.exit();
    submit();
    await turn();
    living.transport.reply({ wireId: a?.wireId ?? 0 });
    await turn();
    expect(begun(living)).toEqual([]);
    living.transport.reply({ wireId: b?.wireId ?? 0 });
    await turn();
    expect(begun(living)).toHaveLength(1);
  });

  it('may be cancelled while they wait', async () => {
    const engine = openEngine({ concurrency: 2, prefetch: 0, tasks: { work: { idempotent: true } } });
    const [first] = (await engine.staffUp(1)) as [Staff];
    const controller = new AbortController();
    const [, waiting] = [engine.submit(), engine.submit('work', undefined, { signal: controller.signal })];
    await turn();
    begun(first);
    first.transport.exit();
    controller.abort('enough');
    expect([waiting?.outcomes, engine.dispatcher.queued]).toEqual([[{ error: 'enough' }], 1]);
    const [second] = (await engine.staffUp(1)) as [Staff];
    expect(begun(second).map(({ taskId }) => taskId)).toEqual([1]);
  });

  it('keep their retries: the one that kills again runs once more, alone', async () => {
    const { made, second, staffUp, clock } = await fourSuspects({ retry: 1 });
    const [guilty] = begun(second);
    second.transport.exit();
    clock.advance(10_000);
    await turn();
    const [third] = (await staffUp(1)) as [Staff];
    const attempts = new Map<number, number>();
    for (let round = 0; round < 4; round++) {
      const [alone, ...more] = begun(third);
      expect(more).toEqual([]);
      attempts.set(alone?.taskId ?? 0, alone?.attempt ?? 0);
      third.transport.reply({ wireId: alone?.wireId ?? 0 });
      await turn();
    }
    expect(attempts).toEqual(new Map(made.map(({ task: { id } }) => [id, id === guilty?.taskId ? 3 : 2])));
    expect(codes(made)).toEqual(Array(4).fill(['ok']));
  });
});
