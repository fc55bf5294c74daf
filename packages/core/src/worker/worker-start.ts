import { type Clock, isLate, type Timer } from '../base/clock.js';
import { moduleFile } from '../base/module-file.js';
import { placeOf } from '../base/stack-place.js';
import { describeExit, isPoolError, PoolError } from '../contract/errors.js';
import type { Transport, TransportExit, WorkerSpec } from '../transport/transport.js';
import { TEST_ID } from '../wire/claim-board.js';
import { errorFromWire } from '../wire/error-wire.js';
import { FRAME } from '../wire/frame.js';
import type { ReadyMessage, StartFailedMessage } from '../wire/messages.js';
import { initMessage } from './init-message.js';
import type { WorkerState } from './worker-state.js';

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
  /** Time when it was spawned; host clock. */
  startedAt: number;
  timeoutMs: number;
  /** State that it has reached. */
  state(): WorkerState['name'];
  /** Reports that it has not become ready in time. */
  tooSlow(): void;
}

/** A child's way from spawn to ready: its deadline, what it announced, and why it failed. */
export class WorkerStart {
  /** Time from spawn to ready, ms; 0 until then. */
  bootMs = 0;
  wasReady = false;
  /** Whether its module has a teardown. */
  hasTeardown = false;
  /** Index of each handler in the worker's own list, by name. Empty until it is ready. */
  readonly handlers = new Map<string, number>();
  readonly #parts: WorkerStartParts;
  #deadline: Timer;
  #error: StartError | undefined;

  constructor(parts: WorkerStartParts) {
    this.#parts = parts;
    const dueAt = parts.clock.now() + parts.timeoutMs;
    this.#deadline = parts.clock.after(parts.timeoutMs, () => {
      if (!isLate(dueAt, parts.clock.now())) this.#onTooSlow();
      // This event loop stood still, so a ready message may still be unread. It is read before the judgement, only once.
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
      // The caller gets no worker to look after, so the child would stay.
      this.end();
      transport.onExit = () => transport.release();
      transport.kill();
      throw error;
    }
  }

  /** Notes that it is ready. */
  done({ handlers, hasTeardown }: ReadyMessage): void {
    this.end();
    this.hasTeardown = hasTeardown;
    handlers.forEach((name, index) => this.handlers.set(name, index));
    this.bootMs = this.#parts.clock.now() - this.#parts.startedAt;
    this.wasReady = true;
  }

  /** Time for which it has been ready, ms. */
  readyMs(nowMs: number): number {
    return this.wasReady ? nowMs - this.#parts.startedAt - this.bootMs : 0;
  }

  /** Ends the start: the worker is ready, is asked to stop, or has ended. */
  end(): void {
    this.#deadline.cancel();
  }

  /** Notes the worker's report that it cannot become ready. */
  noteFailed({ phase, error }: StartFailedMessage): void {
    const cause = errorFromWire(error, THROWERS[phase]);
    this.#error = this.#errorIn(phase, `${cause.name}: ${cause.message}`, cause, placeOf(cause.stack));
  }

  /** Why it never became ready: its own report, a start that was too slow, or how it ended. */
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
    const details = { module: moduleFile(this.#parts.moduleUrl), phase, reason, place };
    return new PoolError('ERR_WORKER_START', details, cause === undefined ? {} : { cause });
  }
}

/** The error for a worker that could not even be spawned, in the words of every other failed start. */
export function neverSpawned(moduleUrl: string, cause: unknown): unknown {
  // Wrong options have an error of their own.
  if (isPoolError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const details = { module: moduleFile(moduleUrl), phase: 'spawn', reason, place: undefined };
  return new PoolError('ERR_WORKER_START', details, { cause });
}
