import { describe, expect, it } from 'vitest';
import { STATUS } from '../../src/wire/record.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import type { SentTask } from '../support/scripted-transport.js';

/** Ids of the tasks that have newly arrived at a worker. */
function taken({ transport }: Staff): number[] {
  return transport.takeTasks().map(({ taskId }) => taskId);
}

describe('queued tasks', () => {
  it('go to one worker in the order they came, one at a time when their length is not known', async () => {
    const { submit, staffUp } = openEngine();
    for (let task = 0; task < 4; task++) submit();
    const [only] = (await staffUp(1)) as [Staff];
    for (let id = 1; id <= 4; id++) {
      const [task, ...more] = only.transport.takeTasks();
      expect([task?.taskId, more.length]).toEqual([id, 0]);
      // Long enough not to be sent ahead from now on.
      only.transport.reply({ wireId: task?.wireId ?? 0, startedAt: 0 });
      await turn();
    }
  });

  it('of one turn leave in one frame, ahead of the worker when they are short', async () => {
    const { submit, staffUp, expectMs } = openEngine();
    expectMs(0.1);
    const [only] = (await staffUp(1)) as [Staff];
    for (let task = 0; task < 20; task++) submit();
    await turn();
    expect(taken(only)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('are shared out among workers before any is sent far ahead', async () => {
    const { submit, staffUp, expectMs } = openEngine();
    expectMs(0.02);
    const staff = await staffUp(2);
    for (let task = 0; task < 40; task++) submit();
    await turn();
    const counts = staff.map((each) => taken(each).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(40);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(15);
  });

  it('are not sent ahead when their input is moved, since they could not be taken back', async () => {
    const { submit, staffUp, expectMs } = openEngine({ kind: 'thread' });
    expectMs(0.001);
    const [only] = (await staffUp(1)) as [Staff];
    for (let task = 0; task < 3; task++) submit('work', task, { transfer: [new ArrayBuffer(8)] });
    await turn();
    expect(taken(only)).toEqual([1]);
  });

  it('whose input was moved fail with the worker that has it, even unbegun', async () => {
    const { submit, staffUp } = openEngine({ kind: 'thread', retry: 3 });
    const [only] = (await staffUp(1)) as [Staff];
    const { outcomes } = submit('work', 1, { transfer: [new ArrayBuffer(8)] });
    await turn();
    only.transport.exit();
    expect(outcomes).toMatchObject([{ error: { code: 'ERR_WORKER_CRASHED' } }]);
  });

  it.each([
    ['throws', ({ transport }: Staff, one: SentTask) => transport.replyError(one, new Error('no')), { message: 'no' }],
    ['dies', ({ transport }: Staff) => transport.exit(), { code: 'ERR_WORKER_CRASHED' }],
  ])('whose input was moved have no other try, idempotent or not, when the handler %s', async (_, end, error) => {
    const { submit, staffUp, registry } = openEngine({
      kind: 'thread',
      retry: 3,
      tasks: { work: { idempotent: true } },
    });
    const [only] = (await staffUp(1)) as [Staff];
    const { outcomes } = submit('work', 1, { transfer: [new ArrayBuffer(8)] });
    await turn();
    const [one] = begun(only) as [SentTask];
    end(only, one);
    expect(outcomes).toMatchObject([{ error }]);
    expect(registry.counts).toMatchObject({ failed: 1, retried: 0 });
  });

  it('that are ahead of a worker which goes on are shared with one that is free', async () => {
    const { submit, staffUp, expectMs, clock } = openEngine({ prefetch: 20 });
    expectMs(0.5);
    const [first, second] = (await staffUp(2)) as [Staff, Staff];
    for (let task = 0; task < 20; task++) submit();
    await turn();
    // One is done with its share at once; the other answers, one task after another.
    const quick = second.transport.takeTasks();
    second.transport.reply(...quick);
    const slow = first.transport.takeTasks();
    await turn();
    first.transport.reply(...slow.slice(0, 1));
    await turn();
    clock.advance(3);
    await turn();
    const shared = taken(second);
    expect(shared).toEqual(slow.slice(-shared.length).map(({ taskId }) => taskId));
    expect(shared.length).toBeGreaterThanOrEqual(4);
  });

  it('go ahead of the running ones as far as prefetch says', async () => {
    const { submit, staffUp } = openEngine({ prefetch: 2, concurrency: 3 });
    const [only] = (await staffUp(1)) as [Staff];
    for (let task = 0; task < 9; task++) submit();
    await turn();
    expect(taken(only)).toEqual([1, 2, 3, 4, 5]);
  });

  it('wait while the pool is paused, and go on with resume', async () => {
    const { submit, staffUp, dispatcher } = openEngine();
    const [only] = (await staffUp(1)) as [Staff];
    dispatcher.pause();
    submit();
    await turn();
    expect([taken(only), dispatcher.queued]).toEqual([[], 1]);
    dispatcher.resume();
    await turn();
    expect([taken(only), dispatcher.queued]).toEqual([[1], 0]);
  });

  it('for a handler that does not exist are refused by name, and hold up no other', async () => {
    const { submit, staffUp } = openEngine();
    const wrong = submit('wor');
    const right = submit('work');
    const [only] = (await staffUp(1)) as [Staff];
    expect(wrong.outcomes).toMatchObject([
      { error: { code: 'ERR_TASK_NOT_FOUND', details: { task: 'wor', known: ['work'], nearest: 'work' } } },
    ]);
    expect(taken(only)).toEqual([right.task.id]);
  });

  it('keep their place when one of them cannot be sent', async () => {
    const { submit, staffUp } = openEngine({ concurrency: 3 });
    const [only] = (await staffUp(1)) as [Staff];
    const made = [submit('work', 1), submit('work', () => {}), submit('work', 3), submit('work', 4)];
    await turn();
    // Its place goes to the next one in a pass of its own.
    await turn();
    expect(made[1]?.outcomes).toMatchObject([{ error: { code: 'ERR_NOT_SERIALIZABLE', details: { what: 'input' } } }]);
    expect(taken(only)).toEqual([1, 3, 4]);
  });
});

describe('an answer', () => {
  it('completes its task, and makes room for the next', async () => {
    const { submit, staffUp, registry } = openEngine();
    const [only] = (await staffUp(1)) as [Staff];
    const [first] = [submit(), submit()];
    await turn();
    const [sent] = only.transport.takeTasks();
    only.transport.reply({ wireId: sent?.wireId ?? 0, value: 42 });
    await turn();
    expect(first?.outcomes).toEqual([{ value: 42 }]);
    expect(taken(only)).toEqual([2]);
    expect(registry.counts).toMatchObject({ completed: 1, dispatched: 1, queued: 0 });
  });

  it('with an error rejects with that error, which says where it came from', async () => {
    const { submit, staffUp } = openEngine();
    const [only] = (await staffUp(1)) as [Staff];
    const { outcomes } = submit();
    await turn();
    only.transport.replyError(only.transport.takeTasks()[0] ?? { wireId: 0 }, new RangeError('too large'));
    const [{ error }] = outcomes as [{ error: RangeError & { origin: unknown } }];
    expect(error).toBeInstanceOf(RangeError);
    expect(error.origin).toEqual({ task: 'work', taskId: 1, attempt: 1, workerId: 1 });
    expect(Object.keys(error)).toEqual([]);
  });

  it('that could not be encoded rejects with the reason, without another try', async () => {
    const { submit, staffUp, registry } = openEngine({ retry: 3 });
    const [only] = (await staffUp(1)) as [Staff];
    const { outcomes } = submit();
    await turn();
    const [sent] = only.transport.takeTasks();
    only.transport.reply({ wireId: sent?.wireId ?? 0, status: STATUS.notSerializable, value: { reason: '#<Socket>' } });
    expect(outcomes).toMatchObject([
      { error: { code: 'ERR_NOT_SERIALIZABLE', details: { what: 'result', reason: '#<Socket>' } } },
    ]);
    expect(registry.counts.failed).toBe(1);
  });
});

describe('waiting', () => {
  it('ends after queueTimeoutMs, and only while the task waits', async () => {
    const { submit, staffUp, clock, registry, dispatcher } = openEngine({ queue: { timeoutMs: 100 } });
    const [only] = (await staffUp(1)) as [Staff];
    const [running, waiting] = [submit(), submit()];
    await turn();
    only.transport.begin(...only.transport.takeTasks());
    clock.advance(99);
    expect(waiting?.outcomes).toEqual([]);
    clock.advance(1);
    expect(waiting?.outcomes).toMatchObject([{ error: { code: 'ERR_QUEUE_TIMEOUT', details: { waitedMs: 100 } } }]);
    expect([running?.outcomes, dispatcher.queued]).toEqual([[], 0]);
    expect(registry.counts).toMatchObject({ failed: 1, timedOut: 1 });
  });

  it('ends at the deadline, in the queue as in the worker, and running too', async () => {
    const { submit, staffUp, clock, expectMs } = openEngine({ prefetch: 1 });
    expectMs(0.01);
    const [only] = (await staffUp(1)) as [Staff];
    const deadline = { hostMs: clock.now() + 50, epochMs: 0 };
    const made = [1, 2, 3].map(() => submit('work', undefined, { deadline }));
    await turn();
    const sent = only.transport.takeTasks();
    expect(sent).toHaveLength(2);
    only.transport.begin(sent[0] ?? { wireId: 0 });
    clock.advance(50);
    expect(made.map(({ outcomes }) => outcomes)).toMatchObject([
      [{ error: { code: 'ERR_TASK_TIMEOUT', details: { by: 'deadline', ranMs: 50 } } }],
      [{ error: { code: 'ERR_QUEUE_TIMEOUT' } }],
      [{ error: { code: 'ERR_QUEUE_TIMEOUT' } }],
    ]);
    await turn();
    expect(only.transport.cancelled()).toHaveLength(1);
    expect(only.transport.revoked).toHaveLength(1);
  });

  it('for another try ends at the deadline, too', async () => {
    const { submit, staffUp, clock } = openEngine({ retry: { attempts: 1, backoff: { baseMs: 1000 } } });
    const [only] = (await staffUp(1)) as [Staff];
    const { outcomes } = submit('work', undefined, { deadline: { hostMs: clock.now() + 50, epochMs: 0 } });
    await turn();
    only.transport.replyError(only.transport.takeTasks()[0] ?? { wireId: 0 }, new Error('first try'));
    clock.advance(50);
    expect(outcomes).toHaveLength(1);
  });

  it('leaves no timer behind once the task runs', async () => {
    const { submit, staffUp, clock, timersLeft } = openEngine({ queue: { timeoutMs: 100 } });
    const [only] = (await staffUp(1)) as [Staff];
    const { outcomes } = submit();
    await turn();
    only.transport.begin(...only.transport.takeTasks());
    clock.advance(100);
    expect(timersLeft()).toBe(0);
    clock.advance(1000);
    expect(outcomes).toEqual([]);
  });
});

describe('a task that is not wanted any more', () => {
  it('is never sent when it still waits', async () => {
    const { submit, staffUp, dispatcher, registry } = openEngine();
    const controller = new AbortController();
    const made = submit('work', undefined, { signal: controller.signal });
    const next = submit();
    controller.abort('enough');
    const [only] = (await staffUp(1)) as [Staff];
    expect(taken(only)).toEqual([next.task.id]);
    expect([made.outcomes, dispatcher.queued]).toEqual([[{ error: 'enough' }], 0]);
    expect(registry.counts).toMatchObject({ cancelled: 1, failed: 0 });
  });

  it('rejects at once when it runs, and keeps its place until the worker has answered', async () => {
    const { submit, staffUp } = openEngine();
    const [only] = (await staffUp(1)) as [Staff];
    const controller = new AbortController();
    const made = submit('work', undefined, { signal: controller.signal });
    submit();
    await turn();
    const [sent] = only.transport.takeTasks();
    only.transport.begin(sent ?? { wireId: 0 });
    controller.abort('enough');
    expect(made.outcomes).toEqual([{ error: 'enough' }]);
    await turn();
    expect([only.transport.cancelled(), taken(only)]).toEqual([[sent?.wireId], []]);
    only.transport.reply({ wireId: sent?.wireId ?? 0 });
    await turn();
    expect(taken(only)).toEqual([2]);
  });

  it('gives its place back at once when it had not left', async () => {
    const { submit, submitTo, staffUp, dispatcher } = openEngine();
    const [only] = (await staffUp(1)) as [Staff];
    const { task, outcomes } = submitTo(only.worker);
    dispatcher.cancel(task, 'changed my mind');
    const last = submit();
    await turn();
    expect([outcomes, taken(only)]).toEqual([[{ error: 'changed my mind' }], [last.task.id]]);
  });

  it('is not sent again after it was between two tries', async () => {
    const { submit, staffUp, clock, registry } = openEngine({ retry: 1 });
    const [only] = (await staffUp(1)) as [Staff];
    const controller = new AbortController();
    const { outcomes } = submit('work', undefined, { signal: controller.signal });
    await turn();
    only.transport.replyError(only.transport.takeTasks()[0] ?? { wireId: 0 }, new Error('first try'));
    controller.abort('enough');
    expect(outcomes).toEqual([{ error: 'enough' }]);
    clock.advance(10_000);
    await turn();
    expect([taken(only), clock.timers]).toEqual([[], 0]);
    expect(registry.counts).toMatchObject({ cancelled: 1, queued: 0 });
  });
});
