import { describe, expect, it } from 'vitest';
import { OwnCache } from '../../src/child/own-cache.js';
import type { WorkerScope } from '../../src/child/running-task.js';
import { SectionRecorder } from '../../src/child/section-recorder.js';
import { runWarmupTasks } from '../../src/child/warm-up.js';
import type { LoadedHandler, LoadedModule } from '../../src/child/worker-module.js';
import type { TaskContext } from '../../src/contract/worker-module.js';

function open(handlers: Record<string, LoadedHandler>) {
  const progress: unknown[] = [];
  const scope: WorkerScope = {
    workerId: 7,
    slot: 2,
    workerData: 'data',
    data: 'set up',
    cache: new OwnCache(),
    sections: new SectionRecorder(() => {}),
    progress: { send: (_id, value) => progress.push(value) > 0, end: () => false },
    flows: { open: () => expect.fail('No task has flows.'), of: () => undefined, end: () => false },
    usage: { report: () => {}, end: () => false },
  };
  const module: LoadedModule = { handlers: Object.entries(handlers), hooks: {} };
  const run = (...tasks: [name: string, input?: unknown, times?: number][]): Promise<void> =>
    runWarmupTasks(
      tasks.map(([name, input, times = 1]) => ({ name, input: { value: input }, times })),
      module,
      scope,
    );
  return { scope, progress, run };
}

describe('warm-up tasks', () => {
  it('run in their order, one after another, as often as they are to', async () => {
    const calls: unknown[] = [];
    let running = 0;
    const { run } = open({
      async slow(input) {
        expect(++running).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        calls.push(input);
      },
      quick: (input) => calls.push(input),
    });
    await run(['slow', 'a', 2], ['quick', 'b'], ['slow', 'c']);
    expect(calls).toEqual(['a', 'a', 'b', 'c']);
  });

  it('see what other tasks see', async () => {
    const seen: Partial<TaskContext>[] = [];
    const { run } = open({
      work(_input, ctx) {
        const { workerId, workerData, data, attempt, deadline } = ctx as TaskContext;
        seen.push({ workerId, workerData, data, attempt, deadline });
        expect((ctx as TaskContext).signal.aborted).toBe(false);
      },
    });
    await run(['work']);
    expect(seen).toEqual([{ workerId: 7, workerData: 'data', data: 'set up', attempt: 1, deadline: undefined }]);
  });

  it('leave neither progress nor times of sections behind', async () => {
    const { run, progress, scope } = open({
      work(_input, ctx) {
        const { progress: report, section } = ctx as TaskContext;
        report('half');
        section('part', () => {});
      },
    });
    await run(['work', undefined, 3]);
    expect([progress, scope.sections.take()]).toEqual([[], []]);
  });

  it('that fail stop the row, and say which it was', async () => {
    const broken = new TypeError('no model');
    let calls = 0;
    const { run } = open({
      work(input) {
        if (++calls === 2) throw input;
      },
    });
    await expect(run(['work', broken, 3], ['work'])).rejects.toMatchObject({
      message: 'The warm-up task "work" failed in run 2 of 3: TypeError: no model',
      cause: broken,
    });
    expect(calls).toBe(2);
    await expect(open({ work: () => Promise.reject('just text') }).run(['work'])).rejects.toMatchObject({
      message: 'The warm-up task "work" failed in run 1 of 1: just text',
      cause: 'just text',
    });
  });

  it('that are not there are refused, with the names that are', async () => {
    const { run } = open({ work: () => {}, other: () => {} });
    await expect(run(['wrok'])).rejects.toThrow(
      'warmup.tasks names "wrok", which the worker does not export (it exports work, other).',
    );
  });
});
