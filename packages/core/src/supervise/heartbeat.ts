import type { Clock, Timer } from '../base/clock.js';

/** How soon a pool is to be looked at again: while it works, while something is left to wait for, or when it is woken. */
export type Pace = 'fast' | 'slow' | 'rest';

const BEAT_MS = { fast: 250, slow: 1000 } as const;
const ORDER: readonly Pace[] = ['rest', 'slow', 'fast'];

/** The soonest of several. */
export function soonest(...paces: readonly Pace[]): Pace {
  return ORDER[Math.max(...paces.map((pace) => ORDER.indexOf(pace)))] as Pace;
}

/** The one timer by which a pool looks after itself. At rest there is none. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #beat: (nowMs: number) => Pace;
  #timer: Timer | undefined;
  #pace: Pace = 'rest';
  #isOver = false;

  /** @param beat looks at the pool, and says when it is to be looked at again */
  constructor(clock: Clock, beat: (nowMs: number) => Pace) {
    this.#clock = clock;
    this.#beat = beat;
  }

  get isAtRest(): boolean {
    return this.#pace === 'rest';
  }

  /** There is something to look at. */
  wake(): void {
    if (this.#pace !== 'fast') this.#next('fast');
  }

  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #next(pace: Pace): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pace = pace;
    if (this.#isOver || pace === 'rest') return;
    this.#timer = this.#clock.after(BEAT_MS[pace], () => this.#next(this.#beat(this.#clock.now())));
  }
}
