import type { ParentBoard } from '../wire/claim-board.js';
import type { InFlightEntry } from './in-flight-entry.js';
import type { InFlightTasks } from './in-flight-tasks.js';

/** The tasks that a worker had in flight at its end, sorted by what board and log say of them. */
export interface Remains {
  readonly begun: readonly InFlightEntry[];
  readonly begunSince: number;
  readonly lost: readonly InFlightEntry[];
  readonly decoding: InFlightEntry | undefined;
  readonly others: readonly InFlightEntry[];
}

/**
 * The tasks that a worker had in flight at its end.
 * @param isTrusted false after an invalid message of the worker: its board and log mean nothing then
 */
export function remainsOf(assigned: InFlightTasks, board: ParentBoard | undefined, isTrusted: boolean): Remains {
  const entries = assigned.all();
  // A wiped board or a damaged log is no evidence, so everything that was sent may have begun.
  const isReliable = isTrusted && (!assigned.hasBoard || board?.isIntact() === true);
  const begun = entries.map((entry) =>
    isReliable ? assigned.begunAt(entry) : Number.isNaN(entry.sentAt) ? undefined : entry.sentAt,
  );
  const tellsMore = isReliable && assigned.hasBoard;
  return sorted(entries, begun, tellsMore ? (board?.decoding() ?? 0) : 0, tellsMore && assigned.widest === 1);
}

/**
 * Sorts the entries.
 * @param begunAt time when each began, or undefined
 * @param decodingId the task whose input was being decoded last, which may have begun since
 * @param ranAlone whether one task ran at a time: all that began before the last one had returned
 */
function sorted(
  entries: readonly InFlightEntry[],
  begunAt: readonly (number | undefined)[],
  decodingId: number,
  ranAlone: boolean,
): Remains {
  const started = entries
    .map((entry, index) => ({ entry, at: begunAt[index] ?? NaN }))
    .filter(({ at }) => !Number.isNaN(at));
  const runningFrom = ranAlone ? Math.max(...started.map(({ at }) => at)) : -Infinity;
  const isRunning = ({ entry, at }: (typeof started)[number]): boolean => !entry.hasReturned && at >= runningFrom;
  const running = started.filter(isRunning);
  const rest = entries.filter((_, index) => begunAt[index] === undefined);
  const decoding = rest.find(({ wireId }) => wireId === decodingId);
  return {
    begun: running.map(({ entry }) => entry),
    begunSince: running.length === 0 ? NaN : Math.min(...running.map(({ at }) => at)),
    lost: started.filter((each) => !isRunning(each)).map(({ entry }) => entry),
    decoding,
    others: rest.filter((entry) => entry !== decoding),
  };
}
