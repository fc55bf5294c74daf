import type { MemoryLevel } from '../contract/events.js';
import { mostWorking, nextLevel, roomForWorkers, rulesOf } from '../sizing/memory-level.js';
import type { MemoryReading } from '../sizing/memory-reading.js';
import type { Keeper, Pace } from './heartbeat.js';

/** Without need, memory is read once a second. */
const CALM_MS = 900;
/** What a level asks for needs a while to show; then, if it was not enough, it is asked for again. */
const AGAIN_MS = 3000;
/** A worker that was never read is taken to need this. */
const UNKNOWN_WORKER_BYTES = 64 * 1024 * 1024;

/** What memory allows. */
export interface MemoryBounds {
  /** Number of workers more that there is room for, and the most there may be. */
  readonly room: number;
  readonly cap: number;
  /** Whether it is above its normal level. */
  readonly isShort: boolean;
}

/** Where memory is not known, it sets no bounds. */
export const NO_BOUNDS: MemoryBounds = { room: Infinity, cap: Infinity, isShort: false };

export interface MemoryWatchParts {
  /** Undefined where nothing can be read. */
  read(): MemoryReading | undefined;
  /** Resident size of every ready worker; 0 when it is not known yet. */
  workerBytes(): readonly number[];
  /** Workers there are. */
  workers(): number;
  /** The level is another one now. */
  changed(from: MemoryLevel, to: MemoryLevel, reading: MemoryReading): void;
  /** While memory is short, at every reading: how many workers may have work. */
  hold(working: number): void;
  /** At every reading: replace the worker that has grown most with its tasks. @returns false when none would be smaller then */
  relieve(level: MemoryLevel): boolean;
  /** Kill one worker, if anybody can be killed. */
  kill(reading: MemoryReading): void;
}

/** Reads memory once a second, four times while it is short, and tells what that asks for. */
export class MemoryWatch implements Keeper {
  readonly #parts: MemoryWatchParts;
  #level: MemoryLevel = 'normal';
  #reading: MemoryReading | undefined;
  #readAtMs = -Infinity;
  /** Most workers there may be while memory is short, and since when that holds. */
  #cap = Infinity;
  #cappedAtMs = 0;

  constructor(parts: MemoryWatchParts) {
    this.#parts = parts;
  }

  get level(): MemoryLevel {
    return this.#level;
  }

  /** The last reading. */
  get reading(): MemoryReading | undefined {
    return this.#reading;
  }

  /** When it was read last, host clock; −Infinity before the first time. */
  get readAtMs(): number {
    return this.#readAtMs;
  }

  /** What sizing must keep to. */
  get bounds(): MemoryBounds {
    if (this.#reading === undefined) return NO_BOUNDS;
    const largest = Math.max(...this.#parts.workerBytes(), 0) || UNKNOWN_WORKER_BYTES;
    const room = rulesOf(this.#level).mayGrow ? roomForWorkers(this.#reading, largest) : 0;
    return { room, cap: this.#cap, isShort: this.#level !== 'normal' };
  }

  /** Reads if that is due, and does what is asked for. */
  tick(nowMs: number, hasWork: boolean): Pace {
    if (this.#level !== 'normal' || nowMs - this.#readAtMs >= CALM_MS) this.look(nowMs);
    if (this.#level !== 'normal') return rulesOf(this.#level).shrinks ? 'fast' : 'slow';
    return hasWork ? 'slow' : 'rest';
  }

  /** Reads now. */
  look(nowMs: number): void {
    const { read, workers, changed, hold, relieve, kill } = this.#parts;
    const reading = read();
    this.#readAtMs = nowMs;
    if (reading === undefined) return;
    this.#reading = reading;
    const before = this.#level;
    this.#level = nextLevel(before, reading);
    const rules = rulesOf(this.#level);
    const isNew = this.#level !== before;
    if (isNew) changed(before, this.#level, reading);
    if (isNew || this.#level !== 'normal') hold(mostWorking(this.#level, workers()));
    if (!rules.shrinks) {
      this.#cap = Infinity;
      return;
    }
    // New workers in the place of those that leak may be all that is needed.
    if (!relieve(this.#level) || this.#level !== 'high') this.#limitWorkers(nowMs, isNew);
    if (rules.kills) kill(reading);
  }

  /** Half of the workers there are when the level is reached; half of those when that was not enough. */
  #limitWorkers(nowMs: number, isNew: boolean): void {
    if (!isNew && this.#cap < Infinity && nowMs - this.#cappedAtMs < AGAIN_MS) return;
    this.#cap = Math.min(this.#cap, mostWorking(this.#level, this.#parts.workers()));
    this.#cappedAtMs = nowMs;
  }
}
