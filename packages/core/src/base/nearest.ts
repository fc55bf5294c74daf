/** A shorter common beginning is no sign that two names are related. */
const SHORTEST_PREFIX = 3;
/** Longest name that may be a typing error. Comparison by letters takes time that grows with the square of the length. */
const LONGEST_NAME = 100;

/**
 * The known name that was most likely meant; undefined when none is near. At most a third of the letters of near names differ, or
 * one begins with the other.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  return nearestByLetters(name, known) ?? nearestByPrefix(name, known);
}

/** Ends a sentence with the known name that was most likely meant: ` Did you mean "x"?`. Empty when none is near. */
export function didYouMean(name: unknown, known: readonly string[]): string {
  const nearest = typeof name === 'string' ? nearestName(name, known) : undefined;
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
}

/** Same as {@link didYouMean}; lists all known names when none is near. */
export function nearestOrAll(name: string, known: readonly string[]): string {
  return didYouMean(name, known) || ` Known here: ${known.join(', ')}.`;
}

/** The known name of the nearest length among those that begin with this name, or that it begins with. */
function nearestByPrefix(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  for (const candidate of known) {
    if (Math.min(name.length, candidate.length) < SHORTEST_PREFIX) continue;
    const [a, b] = [name.toLowerCase(), candidate.toLowerCase()];
    if (!a.startsWith(b) && !b.startsWith(a)) continue;
    const isNearer = best === undefined || difference(name, candidate) < difference(name, best);
    if (isNearer) best = candidate;
  }
  return best;
}

function difference(a: string, b: string): number {
  return Math.abs(a.length - b.length);
}

function nearestByLetters(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    // Each additional letter is a difference. The length alone rules out a long text, without a comparison by letters.
    if (Math.abs(name.length - candidate.length) > mostDistance(name, candidate)) continue;
    if (candidate.length > LONGEST_NAME) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best === undefined) return undefined;
  return bestDistance <= mostDistance(name, best) ? best : undefined;
}

function mostDistance(a: string, b: string): number {
  return Math.max(1, Math.floor(Math.max(a.length, b.length) / 3));
}

/** Number of letters to insert, leave out, change, or swap with their neighbour, to turn one name into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const changed = (last[j - 1] ?? 0) + (isSame ? 0 : 1);
      const swapped = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      row[j] = Math.min(changed, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
