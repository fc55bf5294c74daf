import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { HedgeOptions } from '../../src/contract/hedge-options.js';
import type { PoolOptions } from '../../src/contract/options.js';
import type { TaskOptions } from '../../src/contract/task-options.js';
import type { FlowOptions } from '../../src/task/task-flows.js';
import { FLOW_WINDOW } from '../../src/wire/flow.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import type { SentTask } from '../support/scripted-transport.js';
import { codes } from '../support/tasks.js';

/** Where a run of a task arrived. */
interface Run {
  staff: Staff;
  sent: SentTask;
}

/** Two workers, and a task `work` that is run again after 50 ms. */
async function open(hedge: HedgeOptions = {}, own: TaskOptions<unknown> = {}, pool: PoolOptions = {}) {
  const work: TaskOptions<unknown> = { idempotent: true, ...own, hedge: { after: 50, ...hedge } };
  const engine = openEngine({ prefetch: 0, graceMs: 500, ...pool, tasks: { work } }, () => 0);
  await engine.staffUp(2);
  const { clock, type, registry } = engine;
  /** The runs that have arrived at any worker after this turn, begun. */
  const arrived = async (): Promise<Run[]> => {
    await turn();
    return engine.staff.flatMap((staff) => begun(staff).map((sent) => ({ staff, sent })));
  };
  /** A task, its first run, and the one beside it. */
  const hedged = async (input?: unknown) => {
    const made = engine.submit('work', input);
    const [first] = (await arrived()) as [Run];
    clock.advance(50);
    const [second] = (await arrived()) as [Run];
    return { made, first, second };
  };
  const reply = ({ staff, sent }: Run, value: unknown): void => staff.transport.reply({ wireId: sent.wireId, value });
  const fail = ({ staff, sent }: Run, message: string): void => staff.transport.replyError(sent, new Error(message));
  const stats = () => type('work').hedge?.counts;
  const counts = () => registry.counts;
  return { ...engine, arrived, hedged, reply, fail, stats, counts };
}

describe('a task that takes long', () => {
  it('is run again in a worker that has nothing to do, with the same input, as a try of its own', async () => {
    const { submit, arrived, clock, counts, stats } = await open();
    submit('work', { n: 1 });
    const [first] = await arrived();
    clock.advance(49);
    expect(await arrived()).toEqual([]);
    clock.advance(1);
    const [second] = await arrived();
    expect(second?.staff).not.toBe(first?.staff);
    expect(second?.sent).toMatchObject({ taskId: first?.sent.taskId, attempt: 2, input: { n: 1 } });
    // It is still one task.
    expect(counts()).toMatchObject({ submitted: 1, dispatched: 1, queued: 0 });
    expect(stats()).toEqual({ begun: 1, won: 0, refused: 0 });
  });

  it('is run again with its headers', async () => {
    const { submit, arrived, clock } = await open();
    const headers = { traceparent: 'a' };
    submit('work', 1, { headers });
    expect((await arrived())[0]?.sent.extras?.headers).toEqual(headers);
    clock.advance(50);
    expect((await arrived())[0]?.sent.extras?.headers).toEqual(headers);
  });

  it.each<[string, FlowOptions]>([
    ['a stream', { stream: FLOW_WINDOW }],
    ['messages', { hasMessages: true }],
    ['an input that flows', { source: Readable.from([1]) }],
  ])('is not run again if it has %s', async (_what, flows) => {
    const { backend, arrived, clock, stats } = await open();
    backend.submitFlowing('work', flows.source, undefined, flows, true).result.catch(() => {});
    expect(await arrived()).toHaveLength(1);
    clock.advance(1000);
    expect([await arrived(), stats()?.begun]).toEqual([[], 0]);
  });

  it('gets the result of the second run when that is first, and its own run is cancelled', async () => {
    const { hedged, reply, counts, stats, arrived, timersLeft, clock } = await open();
    const { made, first, second } = await hedged();
    reply(second, 'faster');
    expect(made.outcomes).toEqual([{ value: 'faster' }]);
    expect(first.staff.transport.cancelled()).toEqual([first.sent.wireId]);
    expect(stats()).toEqual({ begun: 1, won: 1, refused: 0 });
    expect(counts()).toMatchObject({ submitted: 1, completed: 1, cancelled: 0, failed: 0, dispatched: 0 });
    // Its handler ends in time, so its worker stays.
    reply(first, 'slower');
    clock.advance(500);
    expect(first.staff.transport.kills).toBe(0);
    expect([made.outcomes.length, await arrived(), timersLeft()]).toEqual([1, [], 0]);
  });

  it('cancels the second run when its own is first', async () => {
    const { hedged, reply, counts, stats } = await open();
    const { made, first, second } = await hedged();
    reply(first, 'own');
    expect(made.outcomes).toEqual([{ value: 'own' }]);
    expect(second.staff.transport.cancelled()).toEqual([second.sent.wireId]);
    expect([counts(), stats()]).toMatchObject([
      { submitted: 1, completed: 1, dispatched: 0 },
      { begun: 1, won: 0 },
    ]);
  });

  it('has the worker of a cancelled run killed that does not end within graceMs', async () => {
    const { hedged, reply, clock } = await open();
    const { first, second } = await hedged();
    reply(second, 'faster');
    clock.advance(499);
    expect(first.staff.transport.kills).toBe(0);
    clock.advance(1);
    expect(first.staff.transport.kills).toBe(1);
  });

  it('recalls a second run that has not begun', async () => {
    const { submit, arrived, clock, reply, staff } = await open();
    submit();
    const [first] = (await arrived()) as [Run];
    clock.advance(50);
    await turn();
    const other = staff.find((each) => each !== first.staff) as Staff;
    const [second] = other.transport.takeTasks();
    reply(first, 'own');
    expect(other.transport.revoked).toEqual([second?.wireId]);
    expect(other.transport.cancelled()).toEqual([]);
  });

  it('cancels all runs when its caller wants it no more', async () => {
    const { submit, arrived, clock, counts } = await open();
    const controller = new AbortController();
    const { outcomes } = submit('work', undefined, { signal: controller.signal });
    const [first] = (await arrived()) as [Run];
    clock.advance(50);
    const [second] = (await arrived()) as [Run];
    const reason = new Error('unwanted');
    controller.abort(reason);
    expect(outcomes).toEqual([{ error: reason }]);
    for (const { staff, sent } of [first, second]) expect(staff.transport.cancelled()).toEqual([sent.wireId]);
    expect(counts()).toMatchObject({ submitted: 1, cancelled: 1, dispatched: 0 });
  });
});

describe('a task with two runs', () => {
  it('is slow once', async () => {
    const { hedged, clock, counts, type } = await open({}, { slowMs: 60 });
    await hedged();
    clock.advance(200);
    expect([counts().slow, type('work').slow]).toEqual([1, 1]);
  });

  it.each(['close', 'dropQueued'] as const)('has begun, and is not dropped by %s', async (by) => {
    const retry = { attempts: 1, backoff: { baseMs: 60_000, maxMs: 60_000 }, on: () => true };
    const { hedged, fail, reply, backend, counts, clock, timersLeft } = await open({}, { retry });
    const { made, first, second } = await hedged();
    fail(first, 'own');
    expect(backend.dropWaiting(by)).toBe(0);
    expect(made.outcomes).toEqual([]);
    reply(second, 'saved');
    expect(made.outcomes).toEqual([{ value: 'saved' }]);
    clock.advance(500);
    expect([counts().completed, timersLeft()]).toEqual([1, 0]);
  });

  it('has no further try once the pool closes without what waits', async () => {
    const retry = { attempts: 1, backoff: { baseMs: 60_000, maxMs: 60_000 }, on: () => true };
    const { hedged, fail, backend, counts, clock, timersLeft } = await open({}, { retry });
    const { made, first, second } = await hedged();
    fail(first, 'own');
    backend.dropWaiting('close');
    fail(second, 'other');
    expect(made.outcomes).toMatchObject([{ error: { message: 'own' } }]);
    clock.advance(500);
    expect([counts().failed, counts().queued, timersLeft()]).toEqual([1, 0, 0]);
  });

  it('fails as its own run did, if the pool closes without what waits after its last try', async () => {
    const { hedged, fail, backend, counts } = await open();
    const { made, first, second } = await hedged();
    fail(first, 'own');
    backend.dropWaiting('close');
    fail(second, 'other');
    expect(made.outcomes).toMatchObject([{ error: { message: 'own' } }]);
    expect(counts()).toMatchObject({ failed: 1, queued: 0 });
  });
});

describe('the failure of a run', () => {
  it('of the task waits for the second run, whose result counts', async () => {
    const { hedged, reply, fail, counts, dispatcher } = await open();
    const { made, first, second } = await hedged();
    fail(first, 'own');
    expect(made.outcomes).toEqual([]);
    expect(counts()).toMatchObject({ submitted: 1, queued: 1, failed: 0 });
    expect(dispatcher.all().map(({ id }) => id)).toEqual([made.task.id]);
    reply(second, 'saved');
    expect(made.outcomes).toEqual([{ value: 'saved' }]);
    expect(counts()).toMatchObject({ completed: 1, failed: 0, queued: 0, retried: 0 });
    expect(dispatcher.all()).toEqual([]);
  });

  it('of both is that of the task', async () => {
    const { hedged, fail, counts } = await open();
    const { made, first, second } = await hedged();
    fail(first, 'own');
    fail(second, 'other');
    expect(made.outcomes).toMatchObject([{ error: { message: 'own', origin: { attempt: 1 } } }]);
    expect(counts()).toMatchObject({ submitted: 1, failed: 1, queued: 0 });
  });

  it('of the second run is no news', async () => {
    const { hedged, reply, fail, counts } = await open();
    const { made, first, second } = await hedged();
    fail(second, 'other');
    expect(made.outcomes).toEqual([]);
    reply(first, 'own');
    expect(made.outcomes).toEqual([{ value: 'own' }]);
    expect(counts()).toMatchObject({ submitted: 1, completed: 1, failed: 0 });
  });

  it('is followed by a retry only when no run is under way, and no two starts have the same number', async () => {
    const retry = { attempts: 1, backoff: { baseMs: 0 }, on: () => true };
    const { hedged, fail, reply, arrived, clock, counts } = await open({}, { retry });
    const { made, first, second } = await hedged();
    fail(first, 'own');
    clock.advance(10);
    expect(await arrived()).toEqual([]);
    fail(second, 'other');
    const [third] = (await arrived()) as [Run];
    expect(third.sent).toMatchObject({ taskId: made.task.id, attempt: 3 });
    reply(third, 'at last');
    expect(made.outcomes).toEqual([{ value: 'at last' }]);
    expect(counts()).toMatchObject({ submitted: 1, completed: 1, retried: 1 });
  });

  it('waits for the second run in the end of the pool, too', async () => {
    const { hedged, fail, backend, counts } = await open();
    const { made, first, second } = await hedged();
    fail(first, 'own');
    const end = new Error('destroyed');
    void backend.kill(end);
    expect(made.outcomes).toEqual([{ error: end }]);
    expect(second.staff.transport.kills).toBe(1);
    expect(counts()).toMatchObject({ failed: 1, queued: 0, dispatched: 0 });
  });
});

describe('the death of a worker', () => {
  it('with the second run leaves the task to its own', async () => {
    const { hedged, reply, counts } = await open();
    const { made, first, second } = await hedged();
    second.staff.transport.exit({ code: 3 });
    expect(made.outcomes).toEqual([]);
    reply(first, 'own');
    expect(made.outcomes).toEqual([{ value: 'own' }]);
    expect(counts()).toMatchObject({ submitted: 1, completed: 1, crashed: 1 });
  });

  it('with the own run leaves it to the second', async () => {
    const { hedged, reply, counts } = await open();
    const { made, first, second } = await hedged();
    first.staff.transport.exit({ code: 3 });
    expect(made.outcomes).toEqual([]);
    reply(second, 'saved');
    expect(made.outcomes).toEqual([{ value: 'saved' }]);
    expect(counts()).toMatchObject({ submitted: 1, completed: 1, failed: 0, queued: 0 });
  });

  it('of both is poison', async () => {
    const { hedged, counts } = await open();
    const { made, first, second } = await hedged();
    second.staff.transport.exit({ code: 3 });
    first.staff.transport.exit({ code: 3 });
    expect(codes([made])).toEqual([['ERR_TASK_POISON']]);
    expect(counts()).toMatchObject({ submitted: 1, failed: 1, crashed: 2 });
  });
});

describe('no second run begins', () => {
  it('without a worker that has nothing to do, until there is one', async () => {
    const { submit, type, arrived, clock, reply } = await open();
    submit();
    const [first] = (await arrived()) as [Run];
    submit('work', undefined, { settings: { ...type('work').settings, idempotent: false } });
    const others = await arrived();
    clock.advance(50);
    expect(await arrived()).toEqual([]);
    for (const run of others) reply(run, 'done');
    await turn();
    // It looks again after twice the time.
    clock.advance(100);
    const [second] = await arrived();
    expect(second?.sent.taskId).toBe(first.sent.taskId);
  });

  it('of a call that is not idempotent', async () => {
    const { submit, type, clock, arrived } = await open();
    submit('work', undefined, { settings: { ...type('work').settings, idempotent: false } });
    await arrived();
    clock.advance(500);
    expect(await arrived()).toEqual([]);
  });

  it('of a broadcast', async () => {
    const { submitTo, staff, clock, arrived } = await open();
    submitTo((staff[0] as Staff).worker);
    await arrived();
    clock.advance(500);
    expect(await arrived()).toEqual([]);
  });

  it('of a task that has ended, and no timer is left of it', async () => {
    const { submit, clock, arrived, reply, timersLeft } = await open();
    submit();
    for (const run of await arrived()) reply(run, 'fast');
    clock.advance(500);
    expect(await arrived()).toEqual([]);
    expect(timersLeft()).toBe(0);
  });

  it('beyond max', async () => {
    const { submit, clock, arrived, staffUp } = await open({ max: 2 });
    await staffUp(5);
    submit();
    await arrived();
    const attempts: number[] = [];
    for (let look = 0; look < 5; look++) {
      clock.advance(50);
      attempts.push(...(await arrived()).map(({ sent }) => sent.attempt));
    }
    expect(attempts).toEqual([2, 3]);
  });

  it('beyond the budget', async () => {
    const { hedged, reply, stats, clock, submit, arrived } = await open({ budget: 0 });
    for (let task = 0; task < 10; task++) {
      const { first, second } = await hedged();
      reply(second, 'faster');
      reply(first, 'slower');
    }
    submit();
    await arrived();
    clock.advance(500);
    expect(await arrived()).toEqual([]);
    expect(stats()).toEqual({ begun: 10, won: 10, refused: 1 });
  });

  it('while a limit would hold it back, which it takes its own share of', async () => {
    const own: TaskOptions<unknown> = { concurrency: 2, rateLimit: { calls: 2, perMs: 1000, window: 'strict' } };
    const { submit, arrived, clock, reply, stats, dispatcher } = await open({ max: 2 }, own);
    submit();
    const [first] = (await arrived()) as [Run];
    clock.advance(50);
    const [second] = (await arrived()) as [Run];
    expect(stats()).toMatchObject({ begun: 1 });
    // Both tokens are used. Nothing begins before the first window is over, neither a further run nor another task.
    reply(second, 'done');
    reply(first, 'too late');
    const next = submit();
    clock.advance(999);
    expect([await arrived(), dispatcher.blocked]).toEqual([[], 1]);
    clock.advance(1);
    const [third] = (await arrived()) as [Run];
    clock.advance(50);
    const [fourth] = (await arrived()) as [Run];
    expect(third.staff).not.toBe(fourth.staff);
    reply(fourth, 'done');
    expect(codes([next])).toEqual([['ok']]);
  });

  it('beyond concurrency', async () => {
    const { submit, arrived, clock, stats } = await open({}, { concurrency: 1 });
    submit();
    expect(await arrived()).toHaveLength(1);
    clock.advance(1000);
    expect([await arrived(), stats()]).toEqual([[], { begun: 0, won: 0, refused: 0 }]);
  });

  it('where a circuit breaker would refuse it', async () => {
    const { submit, backend, clock, arrived, stats, reply } = await open({}, { breaker: { consecutive: 1 } });
    const made = submit();
    const [first] = (await arrived()) as [Run];
    backend.breaker('work', undefined).isolate();
    clock.advance(500);
    expect([await arrived(), stats()]).toEqual([[], { begun: 0, won: 0, refused: 0 }]);
    reply(first, 'own');
    expect(made.outcomes).toEqual([{ value: 'own' }]);
  });

  it('before 100 runs with p95, and then after the time of 95 % of them', async () => {
    const { submit, type, clock, arrived, reply } = await open({ after: 'p95' });
    for (let run = 0; run < 99; run++) type('work').record(0, 20, 20);
    submit();
    const [first] = (await arrived()) as [Run];
    clock.advance(500);
    expect(await arrived()).toEqual([]);
    reply(first, 'own');
    submit();
    const [next] = (await arrived()) as [Run];
    clock.advance(21);
    const [second] = (await arrived()) as [Run];
    expect(second.sent).toMatchObject({ taskId: next.sent.taskId, attempt: 2 });
  });
});

it('a large input serves both runs, and its memory serves again only when neither needs it', async () => {
  const { hedged, reply, submit, arrived } = await open();
  const input = 'a'.repeat(256 * 1024);
  const { made, first, second } = await hedged(input);
  expect([first.sent.input, second.sent.input]).toEqual([input, input]);
  reply(second, 'faster');
  expect(made.outcomes).toEqual([{ value: 'faster' }]);
  const other = 'b'.repeat(256 * 1024);
  submit('work', other);
  const [next] = await arrived();
  expect(next?.sent.input).toBe(other);
});
