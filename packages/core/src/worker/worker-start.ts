import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '../base/clock.js';
import { placeOf } from '../base/stack-place.js';
import { describeExit, isPoolError, PoolError } from '../contract/errors.js';
import type { TransportExit } from '../transport/transport.js';
import { errorFromWire, type WireThrown } from '../wire/error-wire.js';
import type { StartFailedMessage } from '../wire/frame.js';
import type { WorkerState } from './worker-state.js';

/** Lateness of the deadline's timer, in ms, that shows a loop without time to run timers or to read messages. */
const LATE_MS = 20;

type StartError = PoolError<'ERR_WORKER_START'>;

/** What threw, by phase. A warm-up task that throws has an error of its own. */
const THROWERS: Readonly<Record<StartFailedMessage['phase'], string>> = {
  load: 'A module at load',
  setup: 'The hook setup',
  warmup: 'The hook warmup',
};

export interface WorkerStartParts {
  clock: Clock;
  moduleUrl: string;
  timeoutMs: number;
  /** How far it has come. */
  state(): WorkerState['name'];
  /** It has not become ready in time. */
  tooSlow(): void;
}

/** A child's way from spawn to ready: its deadline, and why it did not get there. */
export class WorkerStart {
  readonly #parts: WorkerStartParts;
  #deadline: Timer;
  #error: StartError | undefined;

  constructor(parts: WorkerStartParts) {
    this.#parts = parts;
    const dueAt = parts.clock.now() + parts.timeoutMs;
    this.#deadline = parts.clock.after(parts.timeoutMs, () => {
      if (parts.clock.now() - dueAt <= LATE_MS) this.#onTooSlow();
      // This event loop stood still. That the worker is ready may still be unread: first that, then judgement. Once only.
      else this.#deadline = parts.clock.after(0, () => this.#onTooSlow());
    });
  }

  /** It is ready, is told to stop, or has ended. */
  end(): void {
    this.#deadline.cancel();
  }

  /** It says that it cannot become ready. */
  noteFailed({ phase, error }: StartFailedMessage): void {
    const cause = errorFromWire(error as WireThrown, THROWERS[phase]);
    this.#error = this.#errorIn(phase, `${cause.name}: ${cause.message}`, cause, placeOf(cause.stack));
  }

  /** Why it never became ready: what it said, that it was too slow, or else how it ended. */
  errorOf(exit: TransportExit): StartError {
    if (this.#error !== undefined) return this.#error;
    const words = exit.stderrTail.trim();
    const how = describeExit({ exitCode: exit.code, signal: exit.signal });
    const reason = exit.error?.message ?? `it ended with ${how}.${words === '' ? '' : ` Its last words: ${words}`}`;
    return this.#errorIn(this.#parts.state(), reason, exit.error);
  }

  #onTooSlow(): void {
    const phase = this.#parts.state() === 'warming' ? 'setup or warmup' : 'load';
    this.#error = this.#errorIn(phase, `took longer than startTimeoutMs (${this.#parts.timeoutMs} ms).`);
    this.#parts.tooSlow();
  }

  #errorIn(phase: string, reason: string, cause?: Error, place?: string): StartError {
    const details = { module: fileURLToPath(this.#parts.moduleUrl), phase, reason, place };
    return new PoolError('ERR_WORKER_START', details, cause === undefined ? {} : { cause });
  }
}

/** Why a worker could not even be spawned, in the words of every other failed start. */
export function neverSpawned(moduleUrl: string, cause: unknown): unknown {
  // Options that are wrong say so themselves.
  if (isPoolError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PoolError('ERR_WORKER_START', { module: fileURLToPath(moduleUrl), phase: 'spawn', reason }, { cause });
}
