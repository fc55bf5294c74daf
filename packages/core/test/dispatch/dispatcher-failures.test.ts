import { describe, expect, it } from 'vitest';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import { codes } from '../support/tasks.js';

describe('a failed try', () => {
  const RETRY = { attempts: 2, backoff: { baseMs: 100, maxMs: 1000 } };

  it('is followed by another after its delay, which holds no place', async () => {
    const { submit, staffUp, clock, registry } = openEngine({ retry: RETRY });
    const [only] = (await staffUp(1)) as [Staff];
    const [flaky, other] = [submit(), submit()];
    await turn();
    only.transport.replyError(only.transport.takeTasks()[0] ?? { wireId: 0 }, new Error('once'));
    await turn();
    expect(registry.counts).toMatchObject({ queued: 1, dispatched: 1, retried: 1, failed: 0 });
    const [second] = only.transport.takeTasks();
    expect(second?.taskId).toBe(other?.task.id);
    only.transport.reply({ wireId: second?.wireId ?? 0 });
    clock.advance(99);
    await turn();
    expect(only.transport.takeTasks()).toEqual([]);
    clock.advance(1);
    await turn();
    const [again] = only.transport.takeTasks();
    expect(again).toMatchObject({ taskId: flaky?.task.id, attempt: 2 });
    only.transport.reply({ wireId: again?.wireId ?? 0, value: 'at last' });
    expect(flaky?.outcomes).toEqual([{ value: 'at last' }]);
  });

  it('is the end when there are no more, with the error of the last', async () => {
    const { submit, staffUp, clock, registry } = openEngine({ retry: RETRY });
    const [only] = (await staffUp(1)) as [Staff];
    const { outcomes } = submit();
    for (const attempt of [1, 2, 3]) {
      await turn();
      const [sent] = only.transport.takeTasks();
      expect(sent?.attempt).toBe(attempt);
      only.transport.replyError(sent ?? { wireId: 0 }, new Error(`try ${attempt}`));
      clock.advance(1000);
    }
    expect(outcomes).toMatchObject([{ error: { message: 'try 3', origin: { attempt: 3 } } }]);
    expect(registry.counts).toMatchObject({ failed: 1, retried: 2, submitted: 1 });
  });

  it('by timeout may run again elsewhere while its worker has its grace', async () => {
    const { submit, staffUp, clock, registry } = openEngine({ timeoutMs: 100, graceMs: 10_000, retry: 1 }, () => 0);
    const staff = await staffUp(2);
    const { outcomes } = submit();
    await turn();
    const first = staff.find((each) => begun(each).length > 0);
    clock.advance(100);
    expect(registry.counts).toMatchObject({ timedOut: 1, retried: 1, queued: 1 });
    clock.advance(0);
    await turn();
    const second = staff.find((each) => each !== first);
    const [again] = begun(second as Staff);
    expect(again?.attempt).toBe(2);
    clock.advance(100);
    expect(outcomes).toMatchObject([
      { error: { code: 'ERR_TASK_TIMEOUT', details: { limitMs: 100, by: 'timeoutMs' } } },
    ]);
  });
});

describe('the death of a worker', () => {
  it('fails the task that ran, and puts the others back at the head of the queue in their old order', async () => {
    const { submit, staffUp, expectMs, registry } = openEngine({ prefetch: 3 });
    expectMs(0.01);
    const [first] = (await staffUp(1)) as [Staff];
    const made = [1, 2, 3, 4, 5, 6].map(() => submit());
    await turn();
    const sent = first.transport.takeTasks();
    expect(sent.map(({ taskId }) => taskId)).toEqual([1, 2, 3, 4]);
    first.transport.begin(sent[0] ?? { wireId: 0 });
    first.transport.exit({ code: 3 });
    expect(made[0]?.outcomes).toMatchObject([
      {
        error: {
          code: 'ERR_WORKER_CRASHED',
          details: { task: 'work', death: { exitCode: 3, runningTasks: ['work'] } },
        },
      },
    ]);
    const [second] = (await staffUp(1)) as [Staff];
    const again = second.transport.takeTasks();
    expect(again.map(({ taskId, attempt }) => [taskId, attempt])).toEqual([
      [2, 1],
      [3, 1],
      [4, 1],
      [5, 1],
    ]);
    expect(registry.counts).toMatchObject({ crashed: 1, failed: 1, retried: 0 });
  });

  it('of hunger says so', async () => {
    const { submit, staffUp } = openEngine();
    const [only] = (await staffUp(1)) as [Staff];
    const made = submit();
    await turn();
    begun(only);
    only.transport.exit({ code: null, signal: 'SIGABRT', outOfMemory: 'heap' });
    expect(codes([made])).toEqual([['ERR_WORKER_OOM']]);
  });

  it('makes a task poison that had more tries, when it ran in as many as crash.attempts', async () => {
    const { submit, staffUp, clock, registry } = openEngine({ retry: 5, crash: { attempts: 3 } }, () => 0);
    const made = submit();
    for (let crash = 1; crash <= 3; crash++) {
      clock.advance(10_000);
      await turn();
      const [worker] = (await staffUp(1)) as [Staff];
      expect(begun(worker).map(({ attempt }) => attempt)).toEqual([crash]);
      worker.transport.exit();
    }
    expect(made.outcomes).toMatchObject([{ error: { code: 'ERR_TASK_POISON', details: { crashes: 3 } } }]);
    expect(registry.counts).toMatchObject({ crashed: 3, retried: 2 });
  });

  it('blames no task when nothing ran', async () => {
    const { submit, staffUp, registry } = openEngine();
    const [first] = (await staffUp(1)) as [Staff];
    const made = submit();
    await turn();
    first.transport.exit();
    expect([made.outcomes, registry.counts.crashed, registry.counts.queued]).toEqual([[], 0, 1]);
    const [second] = (await staffUp(1)) as [Staff];
    expect(begun(second).map(({ attempt }) => attempt)).toEqual([1]);
  });

  it('that the pool brought about, for a task that would not end, blames no other', async () => {
    const { submit, staffUp, clock, registry } = openEngine({ concurrency: 2, graceMs: 100, retry: 1 });
    const [first] = (await staffUp(1)) as [Staff];
    const controller = new AbortController();
    const stubborn = submit('work', undefined, { signal: controller.signal });
    const innocent = submit();
    await turn();
    begun(first);
    controller.abort('enough');
    clock.advance(100);
    expect(first.transport.kills).toBe(1);
    first.transport.exit({ code: null, signal: 'SIGKILL' });
    expect([stubborn.outcomes, innocent.outcomes, registry.counts.crashed]).toEqual([[{ error: 'enough' }], [], 0]);
    const [second] = (await staffUp(1)) as [Staff];
    clock.advance(5000);
    await turn();
    expect(begun(second).map(({ taskId, attempt }) => [taskId, attempt])).toEqual([[innocent.task.id, 2]]);
    expect(innocent.task.mustRunAlone).toBe(false);
  });

  it('during its drain fails the task that ran, as any other death', async () => {
    const { submit, staffUp, supervisor } = openEngine();
    const [only] = (await staffUp(1)) as [Staff];
    const made = submit();
    await turn();
    begun(only);
    supervisor.want(0);
    expect(only.worker.state).toBe('draining');
    only.transport.exit({ code: 3 });
    expect(codes([made])).toEqual([['ERR_WORKER_CRASHED']]);
  });
});

describe('tasks that a dead worker had in flight', () => {
  it('run again in their order', async () => {
    const engine = openEngine({ prefetch: 3 });
    engine.expectMs(1);
    const [first] = (await engine.staffUp(1)) as [Staff];
    const settings = { ...engine.type('work').settings, idempotent: true };
    const ids = [1, 2, 3, 4].map(() => engine.submit('work', undefined, { settings }).task.id);
    await turn();
    for (const task of first.transport.takeTasks().slice(0, 3)) {
      engine.clock.advance(1);
      first.transport.begin(task);
    }
    // The third task was running, and the results of two are lost.
    first.transport.exit();
    const [second] = (await engine.staffUp(1)) as [Staff];
    expect(second.transport.takeTasks().map(({ taskId }) => taskId)).toEqual([ids[0], ids[1], ids[3]]);
  });
});
