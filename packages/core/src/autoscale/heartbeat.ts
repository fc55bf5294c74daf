import type { Clock, Timer } from '../base/clock.js';
import { REPORT_EVERY_MS } from '../wire/pace.js';

/**
 * Time of a pool's next look. `fast`: soon, while it works. `slow`: later, while something is left to wait for. `rest`: once
 * it is woken.
 */
export type Pace = 'fast' | 'slow' | 'rest';

/** Looks after one part of a pool. */
export interface Keeper {
  /** Notes that work begins after a rest. */
  wake?(nowMs: number): void;
  /**
   * Looks at its part.
   * @param lateMs time by which this beat came too late: the event loop was busy
   * @returns how soon it needs the next look
   */
  tick(nowMs: number, hasWork: boolean, lateMs: number): Pace;
  /** Notes that the pool has ended. */
  stop?(): void;
}

/**
 * The fast beat is that of the workers' reports. The slow one bounds what memory can do unseen while nothing is short, for a
 * reading of 0.3 ms.
 */
export const BEAT_MS = { fast: REPORT_EVERY_MS, slow: 1000 } as const;
/** Least time between two looks of a keeper for which the slow beat is enough. A beat that comes a little early counts. */
export const SLOW_LOOK_MS = BEAT_MS.slow * 0.9;
const ORDER: readonly Pace[] = ['rest', 'slow', 'fast'];

/** The soonest of several. */
export function soonest(...paces: readonly Pace[]): Pace {
  return ORDER[Math.max(0, ...paces.map((pace) => ORDER.indexOf(pace)))] as Pace;
}

/** The one timer of a pool's keepers: each beat calls them in their order. At rest there is no timer. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #keepers: readonly Keeper[];
  readonly #hasWork: () => boolean;
  #timer: Timer | undefined;
  #dueAtMs = 0;
  #pace: Pace = 'rest';
  #isOver = false;

  /** @param keepers without any, the heartbeat stands still */
  constructor(clock: Clock, keepers: readonly Keeper[], hasWork: () => boolean) {
    this.#clock = clock;
    this.#keepers = keepers;
    this.#hasWork = hasWork;
  }

  get isAtRest(): boolean {
    return this.#pace === 'rest';
  }

  /** Starts beating, since there is something to look at. */
  wake(): void {
    if (this.#pace === 'fast' || this.#isOver || this.#keepers.length === 0) return;
    if (this.isAtRest) {
      const nowMs = this.#clock.now();
      for (const keeper of this.#keepers) keeper.wake?.(nowMs);
    }
    this.#next('fast');
  }

  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    for (const keeper of this.#keepers) keeper.stop?.();
  }

  #next(pace: Pace): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pace = pace;
    if (this.#isOver || pace === 'rest') return;
    this.#dueAtMs = this.#clock.now() + BEAT_MS[pace];
    this.#timer = this.#clock.after(BEAT_MS[pace], () => this.#next(this.#beat()));
  }

  #beat(): Pace {
    const nowMs = this.#clock.now();
    const hasWork = this.#hasWork();
    const lateMs = Math.max(0, nowMs - this.#dueAtMs);
    // A listener of one keeper's event may end the pool, and then the others have no more to do.
    const pace = soonest(
      ...this.#keepers.map((keeper) => (this.#isOver ? 'rest' : keeper.tick(nowMs, hasWork, lateMs))),
    );
    // A listener of a keeper's event may have submitted a task. Its wake-up came in the middle of this beat.
    return !hasWork && this.#hasWork() ? 'fast' : pace;
  }
}
