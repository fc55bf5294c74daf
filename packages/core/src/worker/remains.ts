import type { ParentBoard } from '../wire/claim-board.js';
import type { Hand } from './hand.js';
import type { Place } from './place.js';

/** What a worker had in hand at its end, sorted by what board and log say of it. */
export interface Remains {
  readonly begun: readonly Place[];
  readonly begunSince: number;
  readonly lost: readonly Place[];
  readonly decoding: Place | undefined;
  readonly others: readonly Place[];
}

/**
 * What a worker had in hand at its end.
 * @param isTrusted false once it has said something wrong: what board and log tell of it means nothing then
 */
export function remainsOf(hand: Hand, board: ParentBoard | undefined, isTrusted: boolean): Remains {
  const places = hand.all();
  // A board that was wiped, or a log that was damaged, tells nothing: all that it was sent may have begun.
  const isReliable = isTrusted && (!hand.hasBoard || board?.isIntact() === true);
  const begun = places.map((place) =>
    isReliable ? hand.begunAt(place) : Number.isNaN(place.sentAt) ? undefined : place.sentAt,
  );
  const tellsMore = isReliable && hand.hasBoard;
  return sorted(places, begun, tellsMore ? (board?.decoding() ?? 0) : 0, tellsMore && !hand.hasRunSeveral);
}

/**
 * Sorts what was in hand.
 * @param begunAt when each began, or undefined
 * @param decodingId the task whose input was being decoded last, which may have begun since
 * @param ranAlone whether one task ran at a time: whatever began before the last one had returned
 */
function sorted(
  places: readonly Place[],
  begunAt: readonly (number | undefined)[],
  decodingId: number,
  ranAlone: boolean,
): Remains {
  const started = places
    .map((place, index) => ({ place, at: begunAt[index] ?? NaN }))
    .filter(({ at }) => !Number.isNaN(at));
  const runningFrom = ranAlone ? Math.max(...started.map(({ at }) => at)) : -Infinity;
  const isRunning = ({ place, at }: (typeof started)[number]): boolean => !place.hasReturned && at >= runningFrom;
  const running = started.filter(isRunning);
  const rest = places.filter((_, index) => begunAt[index] === undefined);
  const decoding = rest.find(({ wireId }) => wireId === decodingId);
  return {
    begun: running.map(({ place }) => place),
    begunSince: running.length === 0 ? NaN : Math.min(...running.map(({ at }) => at)),
    lost: started.filter((each) => !isRunning(each)).map(({ place }) => place),
    decoding,
    others: rest.filter((place) => place !== decoding),
  };
}
