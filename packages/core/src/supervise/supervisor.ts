import { Conditions } from '../base/conditions.js';
import { mostAtOnce } from '../sizing/recycling.js';
import { type Recycling, replaceAll } from './replace-all.js';
import { type Replacement, Replacements, type Replacing } from './replacements.js';
import { Slots } from './slots.js';
import { type Due, type Fault, Starter, type StarterParts } from './starter.js';
import { isStaying, type Supervised } from './supervised.js';
import { type GoFirst, tooMany } from './too-many.js';

export interface SupervisorParts<W extends Supervised> extends Omit<
  StarterParts<Due>,
  'due' | 'hasReady' | 'starting' | 'start'
> {
  /** Time that a worker has to stop, whatever it goes for. */
  teardownMs: number;
  /** The same where the pool ends without delay. */
  destroyMs: number;
  /** Starts a worker. May throw when the start cannot even be tried. */
  start(workerId: number, slot: number): W;
  /** Gives a worker tasks from now on. */
  activate(worker: W): void;
  /** Reports that a worker goes, because another one takes its place. */
  recycled(worker: W, reason: string): void;
  /** Reports that a worker stays, because no successor can be started. */
  recycleFailed(worker: W, reason: string, error: unknown): void;
}

/** A worker to be started, perhaps in the place of another one. */
interface DueWorker<W> extends Due {
  readonly replacement: Replacement<W> | undefined;
}

/** Keeps the wanted number of workers alive: starts, restarts by policy, replaces, and lets go. */
export class Supervisor<W extends Supervised> {
  readonly #parts: SupervisorParts<W>;
  readonly #workers = new Set<W>();
  readonly #starter: Starter<DueWorker<W>>;
  /** Warm workers that get no tasks until another worker ends. */
  readonly #spares = new Set<W>();
  readonly #replacements = new Replacements<W>(isStaying);
  readonly slots = new Slots();
  #wanted = 0;
  #wantedSpares = 0;
  #lastId = 0;
  #isOver = false;
  /** Checked at every end of a worker. */
  readonly #conditions = new Conditions();

  constructor(parts: SupervisorParts<W>) {
    this.#parts = parts;
    this.#starter = new Starter({
      ...parts,
      due: () => this.#due(),
      hasReady: () => [...this.#workers].some((worker) => worker.isReady && !this.#replacements.isDone(worker)),
      starting: () => this.#starting(),
      start: ({ replacement }) => this.#start(replacement),
      gaveUp: (reason, cause) => {
        this.#end();
        parts.gaveUp(reason, cause);
      },
    });
  }

  /** Whether any worker is to be replaced. */
  get isReplacing(): boolean {
    return this.#replacements.size > 0;
  }

  /** Every worker that has not ended. */
  get workers(): ReadonlySet<W> {
    return this.#workers;
  }

  get wanted(): number {
    return this.#wanted;
  }

  /** Workers that stay: neither on their way out nor spares. */
  staying(): W[] {
    return [...this.#workers].filter((worker) => isStaying(worker) && !this.#spares.has(worker));
  }

  /** Spare workers. */
  get spares(): ReadonlySet<W> {
    return this.#spares;
  }

  get wantedSpares(): number {
    return this.#wantedSpares;
  }

  /** Sets the wanted number of workers. Excess workers are drained. */
  want(count: number, goFirst: GoFirst = 'coldest'): void {
    this.#wanted = count;
    this.#promote();
    this.#starter.startNext();
    this.#drainExcess(goFirst);
  }

  /** Sets the wanted number of spares: workers beside those wanted, warm and without tasks. */
  wantSpares(count: number): void {
    this.#wantedSpares = count;
    this.#starter.startNext();
    this.#drainExcess('coldest');
  }

  /** A worker is warm: it takes tasks, or stands by. The worker that it relieves goes with the next `relieve`. */
  onReady(worker: W): void {
    this.#starter.noteReady();
    this.slots.noteStart(worker, true);
    const replacement = this.#replacements.ofHeir(worker);
    const relieved = replacement?.takeOver === 'ready' ? replacement.old : undefined;
    const wasSpare = relieved !== undefined && this.#spares.delete(relieved);
    const working = this.staying().filter((each) => each.isReady);
    // Both the new worker and the one that it relieves take tasks now.
    const isTooMany = working.length > this.#wanted + (relieved?.isReady === true ? 1 : 0);
    if (wasSpare || (isTooMany && this.#spares.size < this.#standBy)) this.#spares.add(worker);
    else this.#parts.activate(worker);
  }

  /** Lets workers with a ready successor go. Called when a worker has become ready, and when one has answered. */
  relieve(): void {
    if (this.#isOver) return;
    for (const replacement of this.#replacements.pending('ready')) {
      if (replacement.heir?.isReady === true) this.#leave(replacement);
    }
    this.#relieveDone();
    this.#drainExcess('coldest');
    this.#starter.startNext();
  }

  /**
   * A worker has ended. `unexpected` describes the end, unless the pool had asked for it, or had killed the worker for a
   * task's sake.
   */
  onEnd(worker: W, unexpected: Fault | undefined): void {
    const replacement = this.#replacements.ofHeir(worker);
    this.#workers.delete(worker);
    this.#spares.delete(worker);
    this.#replacements.gone(worker);
    if (unexpected?.wasReady === false) this.slots.noteStart(worker, false);
    if (unexpected !== undefined && !this.#isOver) {
      // The old worker is still there, so the pool has lost nothing.
      const isHarmless = replacement !== undefined && !replacement.isFinal && !unexpected.wasReady;
      if (isHarmless) this.#stays(replacement, unexpected.cause);
      else this.#starter.onFault(unexpected);
    }
    this.#promote();
    this.#relieveDone();
    this.#starter.startNext();
    this.#conditions.check();
  }

  /**
   * Replaces every present worker, starting ones and spares included, a quarter at once. Stops when a new worker cannot be
   * started; the remaining ones stay.
   */
  recycle(reason: string): Promise<Recycling> {
    return replaceAll({
      workers: [...this.#workers].filter(isStaying),
      atOnce: mostAtOnce(this.#wanted),
      replace: (worker) => this.replace(worker, { reason, takeOver: 'ready', isFinal: false }),
      isOver: () => this.#isOver,
    });
  }

  /**
   * Replaces a worker. A new one becomes ready; then this one goes when nothing is in flight any more. Resolves when it has
   * gone. Rejects when no new one can be started, and then it stays.
   */
  replace(worker: W, replacing: Replacing): Promise<void> {
    if (this.#isOver || !this.#workers.has(worker) || !isStaying(worker)) return Promise.resolve();
    const over = this.#replacements.add(worker, replacing);
    this.#starter.startNext();
    return over;
  }

  /** Drains every worker and starts none; resolves when all have ended. */
  async stop(): Promise<void> {
    this.#end();
    for (const worker of this.#workers) worker.drain('the pool closes', this.#parts.teardownMs);
    await this.#conditions.until(() => this.#workers.size === 0);
  }

  /** Ends every worker without delay and starts none; resolves when all have ended. */
  async kill(): Promise<void> {
    this.#end();
    for (const worker of this.#workers) worker.destroy(this.#parts.destroyMs);
    await this.#conditions.until(() => this.#workers.size === 0);
  }

  #end(): void {
    this.#isOver = true;
    this.#wanted = 0;
    this.#wantedSpares = 0;
    this.#starter.stop();
  }

  /** Lets the old worker go, since another one has taken its place. */
  #leave({ old, reason }: Replacement<W>): void {
    this.#parts.recycled(old, reason);
    old.drain(reason, this.#parts.teardownMs);
  }

  #stays(replacement: Replacement<W>, error: unknown): void {
    this.#replacements.failed(replacement, error);
    this.#parts.recycleFailed(replacement.old, replacement.reason, error);
  }

  /** Lets workers that get no more tasks, and have finished, go as soon as a spare stands by. */
  #relieveDone(): void {
    if (this.#spares.size === 0 || this.#isOver) return;
    for (const replacement of this.#replacements.pending('done')) {
      if (replacement.old.inFlight > 0 || !replacement.old.isReady) continue;
      const [first] = this.#spares;
      if (first === undefined) return;
      // Its own successor has its slot.
      const { heir } = replacement;
      const spare = heir !== undefined && this.#spares.has(heir) ? heir : first;
      this.#spares.delete(spare);
      this.#parts.activate(spare);
      this.#leave(replacement);
    }
  }

  /** Puts spares in the places of missing workers. */
  #promote(): void {
    if (this.#spares.size === 0) return;
    const working = this.staying().filter((worker) => worker.isReady).length;
    for (const spare of [...this.#spares].slice(0, Math.max(0, this.#wanted - working))) {
      this.#spares.delete(spare);
      this.#parts.activate(spare);
    }
  }

  /** Number of workers that should stand by: spares, and successors of workers at their last tasks. */
  get #standBy(): number {
    return this.#wantedSpares + this.#replacements.pending('done').length;
  }

  #drainExcess(goFirst: GoFirst): void {
    const heirs = new Set(this.#replacements.pending('ready').map(({ heir }) => heir));
    const staying = this.staying().filter((worker) => !heirs.has(worker));
    const standBy = this.#standBy - this.#spares.size;
    const isBeyond = (worker: W): boolean => this.slots.isBeyond(worker);
    for (const worker of tooMany(staying, this.#wanted, standBy, goFirst, isBeyond)) {
      worker.drain('fewer workers wanted', this.#parts.teardownMs);
    }
    for (const spare of [...this.#spares].slice(this.#standBy)) {
      this.#spares.delete(spare);
      spare.drain('fewer spares wanted', this.#parts.teardownMs);
    }
  }

  /** The next worker to be started, and its earliest time. */
  #due(): DueWorker<W> | undefined {
    const replacements = this.#replacements.pending();
    const present = this.staying().length + this.#spares.size;
    const missing = this.#wanted + this.#wantedSpares + replacements.length - present;
    if (missing <= 0) return undefined;
    const heirless = replacements.filter(({ heir }) => heir === undefined);
    const startAt = this.#starter.mayStartAt;
    // A wait after deaths concerns missing workers. An old worker that still takes tasks is not missing.
    const harmless = heirless.find(({ isFinal }) => !isFinal);
    if (startAt > this.#parts.clock.now() && harmless !== undefined)
      return { startAt: -Infinity, replacement: harmless };
    return { startAt, replacement: missing > heirless.length ? undefined : heirless[0] };
  }

  /** Spawn times of the starting workers. */
  #starting(): number[] {
    const starting = [...this.#workers].filter((worker) => isStaying(worker) && !worker.isReady);
    return starting.map(({ startedAt }) => startedAt);
  }

  #start(replacement: Replacement<W> | undefined): void {
    const workers = [...this.#workers];
    const leaving = workers.filter((worker) => !isStaying(worker));
    const slot = this.slots.next({ staying: workers.filter(isStaying), leaving }, replacement?.old);
    try {
      const worker = this.#parts.start(++this.#lastId, slot);
      this.#workers.add(worker);
      if (replacement !== undefined) replacement.heir = worker;
      // The program's own code chooses settings of a slot, and may have ended the pool.
      if (this.#isOver) worker.destroy(0);
    } catch (cause) {
      this.slots.noteStart({ slot }, false);
      if (replacement !== undefined && !replacement.isFinal) this.#stays(replacement, cause);
      else this.#starter.refused(cause);
    }
  }
}
