import { listen } from '../base/abort-watch.js';
import type { Clock } from '../base/clock.js';
import type { Linked } from '../base/linked-queue.js';
import { queueMicrotask } from '../base/natives.js';
import { GatedLine } from '../dispatch/gated-line.js';
import { Wakes } from '../dispatch/wakes.js';
import type { TaskLimits, Ticket } from '../limits/task-limits.js';

/** A try that waits for its turn. */
interface Turn extends Linked<Turn> {
  readonly dueAt: number;
  readonly priority: number;
  readonly extras: { readonly ticket: Ticket };
  begin(): void;
}

/** Tries of a wrapped function in front of its limits. They go in the order of tasks of one name in a pool, so keys take turns. */
export class LimitLine {
  readonly limits: TaskLimits;
  readonly #clock: Clock;
  readonly #line: GatedLine<Turn>;
  #willLook = false;

  constructor(limits: TaskLimits, clock: Clock) {
    this.limits = limits;
    this.#clock = clock;
    this.#line = new GatedLine(limits, new Wakes(clock, () => this.#lookLater()));
  }

  /**
   * Waits until all limits have room.
   * @param signal not aborted; it ends the wait
   * @param begin called at its turn, once: it takes the limits, or throws and leaves them to the next
   */
  pass<T>(ticket: Ticket, signal: AbortSignal, begin: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const turn: Turn = {
        next: undefined,
        previous: undefined,
        dueAt: this.#clock.now(),
        priority: 0,
        extras: { ticket },
        begin: () => {
          unlisten();
          try {
            resolve(begin());
          } catch (error) {
            reject(error);
          }
        },
      };
      const unlisten = listen(signal, () => {
        this.#line.remove(turn);
        reject(signal.reason as Error);
        this.#lookLater();
      });
      this.#line.push(turn);
      this.#look();
    });
  }

  /** Whether a further run may begin now, ahead of no try that waits. */
  hasRoom(ticket: Ticket): boolean {
    const nowMs = this.#clock.now();
    return this.#line.size === 0 && this.limits.readyAtMs(ticket, nowMs) <= nowMs;
  }

  /** Later, because it is woken in the middle of a step of its limits. */
  #lookLater(): void {
    if (this.#willLook) return;
    this.#willLook = true;
    queueMicrotask(() => {
      this.#willLook = false;
      this.#look();
    });
  }

  #look(): void {
    for (let turn = this.#line.first; turn !== undefined; turn = this.#line.first) {
      this.#line.take(turn);
      turn.begin();
    }
  }
}
