// Row 27 without workers and without waiting: what meets at one moment comes in every order there is.
import { isPoolError } from '@millpond/core';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { STATUS } from '../../src/wire/record.js';
import { openEngine, turn } from '../support/scripted-engine.js';
import { SimulatedWorker } from '../support/simulated-worker.js';
import type { MadeTask } from '../support/tasks.js';
import { fault } from './lab.js';
import type { Concurrency } from './record.js';

const RUNS = Number(process.env.RR ?? 10_000);
const PREFETCH = 1;
const TIMEOUT_MS = 10;
const GRACE_MS = 5;
const ABORTED = new Error('aborted');

/** What befalls a task, besides the passing of its time. */
interface Fate {
  answer: 'result' | 'error' | 'none';
  isAborted: boolean;
}

const fates = fc.array(
  fc.record<Fate>({ answer: fc.constantFrom('result', 'result', 'error', 'none'), isAborted: fc.boolean() }),
  { minLength: 1, maxLength: 4 },
);
/** Whether the turn of the event loop ends after the event; after most it goes on. */
const turnEnds = fc.array(fc.constantFrom(true, false, false), { minLength: 20, maxLength: 20 });

/** One worker at a time, its tasks, and all that happens to them, one event at a time. */
class Race {
  readonly #engine: ReturnType<typeof openEngine>;
  readonly #most: number;
  readonly #concurrency: Concurrency;
  readonly #workers: SimulatedWorker[] = [];
  readonly #made: { task: MadeTask; abort: AbortController; fate: Fate }[] = [];
  /** How often a handler was called, by task id. */
  readonly #starts = new Map<number, number>();

  constructor(concurrency: Concurrency) {
    const tasks = { timed: { timeoutMs: TIMEOUT_MS } };
    this.#engine = openEngine({ concurrency, prefetch: PREFETCH, graceMs: GRACE_MS, tasks });
    this.#concurrency = concurrency;
    this.#most = concurrency + PREFETCH;
    this.#engine.backend.resize(1);
    this.settle();
  }

  submit(fate: Fate): void {
    const abort = new AbortController();
    this.#made.push({ task: this.#engine.submit('timed', undefined, { signal: abort.signal }), abort, fate });
  }

  /** What is to come, each with its name. */
  events(): [string, () => void][] {
    const { clock } = this.#engine;
    // Time is up at the second; at the third, for whatever does not hear.
    const steps = [TIMEOUT_MS - 1, 1, GRACE_MS];
    const passes = steps.map((): [string, () => void] => ['time passes', () => clock.advance(steps.shift() ?? 0)]);
    const ofTasks = this.#made.flatMap(({ task, abort, fate }, at): [string, () => void][] => [
      [`begin ${at}`, () => this.#worker?.begin()],
      ...(fate.answer === 'none' ? [] : [[`answer ${at}`, () => this.#answer(task, fate)] as [string, () => void]]),
      ...(fate.isAborted ? [[`abort ${at}`, () => abort.abort(ABORTED)] as [string, () => void]] : []),
    ]);
    return [...passes, ['the worker goes if it must', () => this.#obey()], ...ofTasks];
  }

  /** New workers start, and all see what was sent to them. */
  settle(): void {
    const { staff, clock } = this.#engine;
    for (const each of staff.slice(this.#workers.length)) {
      const worker = new SimulatedWorker(each, this.#concurrency);
      worker.onStart = ({ taskId }) => this.#starts.set(taskId, (this.#starts.get(taskId) ?? 0) + 1);
      this.#workers.push(worker);
    }
    for (const worker of this.#workers) {
      // To start takes time; one that took none would count as never ready.
      if (worker.staff.worker.state === 'starting') clock.advance(1);
      worker.becomeReady();
      worker.read();
    }
  }

  /** What must hold after every event. One expect() for all of it: they take longer than the events. */
  check(): void {
    const { registry } = this.#engine;
    const { submitted, queued, dispatched, completed, failed, cancelled } = registry.counts;
    const broken: unknown[] = this.#workers.flatMap(({ staff }) => staff.transport.faults);
    if (queued + dispatched + completed + failed + cancelled !== submitted) broken.push('the counts do not add up');
    if (Math.min(queued, dispatched, completed, failed, cancelled) < 0) broken.push('a count is below 0');
    for (const { staff } of this.#workers) {
      const { inFlight: load } = staff.worker;
      if (load < 0 || load > this.#most) broken.push(`${load} places are taken`);
    }
    for (const { task } of this.#made) {
      const times = task.outcomes.length;
      if (times !== (task.task.state === 'settled' ? 1 : 0)) broken.push(`task ${task.task.id} settled ${times} times`);
    }
    for (const [id, times] of this.#starts) if (times > 1) broken.push(`task ${id} ran ${times} times`);
    if (broken.length > 0) expect(broken).toEqual([]);
  }

  /** The worker ends what it has; then as many as it may have find all its places free. */
  async finish(): Promise<string[]> {
    await this.#drain();
    const ends = this.#made.map(({ task, fate }) => endOf(task, fate, this.#starts.has(task.task.id)));
    const more = Array.from({ length: this.#most }, () => this.#engine.submit('work'));
    await turn();
    this.settle();
    expect(this.#worker?.inFlight).toBe(this.#most);
    await this.#drain();
    expect(more.map(({ outcomes }) => outcomes)).toEqual(more.map(({ task }) => [{ value: `result ${task.id}` }]));
    // A timer that comes after its task has ended does no harm.
    this.#engine.clock.advance(TIMEOUT_MS + GRACE_MS);
    expect(this.#worker).toMatchObject({ mustGo: false, staff: { worker: { inFlight: 0 } } });
    expect([this.#engine.dispatcher.queued, this.#engine.timersLeft()]).toEqual([0, 0]);
    return ends;
  }

  get #worker(): SimulatedWorker | undefined {
    return this.#workers.find(({ isAlive }) => isAlive);
  }

  #answer({ task }: MadeTask, { answer }: Fate): void {
    const at = this.#worker?.running.findIndex(({ taskId }) => taskId === task.id) ?? -1;
    if (at !== -1) this.#worker?.finish(at, answer === 'error' ? STATUS.error : STATUS.ok);
  }

  #obey(): void {
    for (const worker of this.#workers) if (worker.mustGo) worker.die();
  }

  async #drain(): Promise<void> {
    const isEmpty = (): boolean =>
      this.#engine.registry.pending === 0 && this.#workers.every(({ isAlive, inFlight }) => !isAlive || inFlight === 0);
    do {
      await turn();
      this.#obey();
      this.settle();
      for (let worker = this.#worker; worker?.isAlive && worker.inFlight > 0;) {
        while (worker.waiting.length > 0 && worker.running.length < this.#concurrency) worker.begin();
        worker.finish(0, STATUS.ok);
      }
      this.check();
    } while (!isEmpty());
    await turn();
    this.#obey();
    this.settle();
  }
}

/** How it ended: once, for a reason it was given. */
function endOf({ task, outcomes }: MadeTask, { answer, isAborted }: Fate, hasBegun: boolean): string {
  expect(outcomes).toHaveLength(1);
  const [end] = outcomes as [MadeTask['outcomes'][number]];
  if ('value' in end) {
    expect(end.value).toBe(`result ${task.id}`);
    return 'result';
  }
  if (isPoolError(end.error, 'ERR_TASK_TIMEOUT')) return 'timeout';
  if (end.error === ABORTED) {
    expect(isAborted).toBe(true);
    return 'abort';
  }
  if (isPoolError(end.error, 'ERR_WORKER_CRASHED')) {
    expect([hasBegun, end.error.details.death.killedFor]).toEqual([true, expect.stringContaining('graceMs')]);
    return 'killed';
  }
  expect([(end.error as Error).message, answer]).toEqual([`task ${task.id}`, 'error']);
  return 'error';
}

describe('all that can meet at one tick', () => {
  fault(
    {
      row: '27',
      fault: 'result against timeout against abort, in every order',
      injected: `${RUNS.toLocaleString('en')} interleavings of the events of 1–4 tasks (fast-check), on a scripted worker and a clock of the test's own`,
      expected:
        'each settles once, for a reason that applied to it or by the kill of its worker for another task. None runs twice. ' +
        'Places taken stay between 0 and their number',
      not: { thread: 'a scripted worker is of no kind' },
      // It computes all the time, on whatever share of a core there is.
      withinMs: 300_000,
    },
    async (lab) => {
      const seen = new Set<string>();
      const property = fc.asyncProperty(fc.scheduler(), fates, turnEnds, async (scheduler, given, ending) => {
        const race = new Race(lab.concurrency);
        for (const fate of given) race.submit(fate);
        await turn();
        race.settle();
        for (const [name, happen] of race.events()) void scheduler.schedule(Promise.resolve(), name).then(happen);
        for (let event = 0; scheduler.count() > 0; event++) {
          await scheduler.waitNext(1);
          if (ending[event] === true) await turn();
          race.settle();
          race.check();
        }
        for (const end of await race.finish()) seen.add(end);
      });
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
      expect([...seen].sort()).toEqual(['abort', 'error', 'killed', 'result', 'timeout']);
      return `${RUNS.toLocaleString('en')} orders, each task settled once, none ran twice, places right`;
    },
  );
});
