/** A value of a run, and how far it would differ in another run of the same. */
export interface Estimate {
  value: number;
  /** Standard error of the logarithm of the value; null if it is not known. */
  error: number | null;
  /** Degrees of freedom of the error. */
  degrees: number;
  /** Where the error comes from, or why there is none. */
  how: string;
}

export function bare(value: number, how: string): Estimate {
  return { value, error: null, degrees: 0, how };
}

/** From the same metric of repeated runs: the geometric mean, and the spread of the logarithms. */
export function overRuns(values: readonly number[]): Estimate {
  const how = `spread over ${values.length} runs`;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2 || values.some((value) => !(value > 0))) return bare(mean, 'some runs have no value');
  const logs = values.map(Math.log);
  const middle = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const variance = logs.reduce((sum, log) => sum + (log - middle) ** 2, 0) / (logs.length - 1);
  return { value: Math.exp(middle), error: Math.sqrt(variance / logs.length), degrees: logs.length - 1, how };
}

/** A generator of numbers from 0 to 1. They are always the same ones, so two comparisons of the same reports have the same result. */
function numbers(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const RESAMPLES = 200;
/** Fewer blocks say too little about their spread. */
const LEAST_BLOCKS = 8;
const MOST_BLOCKS = 40;
/** Neighbouring blocks still share an eighth of their variance, which the draws do not see. */
const HIDDEN = 1.25;

/** Number of blocks for `count` values in order, of which about every `correlation`-th is independent; 0 for too few. */
export function blocksFor(count: number, correlation: number): number {
  const blocks = Math.min(MOST_BLOCKS, Math.floor(count / (2 * Math.max(1, correlation))));
  return blocks < LEAST_BLOCKS ? 0 : blocks;
}

/**
 * Estimates of several figures of a series whose values depend on their neighbours. Blocks of neighbours are drawn anew with
 * repetition, and the spread of each figure over the draws is its error.
 * @param figures the figures of a draw, given how often each block is in it
 */
export function byBlocks(blocks: number, figures: (draw: Uint16Array) => number[], how: string): Estimate[] {
  const draw = new Uint16Array(Math.max(1, blocks)).fill(1);
  const whole = figures(draw);
  if (blocks === 0) return whole.map((value) => bare(value, 'too few independent tries for a spread'));
  const random = numbers();
  const sums = whole.map(() => ({ sum: 0, squares: 0, draws: 0 }));
  for (let i = 0; i < RESAMPLES; i++) {
    draw.fill(0);
    for (let k = 0; k < blocks; k++) {
      const at = Math.floor(random() * blocks);
      draw[at] = (draw[at] ?? 0) + 1;
    }
    for (const [at, value] of figures(draw).entries()) {
      const sum = sums[at];
      if (sum === undefined || !(value > 0)) continue;
      const log = Math.log(value);
      sum.sum += log;
      sum.squares += log * log;
      sum.draws++;
    }
  }
  return whole.map((value, at) => {
    const { sum = 0, squares = 0, draws = 0 } = sums[at] ?? {};
    if (draws < RESAMPLES / 2 || !(value > 0)) return bare(value, 'no value in most of the blocks');
    const variance = Math.max(0, squares / draws - (sum / draws) ** 2) * (blocks / (blocks - 1)) * HIDDEN;
    return { value, error: Math.sqrt(variance), degrees: blocks - 1, how: `${how}, ${blocks} blocks` };
  });
}
