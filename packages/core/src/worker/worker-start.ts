import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '../base/clock.js';
import { placeOf } from '../base/stack-place.js';
import { describeExit, isPoolError, PoolError } from '../contract/errors.js';
import type { Transport, TransportExit, WorkerSpec } from '../transport/transport.js';
import { TEST_ID } from '../wire/claim-board.js';
import { errorFromWire } from '../wire/error-wire.js';
import { FRAME } from '../wire/frame.js';
import type { ReadyMessage, StartFailedMessage } from '../wire/messages.js';
import { initMessage } from './init-message.js';
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
  /** When it was spawned; host clock. */
  startedAt: number;
  timeoutMs: number;
  /** How far it has come. */
  state(): WorkerState['name'];
  /** It has not become ready in time. */
  tooSlow(): void;
}

/** A child's way from spawn to ready: its deadline, what it announced there, and why it did not get there. */
export class WorkerStart {
  /** From spawn to ready, ms; 0 until then. */
  bootMs = 0;
  wasReady = false;
  /** Handlers by name: the index in the worker's own list. Empty until it is ready. */
  readonly handlers = new Map<string, number>();
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

  /**
   * Sends the first frame.
   * @throws when the worker's data cannot be encoded; the child is ended then
   */
  begin(spec: WorkerSpec, transport: Transport): void {
    try {
      transport.board?.revoke(TEST_ID);
      transport.channel.send(FRAME.init, initMessage(spec, transport));
    } catch (error) {
      // The caller has no worker to look after: the child would stay.
      this.end();
      transport.onExit = () => transport.release();
      transport.kill();
      throw error;
    }
  }

  /** It is ready. */
  done({ handlers }: ReadyMessage): void {
    this.end();
    handlers.forEach((name, index) => this.handlers.set(name, index));
    this.bootMs = this.#parts.clock.now() - this.#parts.startedAt;
    this.wasReady = true;
  }

  /** How long it has been ready, ms. */
  readyMs(nowMs: number): number {
    return this.wasReady ? nowMs - this.#parts.startedAt - this.bootMs : 0;
  }

  /** It is ready, is asked to stop, or has ended. */
  end(): void {
    this.#deadline.cancel();
  }

  /** It says that it cannot become ready. */
  noteFailed({ phase, error }: StartFailedMessage): void {
    const cause = errorFromWire(error, THROWERS[phase]);
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
  const details = { module: fileURLToPath(moduleUrl), phase: 'spawn', reason, place: undefined };
  return new PoolError('ERR_WORKER_START', details, { cause });
}
