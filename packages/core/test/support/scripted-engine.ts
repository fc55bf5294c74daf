import type { PoolOptions } from '../../src/contract/options.js';
import { Dispatcher } from '../../src/dispatch/dispatcher.js';
import { Supervisor } from '../../src/supervise/supervisor.js';
import type { TaskExtras } from '../../src/task/task.js';
import { TaskBook } from '../../src/task/task-book.js';
import { Worker } from '../../src/worker/worker.js';
import type { WorkerListener } from '../../src/worker/worker-listener.js';
import { FakeClock } from './fake-clock.js';
import { ScriptedTransport, specOf, type SentTask } from './scripted-transport.js';
import { optionsOf, TaskMaker, type MadeTask } from './tasks.js';

/** Lets everything happen that is due in this turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A worker and the other end of its link. */
export interface Staff {
  worker: Worker;
  transport: ScriptedTransport;
}

/** All tasks that have newly arrived at a worker, begun. */
export function begun({ transport }: Staff): SentTask[] {
  const tasks = transport.takeTasks();
  transport.begin(...tasks);
  return tasks;
}

/** The parts of a pool below its face, wired as in a pool, over scripted workers and a clock of the test's own. */
export function openEngine(poolOptions: PoolOptions = {}, random: () => number = () => 1) {
  const clock = new FakeClock();
  const options = optionsOf(poolOptions);
  const maker = new TaskMaker(options, () => clock.now());
  const staff: Staff[] = [];
  const givenUp: string[] = [];
  const handedOut: number[] = [];
  const book: TaskBook = new TaskBook({
    onAbort: (task, reason) => dispatcher.cancel(task, reason),
    onPendingChange: () => {},
  });
  const dispatcher: Dispatcher = new Dispatcher({
    pool: {},
    moduleUrl: 'file:///app/worker.js',
    options,
    concurrency: () => options.concurrency.min,
    cores: () => 2,
    clock,
    book,
    random,
    onHandedOut: (queued) => handedOut.push(queued),
  });
  const listener: WorkerListener = {
    ready: (worker) => supervisor.onReady(worker),
    result: (worker, task, row) => dispatcher.onResult(worker, task, row),
    settled: (worker) => dispatcher.onSettled(worker),
    refused: (worker, task, reason) => dispatcher.onRefused(worker, task, reason),
    progress: () => {},
    timedOut: (worker, task, ranMs, by) => dispatcher.onTimedOut(worker, task, ranMs, by),
    reported: () => {},
    sections: () => {},
    exited(worker, end) {
      dispatcher.onExited(worker, end);
      const isFault = end.how === 'died' || end.how === 'failedToStart';
      const { uptimeMs } = end.report;
      const { tasksDone } = worker;
      supervisor.onEnd(
        worker,
        isFault ? { wasReady: end.how === 'died', uptimeMs, tasksDone, cause: end.fault } : undefined,
      );
    },
  };
  const supervisor: Supervisor<Worker> = new Supervisor<Worker>({
    clock,
    limits: options.restart,
    random,
    start(workerId) {
      const spec = specOf(options, workerId);
      const transport = new ScriptedTransport(spec, clock);
      const worker = new Worker(spec, () => transport, clock, listener);
      staff.push({ worker, transport });
      return worker;
    },
    activate: (worker) => dispatcher.onReady(worker),
    gaveUp(reason) {
      givenUp.push(reason);
      for (const task of dispatcher.all()) dispatcher.reject(task, new Error(reason));
      void supervisor.kill();
    },
  });
  const submit = (name = 'work', input?: unknown, extras?: TaskExtras): MadeTask => {
    const made = maker.make(name, input, extras);
    book.enter(made.task);
    dispatcher.submit(made.task);
    return made;
  };
  /** Has this many workers from now on, all of them ready. */
  const staffUp = async (count: number, handlers?: readonly string[]): Promise<Staff[]> => {
    supervisor.want(count);
    clock.advance(10);
    for (const { worker, transport } of staff) if (worker.state === 'starting') transport.becomeReady(handlers);
    await turn();
    return staff.filter(({ worker }) => worker.isReady);
  };
  /** Makes tasks of a name known to take this long. */
  const expectMs = (ms: number, name = 'work'): void => maker.type(name).record(0, ms, ms);
  return { clock, options, maker, staff, givenUp, handedOut, book, dispatcher, supervisor, submit, staffUp, expectMs };
}
