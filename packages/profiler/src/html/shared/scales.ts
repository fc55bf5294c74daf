/** Round values for an axis, about `wanted` of them. Their step is 1, 2 or 5 times a power of ten. */
export function ticks(from: number, to: number, wanted: number): number[] {
  if (!(to > from) || wanted < 1) return [];
  const rough = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Steps of clocks, beyond which decimal ones would be odd. */
const CLOCK_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 6, 12, 24, 48].map((hours) => hours * HOUR),
];

/** Round moments between two, ms: decimal up to a second apart, and as clocks count beyond. */
export function timeTicks(from: number, to: number, wanted: number): number[] {
  const step = CLOCK_STEPS.find((each) => each >= (to - from) / Math.max(1, wanted));
  if (to < 2 * MINUTE || step === undefined || (to - from) / wanted < SECOND / 2) return ticks(from, to, wanted);
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(to / step + 1e-9) - first + 1) }, (_, i) => (first + i) * step);
}

/** All moments of one axis in one unit, with as many decimals as their distance needs. */
export function timeLabels(moments: readonly number[]): string[] {
  const last = moments.at(-1) ?? 0;
  const step = moments.length > 1 ? (moments[1] ?? 0) - (moments[0] ?? 0) : last || 1;
  const decimals = (unit: number) => Math.max(0, Math.min(6, Math.ceil(-Math.log10(step / unit) - 1e-9)));
  if (last < 1) return moments.map((at) => label(at * 1000, decimals(0.001), 'µs'));
  if (last < SECOND) return moments.map((at) => label(at, decimals(1), 'ms'));
  if (last < 2 * MINUTE) return moments.map((at) => label(at / SECOND, decimals(SECOND), 's'));
  const places = step < SECOND ? decimals(SECOND) : 0;
  return moments.map((at) => {
    const seconds = ((at % MINUTE) / SECOND).toFixed(places).padStart(places > 0 ? places + 3 : 2, '0');
    const minutes = Math.floor(at / MINUTE);
    if (last < 2 * HOUR) return `${minutes}:${seconds}`;
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${seconds}`;
  });
}

function label(value: number, places: number, unit: string): string {
  return value === 0 ? '0' : `${value.toFixed(places)}\u202f${unit}`;
}

/** Powers of ten between two positive values; with their halves and fifths where that leaves at most `wanted`. */
export function logTicks(from: number, to: number, wanted: number): number[] {
  if (!(from > 0) || !(to > from)) return [];
  const tens: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) tens.push(power);
  const within = (value: number) => value >= from * 0.999 && value <= to * 1.001;
  const fine = tens.flatMap((power) => [1, 2, 5].map((factor) => factor * 10 ** power)).filter(within);
  return fine.length <= wanted ? fine : tens.map((power) => 10 ** power).filter(within);
}

/** A range kept inside of its bounds, with its length kept as far as possible, and at least `least` long. */
export function clampRange(from: number, to: number, end: number, least: number): [from: number, to: number] {
  const [low, high] = from <= to ? [from, to] : [to, from];
  const length = Math.min(end, Math.max(high - low, least));
  const begin = Math.min(Math.max(0, low), end - length);
  return [begin, begin + length];
}

/** Places of one range: the number at which `values`, rising, first reach `value`. */
export function lowerBound(values: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
