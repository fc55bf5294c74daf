import { describe, expect, it } from 'vitest';
import type { BreakerOptions } from '../../src/contract/breaker-options.js';
import type { PoolOptions } from '../../src/contract/options.js';
import type { TaskOptions } from '../../src/contract/task-options.js';
import { STATUS } from '../../src/wire/record.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import type { SentTask } from '../support/scripted-transport.js';
import { codes, type MadeTask } from '../support/tasks.js';

const DOWN = new Error('down');

/** One worker, and a task `work` behind a breaker that opens after two failures unless a test says otherwise. */
async function open(breaker: BreakerOptions<unknown> = {}, own: TaskOptions<unknown> = {}, pool: PoolOptions = {}) {
  const work: TaskOptions<unknown> = { ...own, breaker: { consecutive: 2, openMs: 1000, ...breaker } };
  const engine = openEngine({ prefetch: 0, ...pool, tasks: { work } }, () => 0);
  const [only] = (await engine.staffUp(1)) as [Staff];
  const { backend, type, clock } = engine;
  /** The tasks that have arrived at the worker after this turn. */
  const arrived = async (): Promise<SentTask[]> => {
    await turn();
    return begun(only);
  };
  const fail = async (): Promise<void> => {
    for (const task of await arrived()) only.transport.replyError(task, DOWN);
  };
  const state = (): string => backend.breaker('work', undefined).state;
  const stats = () => type('work').breakers?.stats(clock.now());
  return { ...engine, only, arrived, fail, state, stats };
}

function errorOf({ outcomes }: MadeTask): unknown {
  return (outcomes[0] as { error: unknown }).error;
}

describe('a circuit breaker inside retry', () => {
  it('looks at every try, and one that finds it open ends the retries with the last failure as the cause', async () => {
    const retry = { attempts: 9, backoff: { baseMs: 10 } };
    const { submit, clock, fail, registry, arrived, stats } = await open({ consecutive: 3 }, { retry });
    const made = submit();
    for (let tries = 0; tries < 3; tries++) {
      await fail();
      clock.advance(0);
    }
    expect(errorOf(made)).toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
      cause: { message: 'down' },
      details: { retryAfterMs: 1000 },
    });
    expect(await arrived()).toEqual([]);
    expect(registry.counts).toMatchObject({ submitted: 1, failed: 1, retried: 2 });
    expect(stats()).toMatchObject({ state: 'open', opened: 1, refused: 1 });
  });

  it("refuses a try at its hand-over, with the task's own failure as the cause", async () => {
    const { submit, arrived, only, clock } = await open({}, { retry: { attempts: 1, backoff: { baseMs: 0 } } });
    const first = submit();
    submit();
    for (const task of await arrived()) only.transport.replyError(task, new Error('own'));
    clock.advance(0);
    // Its second try waits for the worker.
    for (const task of await arrived()) only.transport.replyError(task, DOWN);
    expect(await arrived()).toEqual([]);
    expect(errorOf(first)).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', cause: { message: 'own' } });
  });

  it('lets a try wait that is due when the breaker may be tried again', async () => {
    const retry = { attempts: 1, backoff: { baseMs: 1 } };
    const { submit, clock, arrived, only, registry } = await open({ consecutive: 1, openMs: 50 }, { retry });
    const made = submit();
    const error = Object.assign(new Error('busy'), { retryAfterMs: 60 });
    for (const task of await arrived()) only.transport.replyError(task, error);
    expect(registry.counts).toMatchObject({ retried: 1, queued: 1 });
    clock.advance(60);
    for (const task of await arrived()) only.transport.reply({ wireId: task.wireId, value: 'back' });
    expect(made.outcomes).toEqual([{ value: 'back' }]);
  });

  it("refuses a try that is due while it is open, with the task's own failure as the cause", async () => {
    const retry = { attempts: 1, backoff: { baseMs: 1 } };
    const { submit, clock, arrived, only } = await open({ openMs: 5000 }, { retry });
    const first = submit();
    const own = Object.assign(new Error('own'), { retryAfterMs: 100 });
    for (const task of await arrived()) only.transport.replyError(task, own);
    const second = submit('work', undefined, {
      settings: { ...first.task.settings, retry: { ...first.task.settings.retry, attempts: 0 } },
    });
    for (const task of await arrived()) only.transport.replyError(task, DOWN);
    expect([first.outcomes, errorOf(second)]).toMatchObject([[], { message: 'down' }]);
    clock.advance(100);
    expect(errorOf(first)).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', cause: { message: 'own' } });
  });
});

describe('an open circuit breaker', () => {
  it('refuses calls at once, which take no place and read no input', async () => {
    const { submit, backend, fail, registry } = await open();
    for (const made of [submit(), submit()]) {
      await fail();
      expect(errorOf(made)).toMatchObject({ message: 'down' });
    }
    const input = {
      get read(): never {
        throw new Error('it was read');
      },
    };
    expect(() => backend.submit('work', input, undefined, true)).toThrow(
      expect.objectContaining({ code: 'ERR_CIRCUIT_OPEN', cause: expect.objectContaining({ message: 'down' }) }),
    );
    expect(registry.counts.submitted).toBe(2);
  });

  it('is looked at again when a task is handed to a worker', async () => {
    const { submit, fail, arrived, state } = await open({ consecutive: 1 });
    const made = [submit(), submit(), submit()];
    await fail();
    expect(await arrived()).toEqual([]);
    expect(codes(made)).toEqual([[undefined], ['ERR_CIRCUIT_OPEN'], ['ERR_CIRCUIT_OPEN']]);
    expect(state()).toBe('open');
  });

  it('recalls the tasks that a worker has not begun', async () => {
    const { submit, expectMs, only, registry } = await open({ consecutive: 1 }, {}, { prefetch: 3 });
    expectMs(0.01);
    const made = [1, 2, 3, 4].map(() => submit());
    await turn();
    const [first, ...others] = only.transport.takeTasks();
    expect(others).toHaveLength(3);
    only.transport.begin(first as SentTask);
    only.transport.replyError(first as SentTask, DOWN);
    await turn();
    expect(only.transport.revoked).toEqual(others.map(({ wireId }) => wireId));
    only.transport.reply(...others.map(({ wireId }) => ({ wireId, status: STATUS.revoked })));
    await turn();
    expect(codes(made.slice(1))).toEqual([['ERR_CIRCUIT_OPEN'], ['ERR_CIRCUIT_OPEN'], ['ERR_CIRCUIT_OPEN']]);
    expect(registry.counts).toMatchObject({ submitted: 4, failed: 4, dispatched: 0, queued: 0 });
  });

  it('lets its probes through after its time, and closes when they succeed', async () => {
    const { submit, fail, arrived, clock, only, state } = await open({ consecutive: 1 }, {}, { concurrency: 5 });
    submit();
    await fail();
    clock.advance(1000);
    const made = [submit(), submit(), submit()];
    const probes = await arrived();
    expect(probes).toHaveLength(1);
    expect(codes(made)).toEqual([[], ['ERR_CIRCUIT_OPEN'], ['ERR_CIRCUIT_OPEN']]);
    expect(state()).toBe('half-open');
    only.transport.reply({ wireId: probes[0]?.wireId ?? 0 });
    expect(state()).toBe('closed');
    submit();
    expect(await arrived()).toHaveLength(1);
  });

  it('gives the place of a cancelled probe to the next call', async () => {
    const { submit, fail, arrived, clock } = await open({ consecutive: 1 }, {}, { concurrency: 5 });
    submit();
    await fail();
    clock.advance(1000);
    const controller = new AbortController();
    submit('work', undefined, { signal: controller.signal });
    expect(await arrived()).toHaveLength(1);
    controller.abort();
    submit();
    expect(await arrived()).toHaveLength(1);
  });

  it('opens again when a probe has no result in time, and the probe itself goes on', async () => {
    const { submit, fail, arrived, clock, only, state } = await open(
      { consecutive: 1, probeMs: 100 },
      {},
      { concurrency: 5 },
    );
    submit();
    await fail();
    clock.advance(1000);
    const made = submit();
    const [probe] = await arrived();
    clock.advance(100);
    expect(state()).toBe('open');
    only.transport.reply({ wireId: probe?.wireId ?? 0, value: 'late' });
    expect([made.outcomes, state()]).toEqual([[{ value: 'late' }], 'open']);
  });

  it('says nothing of other tasks, nor of broadcasts of its own', async () => {
    const { submit, submitTo, fail, arrived, only, state } = await open({ consecutive: 1 });
    const failing = submitTo(only.worker);
    await fail();
    expect([errorOf(failing), state()]).toMatchObject([{ message: 'down' }, 'closed']);
    submit();
    await fail();
    const again = submitTo(only.worker);
    for (const task of await arrived()) only.transport.reply({ wireId: task.wireId, value: 'told' });
    expect([again.outcomes, state()]).toEqual([[{ value: 'told' }], 'open']);
  });
});

describe('a circuit breaker counts', () => {
  it('time limits, and says why a handler was ended', async () => {
    const asked: unknown[] = [];
    const on = (error: unknown): boolean => asked.push(error) > 0;
    const { submit, arrived, clock, state } = await open({ on }, { timeoutMs: 100 }, { concurrency: 5 });
    const made = [submit(), submit('work', undefined, { deadline: { hostMs: clock.now() + 80, epochMs: 0 } })];
    await arrived();
    clock.advance(150);
    expect(codes(made)).toEqual([['ERR_TASK_TIMEOUT'], ['ERR_TASK_TIMEOUT']]);
    expect(asked).toMatchObject([{ details: { by: 'deadline' } }, { details: { by: 'timeoutMs' } }]);
    expect(state()).toBe('open');
  });

  it('slow calls by the time of their handlers, not by that of the queue', async () => {
    const slow = { slowShare: 0.5, slowMs: 50, minCalls: 2 };
    const { submit, arrived, clock, only, state } = await open(slow, {}, { concurrency: 5 });
    submit();
    submit();
    const [first, second] = await arrived();
    clock.advance(200);
    const now = clock.now();
    only.transport.reply({ wireId: first?.wireId ?? 0, startedAt: now - 10, endedAt: now });
    expect(state()).toBe('closed');
    only.transport.reply({ wireId: second?.wireId ?? 0, startedAt: now - 60, endedAt: now });
    expect(state()).toBe('open');
  });

  it.each([
    [true, 'open'],
    [false, 'closed'],
    [undefined, 'closed'],
  ])('deaths of workers with crashes: %s, then it is %s', async (crashes, expected) => {
    const { submit, arrived, only, state } = await open({ consecutive: 1, ...(crashes !== undefined && { crashes }) });
    const made = submit();
    await arrived();
    only.transport.exit({ code: 3 });
    expect([codes([made]), state()]).toEqual([[['ERR_WORKER_CRASHED']], expected]);
  });

  it('no task that a worker took along without having begun it', async () => {
    const { submit, only, expectMs, state } = await open({ consecutive: 1, crashes: true }, {}, { prefetch: 3 });
    expectMs(0.01);
    submit();
    submit();
    await turn();
    only.transport.exit({ code: 3 });
    expect(state()).toBe('closed');
  });

  it('no task that was cancelled, nor one that cannot be sent, has no handler, waited too long or ended with the pool', async () => {
    const { submit, arrived, only, clock, state, backend } = await open({ consecutive: 1 }, {}, { concurrency: 9 });
    const controller = new AbortController();
    const made = [
      submit('work', undefined, { signal: controller.signal }),
      submit(),
      submit('work', () => {}),
      submit(),
    ];
    const sent = await arrived();
    controller.abort(new Error('unwanted'));
    only.transport.reply({ wireId: sent[1]?.wireId ?? 0, status: STATUS.notSerializable, value: { reason: 'No.' } });
    backend.pause();
    made.push(submit('work', undefined, { deadline: { hostMs: clock.now() + 10, epochMs: 0 } }));
    clock.advance(10);
    void backend.kill(new Error('the end'));
    expect(made.every(({ outcomes }) => outcomes.length === 1)).toBe(true);
    expect(state()).toBe('closed');
  });

  it('nothing of a try whose outcome came before in another way', async () => {
    const { submit, arrived, clock, only, state } = await open({}, { timeoutMs: 100 }, { graceMs: 10_000 });
    submit();
    const [sent] = await arrived();
    clock.advance(100);
    only.transport.replyError(sent ?? { wireId: 0 }, DOWN);
    expect(state()).toBe('closed');
  });
});

describe('the breakers of a task with keys', () => {
  it('open one by one', async () => {
    const { backend, fail, arrived, type } = await open({
      consecutive: 1,
      key: (input: { host: string }) => input.host,
    } as BreakerOptions<unknown>);
    const run = (host: string): unknown =>
      backend.submit('work', { host }, undefined, true).catch((error: unknown) => error);
    const first = run('a');
    await fail();
    expect(await first).toMatchObject({ message: 'down' });
    expect(() => run('a')).toThrow(expect.objectContaining({ details: expect.objectContaining({ key: 'a' }) }));
    void run('b');
    expect(await arrived()).toHaveLength(1);
    expect([backend.breaker('work', 'a').state, backend.breaker('work', 'b').state]).toEqual(['open', 'closed']);
    expect(type('work').breakers?.stats(0)).toMatchObject({ keys: 2, notClosed: 1, refused: 1 });
  });

  it('refuse a call whose key is no text, and the pool goes on', async () => {
    const { backend, registry, arrived } = await open({
      key: (input: string | number) => input as string,
    } as BreakerOptions<unknown>);
    expect(() => backend.submit('work', NaN, undefined, true)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
    void backend.submit('work', 'a', undefined, true);
    expect(await arrived()).toHaveLength(1);
    expect(registry.counts.submitted).toBe(1);
  });
});

it('a suspect that its breaker refuses leaves its worker to others', async () => {
  const { submit, staffUp, only, arrived, backend, clock } = await open({}, { idempotent: true }, { concurrency: 2 });
  const suspects = [submit(), submit()];
  await arrived();
  only.transport.exit({ code: 3 });
  backend.breaker('work', undefined).isolate();
  const other = submit('other');
  clock.advance(1000);
  const [fresh] = (await staffUp(1, ['work', 'other'])) as [Staff];
  expect(codes(suspects)).toEqual([['ERR_CIRCUIT_OPEN'], ['ERR_CIRCUIT_OPEN']]);
  expect(begun(fresh).map(({ taskId }) => taskId)).toEqual([other.task.id]);
});
