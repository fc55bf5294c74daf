// Whatever happens in whatever order: every task settles once, no worker gets too much, no state moves illegally.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPoolError } from '../../src/contract/errors.js';
import type { PoolOptions } from '../../src/contract/options.js';
import { type BatchRules, resolveBatch } from '../../src/contract/resolve-batch.js';
import { STATUS } from '../../src/wire/record.js';
import { openEngine, turn } from '../support/scripted-engine.js';
import type { SentTask } from '../support/scripted-transport.js';
import { SimulatedWorker } from '../support/simulated-worker.js';
import type { MadeTask } from '../support/tasks.js';

/** How often each of them comes. */
const WEIGHTS = {
  submit: 8,
  submitTo: 1,
  abort: 2,
  turn: 5,
  ready: 6,
  failToStart: 1,
  begin: 8,
  finish: 6,
  repeat: 1,
  die: 2,
  finishSilently: 2,
  dieDecoding: 1,
  dieWiped: 1,
  fillBoard: 1,
  refuseStarts: 1,
  stall: 2,
  obey: 3,
  advance: 4,
  want: 1,
  recycle: 1,
  pause: 1,
  resume: 3,
  produce: 6,
  flush: 1,
  close: 1,
  destroy: 1,
};

interface Step {
  what: keyof typeof WEIGHTS;
  which: number;
  ms: number;
  flavour: number;
}

const whats = Object.entries(WEIGHTS).map(([what, weight]) => ({
  arbitrary: fc.constant(what as Step['what']),
  weight,
}));

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.oneof(...whats),
    which: fc.nat(50),
    ms: fc.constantFrom(0, 1, 1, 5, 5, 10, 10, 60, 600),
    flavour: fc.nat(5),
  }),
  { minLength: 20, maxLength: 150, size: 'max' },
);

const settings = fc.record({
  concurrency: fc.constantFrom(1, 1, 3),
  prefetch: fc.constantFrom(0, 1, 4),
  restartMax: fc.constantFrom(2, 1000, 1000),
  queueMax: fc.constantFrom(0, 2, Infinity),
  /** How the handler of `work` gathers; undefined for a handler of one item. */
  maxWaitMs: fc.constantFrom(undefined, undefined, 0, 30, Infinity),
});

/** Most items of a batch. */
const MAX_SIZE = 3;

/** Limits of the tasks that have some. */
const MOST_WITHIN = 4;
const WINDOW_MS = 50;
const MOST_AT_ONCE = 3;

type Setting = typeof settings extends fc.Arbitrary<infer S> ? S : never;

const AGAIN = { attempts: 2, backoff: { baseMs: 5 } };

/** A pool in little: the parts with everything that can happen to them. */
class World {
  readonly made: { task: MadeTask; controller: AbortController }[] = [];
  readonly workers: SimulatedWorker[] = [];
  /** Tasks that were ever running in a worker when it ended. */
  readonly ranAtDeath = new Set<number>();
  readonly engine: ReturnType<typeof openEngine>;
  readonly #concurrency: number;
  readonly #mostInHand: number;
  /** By task: the attempt of each start of its handler. */
  readonly #starts = new Map<number, number[]>();
  /** By key: when handlers of tasks with limits were called. */
  readonly #limitedStarts = new Map<unknown, number[]>();
  /** What must never happen, and did. */
  readonly #wrong: string[] = [];
  /** Resolves when all workers are gone. */
  #closing: Promise<void> | undefined;
  /** Producers that wait for a place in the queue. */
  readonly #producing = new Set<number>();
  #pinned = 0;
  #batches: [name: string, rules: BatchRules][] | undefined;

  constructor({ concurrency, prefetch, restartMax, queueMax, maxWaitMs }: Setting) {
    const options: PoolOptions = {
      concurrency,
      prefetch,
      queue: { max: queueMax },
      restart: { max: restartMax, withinMs: 1000 },
      graceMs: 50,
      startTimeoutMs: 5000,
      tasks: {
        timed: { priority: 1, timeoutMs: 60, retry: { attempts: 4, backoff: { baseMs: 2 } } },
        impatient: { queueTimeoutMs: 40 },
        hedged: {
          idempotent: true,
          timeoutMs: 60,
          retry: AGAIN,
          hedge: { after: 15, max: 2, budget: 1 },
          concurrency: MOST_AT_ONCE,
        },
        guarded: { retry: AGAIN, breaker: { consecutive: 2, openMs: 30, probeMs: 20, crashes: true, probes: 2 } },
        limited: {
          rateLimit: { calls: MOST_WITHIN, perMs: WINDOW_MS, window: 'strict', per: 'item', key: String },
          concurrency: MOST_AT_ONCE,
          concurrencyByKey: { key: String, max: 2 },
          retry: { attempts: 2, backoff: { baseMs: 2 } },
        },
      },
    };
    this.engine = openEngine(options, () => 0.5);
    this.#concurrency = concurrency;
    const rules = maxWaitMs === undefined ? undefined : resolveBatch({ maxSize: MAX_SIZE, maxWaitMs, isolate: true });
    if (rules !== undefined) {
      this.#batches = [
        ['work', rules],
        ['limited', { ...rules, isolate: false }],
      ];
    }
    this.#mostInHand = (concurrency + prefetch) * (this.#batches === undefined ? 1 : MAX_SIZE);
    this.engine.backend.resize(2);
    this.engine.clock.advance(10);
    this.look();
    for (const worker of this.workers) worker.becomeReady();
  }

  /** Whether the pool takes no task any more. */
  get isOver(): boolean {
    return this.engine.givenUp.length > 0 || this.#closing !== undefined;
  }

  async step({ what, which, ms, flavour }: Step): Promise<void> {
    const { engine, workers, made } = this;
    const alive = workers.filter((each) => each.isAlive);
    const worker = alive[which % Math.max(1, alive.length)];
    switch (what) {
      case 'submit':
        return this.#submit(flavour, which);
      case 'submitTo':
        return this.#submitTo(which);
      case 'abort':
        return made[which % Math.max(1, made.length)]?.controller.abort(new Error('unwanted'));
      case 'turn':
        return turn();
      case 'ready':
        return worker?.becomeReady();
      case 'failToStart':
        return worker?.failToStart();
      case 'begin':
        for (let place = 0; place <= flavour; place++) worker?.begin();
        return;
      case 'finish':
        return worker?.finish(flavour, [STATUS.ok, STATUS.error, STATUS.notSerializable][flavour % 3] as number);
      case 'repeat':
        return worker?.repeat(which);
      case 'die':
        for (const id of worker?.die() ?? []) this.ranAtDeath.add(id);
        return;
      case 'finishSilently':
        return worker?.finishSilently(flavour);
      case 'dieDecoding': {
        const id = worker?.dieDecoding();
        if (id !== undefined) this.ranAtDeath.add(id);
        return;
      }
      case 'dieWiped':
        // Its last task wiped the board: whatever was sent may have begun.
        if (worker === undefined) return;
        worker.read();
        for (const { taskId } of worker.waiting) this.ranAtDeath.add(taskId);
        worker.staff.transport.weather.isBoardWiped = true;
        for (const id of worker.die()) this.ranAtDeath.add(id);
        return;
      case 'fillBoard':
        if (worker !== undefined) worker.staff.transport.weather.isBoardFull = flavour > 2;
        return;
      case 'refuseStarts':
        engine.starts.refuse = flavour > 3 ? new Error('spawn EAGAIN') : undefined;
        return;
      case 'stall':
        engine.clock.fireLate(ms);
        // Then the loop turns, and the timers that fired late have theirs.
        return engine.clock.advance(0);
      case 'obey':
        return this.#obey();
      case 'advance':
        return engine.clock.advance(ms);
      case 'want':
        return this.isOver ? undefined : engine.backend.resize(1 + (flavour % 4));
      case 'recycle':
        // Not waited for: it goes on while other things happen.
        return void engine.supervisor.recycle('by hand');
      case 'pause':
        return engine.dispatcher.pause();
      case 'resume':
        return engine.dispatcher.resume();
      case 'flush':
        return engine.dispatcher.flush(flavour > 2 ? undefined : 'work', 'flush');
      case 'produce':
        return void this.#produce(which % 2, flavour);
      case 'close':
        // Seldom: most sequences are to go on for long.
        if (!this.isOver && which % 8 === 0) this.#closing = engine.backend.drain(new Error('the pool closes'));
        return;
      case 'destroy':
        // Also in the middle of a close.
        if (which % 16 === 0) this.#closing = engine.backend.kill(new Error('the pool is destroyed'));
        return;
    }
  }

  /** Workers see what was sent to them. */
  look(): void {
    for (const staff of this.engine.staff.slice(this.workers.length)) {
      const worker = new SimulatedWorker(staff, this.#concurrency, this.#batches);
      worker.onStart = ({ taskId, attempt, name, input }) => {
        this.#noteStart(taskId, attempt, name);
        if (name === 'limited') this.#noteLimited(input);
        if (name === 'hedged') this.#noteAtOnce(name);
      };
      this.workers.push(worker);
    }
    for (const worker of this.workers) worker.read();
  }

  /** What does not hold, and always should. */
  violations(): string[] {
    const { submitted, queued, dispatched, completed, failed, cancelled } = this.engine.registry.counts;
    const found: string[] = [...this.#wrong];
    if (queued + dispatched + completed + failed + cancelled !== submitted) found.push('the counts do not add up');
    if (this.engine.registry.pending !== queued + dispatched)
      found.push('the counts are not those of the pending tasks');
    const now = this.engine.clock.now();
    for (const { task, outcomes } of this.made.map((each) => each.task)) {
      if (task.state !== 'settled' && task.deadlineMs < now) found.push(`task ${task.id} outlived its deadline`);
      if (outcomes.length !== (task.state === 'settled' ? 1 : 0))
        found.push(`task ${task.id} settled ${outcomes.length} times`);
      if ((task.assignment !== undefined) !== (task.state === 'dispatched'))
        found.push(`task ${task.id} is ${task.state}`);
    }
    for (const { staff, inFlight, isAlive } of this.workers) {
      found.push(...staff.transport.faults.map(String));
      if (isAlive && inFlight > this.#mostInHand + this.#pinned)
        found.push(`worker ${staff.worker.id} has ${inFlight} tasks`);
    }
    return found;
  }

  /** A handler is called once for each attempt, and no more often than retry allows. */
  #noteStart(taskId: number, attempt: number, name: string): void {
    const attempts = this.#starts.get(taskId) ?? [];
    this.#starts.set(taskId, attempts);
    if (attempts.includes(attempt)) this.#wrong.push(`task ${taskId} began twice as attempt ${attempt}`);
    attempts.push(attempt);
    // A failed batch is split, and a task that comes back may be in a failed batch again.
    const isSplit = this.#batches !== undefined && name === 'work';
    const allowed = isSplit ? Infinity : ({ timed: 5, guarded: 3, limited: 3, hedged: Infinity }[name] ?? 1);
    if (attempts.length > allowed) this.#wrong.push(`task ${taskId} began ${attempts.length} times`);
  }

  /** No more handlers than the limits allow run at once, or begin within any window. */
  #noteLimited(key: unknown): void {
    const now = this.engine.clock.now();
    const starts = (this.#limitedStarts.get(key) ?? []).filter((atMs) => atMs > now - WINDOW_MS);
    this.#limitedStarts.set(key, [...starts, now]);
    if (starts.length >= MOST_WITHIN) this.#wrong.push(`${starts.length + 1} tasks of one key began within a window`);
    // A batch is one call, whatever the number of its items.
    if (this.#batches !== undefined) return;
    const ofKey = this.#noteAtOnce('limited').filter(({ input }) => input === key);
    if (ofKey.length > 2) this.#wrong.push(`${ofKey.length} tasks of one key run at once`);
  }

  /** No more handlers of a name than its concurrency run at once. Returns those that do. */
  #noteAtOnce(limited: string): SentTask[] {
    const all = this.workers.flatMap((each) => (each.isAlive ? each.running : []));
    const running = all.filter(({ name }) => name === limited);
    if (running.length > MOST_AT_ONCE) this.#wrong.push(`${running.length} tasks of "${limited}" run at once`);
    return running;
  }

  /** Only a task that was running in a worker that died may fail as one that killed it. */
  checkBlame(): void {
    for (const { task } of this.made) {
      for (const outcome of task.outcomes) {
        if (task.task.isPinned || !('error' in outcome)) continue;
        const isBlamed =
          isPoolError(outcome.error, 'ERR_WORKER_CRASHED') || isPoolError(outcome.error, 'ERR_TASK_POISON');
        if (isBlamed) expect(this.ranAtDeath).toContain(task.task.id);
      }
    }
  }

  /** Every worker does what it should until nothing is pending. */
  async finish(): Promise<void> {
    const { engine } = this;
    engine.starts.refuse = undefined;
    if (!this.isOver) engine.backend.resize(2);
    engine.dispatcher.resume();
    for (let round = 0; engine.registry.pending > 0; round++) {
      engine.dispatcher.flush(undefined, 'flush');
      if (round === 500)
        throw new Error(
          `never settled: ${engine.dispatcher
            .all()
            .map(({ id }) => id)
            .join(', ')}`,
        );
      await turn();
      this.look();
      this.#obey();
      for (const worker of this.workers) {
        worker.becomeReady();
        for (let place = 0; place < 20; place++) worker.begin();
        while (worker.isAlive && worker.running.length > 0) worker.finish(0, STATUS.ok);
      }
      engine.clock.advance(10);
      expect(this.violations()).toEqual([]);
    }
    this.#closing ??= engine.backend.drain(new Error('the end'));
    for (let round = 0; engine.supervisor.workers.size > 0; round++) {
      if (round === 500)
        throw new Error(`never ended: ${[...engine.supervisor.workers].map(({ id }) => id).join(', ')}`);
      await turn();
      this.look();
      this.#obey();
      for (const worker of this.workers) {
        worker.tell();
        // Tasks that are still in flight have no caller any more, but must be answered for.
        for (let place = 0; place < 20; place++) worker.begin();
        while (worker.isAlive && worker.running.length > 0) worker.finish(0, STATUS.ok);
      }
    }
    await this.#closing;
    await turn();
    expect(this.violations()).toEqual([]);
    expect([...this.#producing]).toEqual([]);
  }

  /** One of two producers, each of which waits for a place before it submits a task. */
  async #produce(producer: number, flavour: number): Promise<void> {
    if (this.isOver || this.#producing.has(producer)) return;
    this.#producing.add(producer);
    const hasPlace = await this.engine.backend.whenRoom().then(
      () => true,
      () => false,
    );
    this.#producing.delete(producer);
    if (!hasPlace || this.isOver) return;
    if (!this.engine.engine.room.take(true)) this.#wrong.push(`producer ${producer} had waited and found no place`);
    this.#submit(flavour, producer);
  }

  #submit(flavour: number, which: number): void {
    if (this.isOver) return;
    const { engine } = this;
    const controller = new AbortController();
    const usual = ['work', 'timed', 'timed', 'impatient', 'work', 'timed'][flavour] as string;
    const name = ['hedged', 'guarded', 'limited'][which % 8] ?? usual;
    const deadline = flavour === 5 ? { hostMs: engine.clock.now() + 80, epochMs: 0 } : undefined;
    const key = [undefined, 'a', 'b'][which % 3];
    const settings = name === 'limited' ? { ...engine.type(name).settings, priority: flavour % 3 } : undefined;
    const task = engine.submit(name, flavour % 2, { signal: controller.signal, deadline, key, settings });
    this.made.push({ task, controller });
  }

  #submitTo(which: number): void {
    const { engine } = this;
    const ready = engine.dispatcher.roster.ready;
    const worker = ready[which % Math.max(1, ready.length)];
    if (this.isOver || worker === undefined) return;
    const controller = new AbortController();
    const task = engine.submitTo(worker, { signal: controller.signal });
    this.#pinned++;
    this.made.push({ task, controller });
  }

  #obey(): void {
    for (const worker of this.workers) {
      if (worker.mustGo) for (const id of worker.die()) this.ranAtDeath.add(id);
    }
  }
}

describe('any sequence of events', () => {
  it('settles every task exactly once and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(settings, steps, async (setting, sequence) => {
        const world = new World(setting);
        for (const step of sequence) {
          world.look();
          await world.step(step);
          expect(world.violations()).toEqual([]);
        }
        await world.finish();
        world.checkBlame();
        const { registry, dispatcher, supervisor, timersLeft } = world.engine;
        expect(registry.counts).toMatchObject({ submitted: world.made.length, queued: 0, dispatched: 0 });
        expect([dispatcher.queued, supervisor.workers.size, timersLeft()]).toEqual([0, 0, 0]);
      }),
      { numRuns: 500 },
    );
  });
});
