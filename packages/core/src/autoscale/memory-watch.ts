import type { MemoryLevel } from '../contract/events.js';
import { mostWorking, nextLevel, roomForWorkers, rulesOf } from '../sizing/memory-level.js';
import type { MemoryReading } from '../sizing/memory-reading.js';
import { type Keeper, type Pace, SLOW_LOOK_MS } from './heartbeat.js';

/**
 * The measures of a level need a while to show. If they were not enough, they are then repeated. Sixteen
 * workers come down to one in 9 s. At double the time they take 18 s. At half, workers go that another one's end would have saved.
 */
const AGAIN_MS = 3000;
/**
 * Assumed size of a worker that was never read. An idle process takes 47 MB (docs/performance.md#idle-memory), and its
 * module some.
 */
const UNKNOWN_WORKER_BYTES = 64 * 1024 * 1024;

/** Bounds that memory sets. */
export interface MemoryBounds {
  /** Number of further workers that there is room for, and the most that there may be. */
  readonly room: number;
  readonly cap: number;
  /** Whether memory is above its normal level. */
  readonly isShort: boolean;
}

/** Where memory is unknown, it sets no bounds. */
export const NO_BOUNDS: MemoryBounds = { room: Infinity, cap: Infinity, isShort: false };

export interface MemoryWatchParts {
  /** Undefined where nothing can be read. */
  read(): MemoryReading | undefined;
  /** Resident size of every ready worker; 0 while it is unknown. */
  workerBytes(): readonly number[];
  /** Number of workers. */
  workers(): number;
  /** Reports a change of the level. */
  changed(from: MemoryLevel, to: MemoryLevel, reading: MemoryReading): void;
  /** Sets how many workers may have tasks; at every reading while memory is short. */
  hold(working: number): void;
  /** Replaces the worker that has grown most with its tasks, at every reading. @returns false when no new one would be smaller */
  relieve(level: MemoryLevel): boolean;
  /** Kills one worker, if one can be killed. */
  kill(reading: MemoryReading): void;
}

/** Reads memory once a second, or four times while it is short, and has the measures of its level taken. */
export class MemoryWatch implements Keeper {
  readonly #parts: MemoryWatchParts;
  #level: MemoryLevel = 'normal';
  #reading: MemoryReading | undefined;
  #readAtMs = -Infinity;
  /** Most workers while memory is short, and the time since when that holds. */
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

  /** Time of the last reading, host clock; −Infinity before the first. */
  get readAtMs(): number {
    return this.#readAtMs;
  }

  /** Bounds for sizing. */
  get bounds(): MemoryBounds {
    if (this.#reading === undefined) return NO_BOUNDS;
    const largest = Math.max(...this.#parts.workerBytes(), 0) || UNKNOWN_WORKER_BYTES;
    const room = rulesOf(this.#level).mayGrow ? roomForWorkers(this.#reading, largest) : 0;
    return { room, cap: this.#cap, isShort: this.#level !== 'normal' };
  }

  /** Reads if that is due, and has the measures taken. */
  tick(nowMs: number, hasWork: boolean): Pace {
    if (this.#level !== 'normal' || nowMs - this.#readAtMs >= SLOW_LOOK_MS) this.look(nowMs);
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
    // New workers in the place of leaking ones may be all that is needed.
    if (!relieve(this.#level) || this.#level !== 'high') this.#limitWorkers(nowMs, isNew);
    if (rules.kills) kill(reading);
  }

  /** Halves the number of workers when the level is reached, and again if that was not enough. */
  #limitWorkers(nowMs: number, isNew: boolean): void {
    if (!isNew && this.#cap < Infinity && nowMs - this.#cappedAtMs < AGAIN_MS) return;
    this.#cap = Math.min(this.#cap, mostWorking(this.#level, this.#parts.workers()));
    this.#cappedAtMs = nowMs;
  }
}
