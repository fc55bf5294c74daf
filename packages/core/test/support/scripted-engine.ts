import { Engine } from '../../src/backend/engine.js';
import { LocalBackend } from '../../src/backend/local-backend.js';
import type { PoolOptions } from '../../src/contract/options.js';
import type { Task } from '../../src/task/task.js';
import type { TaskExtras } from '../../src/task/task-terms.js';
import type { TaskType } from '../../src/task/task-type.js';
import type { WorkerSpec } from '../../src/transport/transport.js';
import type { Worker } from '../../src/worker/worker.js';
import { FakeClock } from './fake-clock.js';
import { ScriptedTransport, type SentTask } from './scripted-transport.js';
import { type MadeTask, optionsOf, type Outcome } from './tasks.js';

/** Lets everything happen that is due in this turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A worker and the other end of its link. */
export interface Staff {
  readonly worker: Worker;
  readonly transport: ScriptedTransport;
}

/** All tasks that have newly arrived at a worker, begun. */
export function begun({ transport }: Staff): SentTask[] {
  const tasks = transport.takeTasks();
  transport.begin(...tasks);
  return tasks;
}

const MIB = 1024 * 1024;
/** A machine with memory to spare, whatever the tests run on. */
const ROOMY = { usedBytes: 1024 * MIB, limitBytes: 64 * 1024 * MIB, smallestLimitBytes: 64 * 1024 * MIB };

/** The local backend and its engine as they are, over scripted workers. The clock is the test's own; the machine has two cores. */
export function openEngine(poolOptions: PoolOptions = {}, random: () => number = () => 1) {
  const clock = new FakeClock();
  const options = optionsOf(poolOptions.kind === 'inline' ? poolOptions : { workers: 1, ...poolOptions });
  const transports: ScriptedTransport[] = [];
  const givenUp: string[] = [];
  /** What every further start of a worker throws. */
  const starts = { refuse: undefined as Error | undefined };
  const parts = {
    host: {
      clock,
      random,
      nextTurn: (callback: () => void) => clock.after(0, callback),
      startTransport(spec: WorkerSpec) {
        if (starts.refuse !== undefined) throw starts.refuse;
        const transport = new ScriptedTransport(spec, clock);
        transports.push(transport);
        return transport;
      },
      cores: () => 2,
      readMemory: () => ({ ...ROOMY, source: 'machine' as const, stall: undefined }),
      threadState: () => undefined,
    },
    pool: {},
    moduleUrl: 'file:///app/worker.js',
    options,
    startData: { workerData: { value: undefined }, warmup: [] },
    emit: () => {},
    listens: () => false,
    memoryShort: () => {},
    gaveUp(reason: string) {
      givenUp.push(reason);
      void backend.kill(new Error(reason));
    },
  };
  const engine = new Engine(parts);
  const backend = new LocalBackend(engine, parts);
  const { registry, dispatcher, supervisor } = engine;
  const staff: Staff[] = [];
  /** Every worker that was ever started. */
  const everyone = (): Staff[] => {
    for (const worker of supervisor.workers) {
      const transport = transports.find(({ spec }) => spec.workerId === worker.id) as ScriptedTransport;
      if (!staff.some((each) => each.worker === worker)) staff.push({ worker, transport });
    }
    return staff;
  };
  let entered: MadeTask | undefined;
  const enter = registry.enter.bind(registry);
  /** Notes of every task how often and how it settles, at once. */
  registry.enter = (task: Task): void => {
    const outcomes: Outcome[] = [];
    const { resolve, reject } = task;
    const ends = task as { -readonly [K in 'resolve' | 'reject']: Task[K] };
    ends.resolve = (value) => {
      outcomes.push({ value });
      resolve(value);
    };
    ends.reject = (error) => {
      outcomes.push({ error });
      reject(error);
    };
    entered = { task, outcomes };
    enter(task);
  };
  /** The task that a call submits. */
  const noting = (call: () => Promise<unknown>): MadeTask => {
    call().catch(() => {});
    return entered as MadeTask;
  };
  const submit = (name = 'work', input?: unknown, extras?: TaskExtras): MadeTask =>
    noting(() => engine.intake.submit(engine.intake.typeOf(name, extras), name, input, extras));
  const submitTo = (worker: Worker, extras: TaskExtras = {}, name = 'work'): MadeTask =>
    noting(async () => {
      await Promise.all(engine.intake.submitPrepared(engine.intake.prepare(name, undefined, extras), [worker]));
    });
  /** Has this many workers from now on, all of them ready. */
  const staffUp = async (count: number, handlers?: readonly string[]): Promise<Staff[]> => {
    backend.resize(count);
    clock.advance(10);
    for (const { worker, transport } of everyone()) if (worker.state === 'starting') transport.becomeReady(handlers);
    await turn();
    return staff.filter(({ worker }) => worker.isReady);
  };
  const type = (name: string): TaskType => engine.types.of(name);
  /** Makes tasks of a name known to take this long. */
  const expectMs = (ms: number, name = 'work'): void => type(name).record(0, ms, ms);
  /** Timers that are set besides the heartbeat, which is over from now on, and the look at logs while tasks are in flight. */
  const timersLeft = (): number => {
    engine.keepers.heartbeat.stop();
    return clock.timers - (everyone().some(({ worker }) => worker.isReady && worker.inFlight > 0) ? 1 : 0);
  };
  return {
    backend,
    engine,
    timersLeft,
    clock,
    options,
    starts,
    givenUp,
    registry,
    dispatcher,
    supervisor,
    submit,
    submitTo,
    staffUp,
    type,
    expectMs,
    get staff() {
      return everyone();
    },
  };
}
