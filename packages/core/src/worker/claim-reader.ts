import type { Clock } from '../base/clock.js';
import type { Transport } from '../transport/transport.js';
import { type Claim, slotOf } from '../wire/claim-board.js';
import { RECALL_AFTER_MS } from '../wire/pace.js';
import type { InFlightEntry } from './in-flight-entry.js';
import type { InFlightTable } from './in-flight-table.js';

/** Reads the claim board of a worker: which tasks in flight have begun, and which may still be recalled. */
export class ClaimReader {
  /** Whether both sides see the board. */
  hasBoard = false;
  /** Time when the last handler ended, host clock: the next one of its run began then. */
  #lastEndedAt = -Infinity;
  readonly #clock: Clock;
  readonly #transport: Pick<Transport, 'board' | 'log'>;
  readonly #table: InFlightTable;

  constructor(clock: Clock, transport: Pick<Transport, 'board' | 'log'>, table: InFlightTable) {
    this.#clock = clock;
    this.#transport = transport;
    this.#table = table;
  }

  /** Notes the end of a handler, host clock. */
  noteEnded(endedAt: number): void {
    this.#lastEndedAt = Math.max(this.#lastEndedAt, endedAt);
  }

  /** First task of its claimed run; undefined if it was not claimed. Without a board, itself as soon as it was sent. */
  runOf(entry: InFlightEntry): number | undefined {
    if (!this.hasBoard) return Number.isNaN(entry.sentAt) ? undefined : entry.wireId;
    return this.of(entry)?.run;
  }

  /** The claim of a task; undefined if it was not claimed. */
  of({ wireId }: InFlightEntry): Claim | undefined {
    return this.#transport.board?.claimOf(wireId);
  }

  /**
   * Time when the handler was called, if it was. Without a board, everything sent runs at once. The log must be read first.
   * Of tasks claimed together, only the first without a result has begun.
   */
  begunAt(entry: InFlightEntry): number | undefined {
    if (!this.hasBoard) return Number.isNaN(entry.sentAt) ? undefined : entry.sentAt;
    const claim = this.of(entry);
    if (claim === undefined) return undefined;
    if (claim.run === entry.wireId || entry.task?.isLasting !== true) return claim.atMs;
    return this.#isBehind(entry, claim) ? undefined : Math.max(claim.atMs, this.#lastEndedAt);
  }

  /** Whether a claimed and revoked task has not begun, and the worker will see the revocation before it begins. */
  isStillPrefetched(entry: InFlightEntry, claim: Claim): boolean {
    if (claim.run === entry.wireId || entry.task?.isLasting !== true || !this.#isBehind(entry, claim)) return false;
    // The clock comes first, because the worker reads it after writing a result that the log does not hold yet.
    const nowMs = this.#clock.now();
    // An unread result in the log may be that of the very task that seems to be running.
    if (this.#transport.log?.peek() !== undefined) return false;
    return nowMs - Math.max(claim.atMs, this.#lastEndedAt) > RECALL_AFTER_MS;
  }

  /** Whether a task of the same run that comes before this one has no result. */
  #isBehind(entry: InFlightEntry, claim: Claim): boolean {
    for (let slot = slotOf(claim.run); slot < entry.slot; slot++) {
      const other = this.#table.at(slot);
      if (other?.task !== undefined && this.of(other)?.run === claim.run) return true;
    }
    return false;
  }
}
