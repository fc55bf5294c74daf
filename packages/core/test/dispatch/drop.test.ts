import { describe, expect, it } from 'vitest';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import { codes } from '../support/tasks.js';

describe('dropping what waits', () => {
  it('reaches the queue, the lines of workers for keys, and what was sent ahead', async () => {
    const engine = openEngine({ workers: 2, concurrency: 1, prefetch: 2 });
    const staff = (await engine.staffUp(2)) as [Staff, Staff];
    const keyed = Array.from({ length: 6 }, () => engine.submit('work', undefined, { key: 'k' }));
    const plain = Array.from({ length: 8 }, () => engine.submit());
    await turn();
    const running = new Set<number>();
    for (const { transport } of staff) {
      const [first] = transport.takeTasks();
      if (first !== undefined) {
        transport.begin(first);
        running.add(first.taskId);
      }
    }
    expect(running.size).toBe(2);
    const all = [...keyed, ...plain];
    expect(engine.backend.dropWaiting('dropQueued')).toBe(all.length - running.size);
    expect(codes(all)).toEqual(all.map(({ task }) => (running.has(task.id) ? [] : ['ERR_TASK_DROPPED'])));
    expect(engine.registry.counts).toMatchObject({ queued: 0, dispatched: 2, failed: 12 });
    expect(engine.backend.dropWaiting('dropQueued')).toBe(0);
  });

  it('reaches tasks in a worker that only finishes what it has', async () => {
    const engine = openEngine({ concurrency: 1, prefetch: 2 });
    const [only] = (await engine.staffUp(1)) as [Staff];
    const made = [1, 2, 3].map(() => engine.submit());
    await turn();
    const [first] = only.transport.takeTasks();
    only.transport.begin(first ?? { wireId: 0 });
    only.worker.drain('fewer wanted', 5000);
    expect(only.worker.state).toBe('draining');
    expect(engine.backend.dropWaiting('close')).toBe(2);
    expect(codes(made)).toEqual([[], ['ERR_TASK_DROPPED'], ['ERR_TASK_DROPPED']]);
    only.transport.reply({ wireId: first?.wireId ?? 0 });
    expect(codes(made)[0]).toEqual(['ok']);
  });

  it('counts a task without a readable board as begun', async () => {
    const engine = openEngine({ concurrency: 1 });
    const [only] = (await engine.staffUp(1)) as [Staff];
    only.worker.assigned.claims.hasBoard = false;
    const [sent, queued] = [engine.submit(), engine.submit()];
    await turn();
    expect(engine.backend.dropWaiting('close')).toBe(1);
    expect(codes([sent, queued])).toEqual([[], ['ERR_TASK_DROPPED']]);
    const [row] = only.transport.takeTasks();
    only.transport.reply({ wireId: row?.wireId ?? 0 });
    expect(codes([sent])).toEqual([['ok']]);
  });

  it('says how often the handler had been called, and keeps the last failure', async () => {
    const engine = openEngine({ retry: { attempts: 3, backoff: { baseMs: 1000 } } });
    const [only] = (await engine.staffUp(1)) as [Staff];
    const { outcomes } = engine.submit();
    await turn();
    const [row] = begun(only);
    only.transport.replyError(row ?? { wireId: 0 }, new Error('first'));
    expect(engine.registry.counts).toMatchObject({ retried: 1, queued: 1 });
    expect(engine.backend.dropWaiting('close')).toBe(1);
    expect(outcomes).toMatchObject([
      { error: { code: 'ERR_TASK_DROPPED', details: { starts: 1 }, cause: { message: 'first' } } },
    ]);
    engine.clock.advance(60_000);
    expect(outcomes).toHaveLength(1);
    expect(engine.timersLeft()).toBe(0);
  });
});
