import { describe, expect, it } from 'vitest';
import { resolveBatch } from '../../src/contract/resolve-batch.js';
import type { TaskOptions } from '../../src/contract/task-options.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import { codes } from '../support/tasks.js';

const GONE = new Error('the pool has gone');

/** An engine whose task `work` may be tried again, and whose `retry.on` ends the pool. */
function open(act: (backend: ReturnType<typeof openEngine>['backend']) => void, own: TaskOptions<unknown> = {}) {
  let asked = 0;
  const on = (): boolean => {
    asked++;
    act(engine.backend);
    return true;
  };
  const work: TaskOptions<unknown> = { retry: { attempts: 3, backoff: { baseMs: 10 }, on }, ...own };
  const engine = openEngine({ concurrency: 4, prefetch: 0, graceMs: 10_000, tasks: { work } }, () => 0);
  return { ...engine, asked: () => asked };
}

const kill = (backend: ReturnType<typeof openEngine>['backend']): void => void backend.kill(GONE);
const drop = (backend: ReturnType<typeof openEngine>['backend']): void => void backend.dropWaiting('close');

describe('a pool that the program ends while it is asked about a task', () => {
  it('settles all that a dead worker had, in no line yet', async () => {
    const { submit, staffUp, registry } = open(kill);
    const [only] = (await staffUp(1)) as [Staff];
    const made = [1, 2, 3, 4].map((n) => submit('work', n));
    await turn();
    const sent = only.transport.takeTasks();
    only.transport.begin(...sent.slice(0, 2));
    only.transport.exit({ code: 3 });
    expect(made.map(({ outcomes }) => outcomes)).toEqual(Array(4).fill([{ error: GONE }]));
    expect(registry.counts).toMatchObject({ queued: 0, dispatched: 0, failed: 4, retried: 0 });
  });

  it('rejects a task that took too long', async () => {
    const { submit, staffUp, clock, registry } = open(kill, { timeoutMs: 100 });
    const [only] = (await staffUp(1)) as [Staff];
    const { outcomes } = submit();
    await turn();
    expect(begun(only)).toHaveLength(1);
    clock.advance(100);
    expect(outcomes).toEqual([{ error: GONE }]);
    expect(registry.pending).toBe(0);
  });

  it('gives no further try after it has dropped what waits, and rejects with the error of the last', async () => {
    const { submit, staffUp, registry, asked } = open(drop);
    const [only] = (await staffUp(1)) as [Staff];
    const { outcomes } = submit();
    await turn();
    const [sent] = begun(only);
    only.transport.replyError(sent ?? { wireId: 0 }, new Error('no'));
    expect(outcomes).toMatchObject([{ error: { message: 'no' } }]);
    expect(asked()).toBe(1);
    expect(registry.counts).toMatchObject({ failed: 1, retried: 0 });
  });

  it('rejects each task that comes after its end', async () => {
    const { submit, staffUp, backend, registry } = open(kill);
    await staffUp(1);
    void backend.kill(GONE);
    expect(submit().outcomes).toEqual([{ error: GONE }]);
    expect(registry.pending).toBe(0);
  });

  it('counts a task once whose batch.isFull drops it', async () => {
    let asked = 0;
    const isFull = (): boolean => {
      asked++;
      return engine.backend.dropWaiting('dropQueued') < 0;
    };
    const engine = openEngine({ tasks: { work: { batch: { isFull } } } });
    const made = [1, 2, 3].map((n) => engine.submit('work', n));
    engine.clock.advance(10);
    const [only] = engine.staff as [Staff];
    only.transport.becomeReady(['work'], false, [['work', resolveBatch({ maxSize: 4 })]]);
    expect(codes(made)).toEqual(Array(3).fill(['ERR_TASK_DROPPED']));
    expect(engine.registry.counts).toMatchObject({ queued: 0, failed: 3 });
    expect([asked, engine.dispatcher.queued]).toEqual([1, 0]);
  });
});
