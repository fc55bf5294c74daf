import type { Session } from 'node:inspector';
import type { CpuProfile, LabelTrack, ProfileMessage } from '@millpond/core';
import { hostNowMs } from '@millpond/core/internal';
import { clearInterval, getBuiltinModule, setInterval } from '../natives.js';

/** Length of a window. Stopping a profile costs some 20 ms, 0.2 % of it. */
const WINDOW_MS = 10_000;
const NO_LABELS: LabelTrack = { names: [''], atMs: [], label: [], dropped: 0 };
/** Id of the program's main thread. */
const PARENT = 0;

/**
 * The CPU profile of the thread that it is made in: the program's main thread, as a rule. It goes window by window to `take`, as those
 * of workers do.
 */
export class ParentProfile {
  readonly #take: (message: Pick<ProfileMessage, 'workerId' | 'part'>) => void;
  readonly #sampleUs: number;
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = 0;
  /** Time that the profile itself has taken, ms. */
  profilerMs = 0;

  /** @param sampleUs time between samples */
  constructor(sampleUs: number, take: (message: Pick<ProfileMessage, 'workerId' | 'part'>) => void) {
    this.#sampleUs = sampleUs;
    this.#take = take;
  }

  /** Begins. In a build of Node without an inspector it says so to `take`, and nothing more. */
  start(): void {
    if (this.#session !== undefined) return;
    this.#timed(() => {
      const { Session: Opened } = getBuiltinModule('node:inspector');
      this.#session = new Opened();
      this.#session.connect();
      this.#open();
    });
    this.#timer = setInterval(() => this.#timed(() => this.#renew()), WINDOW_MS).unref();
  }

  /** Hands over what was measured so far, and goes on. */
  collect(): void {
    this.#timed(() => this.#renew());
  }

  /** Hands over the rest, and ends. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timed(() => this.#close());
    // A session that stays open makes Node print a line about the debugger at its exit.
    this.#session?.disconnect();
    this.#session = undefined;
  }

  #renew(): void {
    if (this.#session === undefined) return;
    this.#close();
    this.#open();
  }

  #open(): void {
    this.#call('Profiler.enable');
    this.#call('Profiler.setSamplingInterval', { interval: this.#sampleUs });
    this.#sinceMs = hostNowMs();
    this.#call('Profiler.start');
  }

  #close(): void {
    if (this.#session === undefined) return;
    const { profile } = this.#call('Profiler.stop') as { profile: CpuProfile };
    this.#take({ workerId: PARENT, part: { kind: 'cpu', profile, labels: NO_LABELS } });
  }

  /** Times own work. What fails is a loss, and no fault of the program. */
  #timed(act: () => void): void {
    const begin = hostNowMs();
    try {
      act();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#take({
        workerId: PARENT,
        part: { kind: 'lost', what: 'cpu', fromMs: this.#sinceMs === 0 ? begin : this.#sinceMs, toMs: begin, why },
      });
    }
    this.profilerMs += hostNowMs() - begin;
  }

  /** A session of the same thread answers before it returns. */
  #call(method: string, parameters: object = {}): unknown {
    let answer: { error: Error | null; result: unknown } | undefined;
    this.#session?.post(method, parameters, (error, result) => (answer = { error, result }));
    if (answer === undefined) throw new Error(`The inspector has not answered ${method}.`);
    if (answer.error !== null) throw answer.error;
    return answer.result;
  }
}
