import { describe, expect, it } from 'vitest';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';
import type { SentTask } from '../support/scripted-transport.js';
import { codes, type MadeTask } from '../support/tasks.js';

describe('a task for one worker', () => {
  const submitTo = (engine: ReturnType<typeof openEngine>, { worker }: Staff): MadeTask => {
    return engine.submitTo(worker);
  };

  it('goes to it past the queue, full or not', async () => {
    const engine = openEngine();
    const [only] = (await engine.staffUp(1)) as [Staff];
    for (let task = 0; task < 3; task++) engine.submit();
    await turn();
    const { task } = submitTo(engine, only);
    await turn();
    expect(only.transport.takeTasks().map(({ taskId }) => taskId)).toEqual([1, task.id]);
  });

  it('reaches it although it must go and answers for another in the same turn', async () => {
    const engine = openEngine();
    const [only] = (await engine.staffUp(1)) as [Staff];
    engine.submit();
    await turn();
    const [running] = begun(only);
    const pinned = submitTo(engine, only);
    engine.supervisor.want(0);
    only.transport.reply({ wireId: running?.wireId ?? 0 });
    await turn();
    const [last] = begun(only);
    expect(last?.taskId).toBe(pinned.task.id);
  });

  it('fails with it, begun or not, and has no other try', async () => {
    const engine = openEngine({ retry: 5 });
    const [only] = (await engine.staffUp(1)) as [Staff];
    const made = [submitTo(engine, only), submitTo(engine, only)];
    await turn();
    only.transport.begin(only.transport.takeTasks()[0] ?? { wireId: 0 });
    only.transport.exit();
    expect(codes(made)).toEqual([['ERR_WORKER_CRASHED'], ['ERR_WORKER_CRASHED']]);
    expect(engine.registry.counts.retried).toBe(0);
  });

  it('rejects with the error of its handler', async () => {
    const engine = openEngine({ retry: 5 });
    const [only] = (await engine.staffUp(1)) as [Staff];
    const made = submitTo(engine, only);
    await turn();
    only.transport.replyError(only.transport.takeTasks()[0] ?? { wireId: 0 }, new Error('no'));
    expect(made.outcomes).toMatchObject([{ error: { message: 'no' } }]);
  });
});

describe('a broadcast that has not begun', () => {
  it('stays where it is while the tasks around it go to a free worker, or back to the queue', async () => {
    const engine = openEngine({ workers: 2, prefetch: 4 });
    const [busy, free] = (await engine.staffUp(2)) as [Staff, Staff];
    const held = engine.submitTo(free.worker);
    const first = engine.submit();
    await turn();
    begun(busy);
    const pinned = engine.submitTo(busy.worker);
    const ahead = engine.submit();
    await turn();
    busy.transport.takeTasks();
    expect([first, pinned, ahead].map(({ task }) => task.assignment?.assignee)).toEqual(Array(3).fill(busy.worker));
    const [holding] = begun(free) as [SentTask];
    free.transport.reply(holding);
    await turn();
    engine.clock.advance(1000);
    await turn();
    expect(held.outcomes).toHaveLength(1);
    expect([pinned, ahead].map(({ task }) => task.assignment?.assignee)).toEqual([busy.worker, free.worker]);
    engine.dispatcher.recallPrefetched(busy.worker);
    expect(pinned.task.assignment?.assignee).toBe(busy.worker);
  });
});

describe('a task whose input is moved', () => {
  it('is not sent ahead: it could not be taken back', async () => {
    const engine = openEngine({ workers: 1, prefetch: 4 });
    const [only] = (await engine.staffUp(1)) as [Staff];
    engine.submit();
    await turn();
    begun(only);
    const moved = engine.submit('work', 'input', { transfer: [new ArrayBuffer(8)] });
    await turn();
    expect([moved.task.state, only.worker.inFlight]).toEqual(['queued', 1]);
  });
});
