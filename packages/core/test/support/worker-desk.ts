import type { PoolOptions } from '../../src/contract/options.js';
import { InputMemory } from '../../src/task/input-memory.js';
import type { Task } from '../../src/task/task.js';
import { TaskRegistry } from '../../src/task/task-registry.js';
import type { TaskExtras } from '../../src/task/task-terms.js';
import { Worker } from '../../src/worker/worker.js';
import type { WorkerEnd } from '../../src/worker/worker-end.js';
import type { WorkerListener } from '../../src/worker/worker-listener.js';
import { FakeClock } from './fake-clock.js';
import { ScriptedTransport, specOf } from './scripted-transport.js';
import { optionsOf, TaskMaker } from './tasks.js';

export interface Heard {
  ready: number;
  settled: number;
  results: { task: Task; status: number; value: unknown }[];
  refused: { task: Task; reason: string }[];
  progress: { task: Task; value: unknown }[];
  timedOut: { task: Task; ranMs: number | undefined; by: string }[];
  slow: { task: Task; ranMs: number }[];
  sections: unknown[];
  ends: WorkerEnd[];
}

/** One worker over a scripted transport, its clock, and all that it has told its listener. */
export function openWorker(poolOptions: PoolOptions = {}) {
  const clock = new FakeClock();
  const options = optionsOf(poolOptions);
  const maker = new TaskMaker(options, () => clock.now());
  const heard: Heard = {
    ready: 0,
    settled: 0,
    results: [],
    refused: [],
    progress: [],
    timedOut: [],
    slow: [],
    sections: [],
    ends: [],
  };
  const listener: WorkerListener<Worker> = {
    ready: () => heard.ready++,
    resultsRead: () => heard.settled++,
    result: (_worker, task, { status, value }) => heard.results.push({ task, status, value }),
    measured: () => {},
    refused: (_worker, task, { reason }) => heard.refused.push({ task, reason }),
    progress: (_worker, task, value) => heard.progress.push({ task, value }),
    timedOut: (_worker, task, ranMs, by) => heard.timedOut.push({ task, ranMs, by }),
    reported: () => {},
    slow: (_worker, task, ranMs) => heard.slow.push({ task, ranMs }),
    sections: (_worker, sections) => heard.sections.push(...sections),
    wantsOutput: () => false,
    output: () => {},
    exited: (_worker, end) => heard.ends.push(end),
  };
  const registry = new TaskRegistry({
    memory: new InputMemory(new FakeClock()),
    onAbort: () => {},
    onPendingChange: () => {},
  });
  const spec = specOf(options, 1, poolOptions.workerData);
  const transport = new ScriptedTransport(spec, clock);
  const worker = new Worker(spec, () => transport, maker.encoder, clock, listener);
  const assign = (name = 'work', input?: unknown, extras?: TaskExtras): Task => {
    const { task } = maker.make(name, input, extras);
    registry.enter(task);
    registry.handOver(task, worker.assign(task, worker.handlers.get(task.name) ?? 0));
    return task;
  };
  /** Takes some milliseconds to become ready. */
  const becomeReady = (handlers?: readonly string[]): void => {
    clock.advance(20);
    transport.becomeReady(handlers);
  };
  /** Assigns and sends this many tasks. */
  const send = (count: number, extras?: TaskExtras): Task[] => {
    const tasks = Array.from({ length: count }, () => assign('work', undefined, extras));
    worker.flush();
    return tasks;
  };
  return { clock, options, maker, heard, transport, worker, assign, becomeReady, send };
}
