import { hostNowMs } from '../base/clock.js';
import { clearTimeout, setTimeout } from '../base/natives.js';
import type { ProfileTerms } from '../contract/profile-messages.js';
import type { Transport } from '../transport/transport.js';
import { FRAME } from '../wire/frame.js';

/** Share of the time that a worker has to answer by itself, and longest such time, ms. */
const OWN_SHARE = 0.5;
const OWN_MS = 300;

export interface MeasuringParts {
  transport: Pick<Transport, 'channel' | 'measure'>;
  /** Asks the worker for what it has measured. Rejects if it does not answer within this time. */
  ask(withinMs: number): Promise<unknown>;
}

/** Measurements of one worker for profilers. */
export class Measuring {
  readonly #parts: MeasuringParts;
  /** Those that wait for an answer from outside. */
  readonly #waiting: (() => void)[] = [];

  constructor(parts: MeasuringParts) {
    this.#parts = parts;
  }

  /** Sends the terms that hold from now on; undefined ends the profiling. */
  apply(terms: ProfileTerms | undefined): void {
    this.#parts.transport.channel.send(FRAME.profile, { terms });
  }

  /**
   * Collects what it has measured. One that is blocked by a handler is measured from outside.
   * @returns whether it has answered, one way or the other
   */
  async collect(withinMs: number): Promise<boolean> {
    const begin = hostNowMs();
    const answered = this.#parts.ask(withinMs).then(
      () => true,
      () => false,
    );
    const soon = await within(answered, Math.min(OWN_MS, withinMs * OWN_SHARE));
    if (soon !== undefined) return soon;
    const leftMs = withinMs - (hostNowMs() - begin);
    const outside = this.fromOutside(leftMs);
    // The first of the two that has measured anything.
    return Promise.race([answered.then((has) => has || outside), outside.then((has) => has || answered)]);
  }

  /** Measures it while a handler blocks it. @returns whether that was possible */
  async fromOutside(withinMs: number): Promise<boolean> {
    const answered = new Promise<true>((resolve) => this.#waiting.push(() => resolve(true)));
    this.#parts.transport.measure(withinMs);
    return (await within(answered, withinMs)) ?? false;
  }

  /** Notes an answer to `Transport.measure`. */
  noteAnswer(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** What a promise resolves to; undefined if that takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  const first = await Promise.race([promise, late]);
  clearTimeout(timer);
  return first;
}
