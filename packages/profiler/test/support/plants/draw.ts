import { emptyRows } from '../../../src/replay/rows.js';
import { type RunRecord, usualTerms } from '../../../src/replay/run-record.js';
import { normalFrom, randomFrom } from '../../../src/statistics/random.js';

/** Draws of one plant, all from one seed. */
export class Draw {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  between(low: number, high: number): number {
    return low + this.random() * (high - low);
  }

  /** Evenly on a scale of logarithms. */
  scale(low: number, high: number): number {
    return Math.exp(this.between(Math.log(low), Math.log(high)));
  }

  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }

  /** A time with this mean, log-normal. */
  time(meanMs: number, sigma: number): number {
    return meanMs * Math.exp(sigma * normalFrom(this.random) - (sigma * sigma) / 2);
  }
}

export interface PoolTerms {
  workers: number;
  concurrency?: number;
  cores?: number;
  /** 'cpu' computes, 'block' holds the thread, 'native' awaits other threads that compute, 'wait' holds nothing. */
  work?: 'cpu' | 'block' | 'native' | 'wait';
  /** Mean execution and its spread. */
  meanMs?: number;
  sigma?: number;
  names?: number;
  tasks?: number;
  /** Length of the run without faults, about; used if `tasks` is not given. */
  lengthMs?: number;
  /** 'batch' comes at once. 'window' has a number of calls under way. 'open' comes by itself, with this share of the capacity. */
  arrivals?: 'batch' | 'window' | 'open';
  load?: number;
}

/** A pool without any fault, of a random size, with random tasks. */
export function drawPool(draw: Draw, terms: PoolTerms): RunRecord {
  const { workers, concurrency = 1, work = 'cpu', arrivals = draw.pick(['batch', 'window'] as const) } = terms;
  const names = terms.names ?? draw.whole(1, 3);
  const meanMs = terms.meanMs ?? draw.scale(4, 60);
  const sigma = terms.sigma ?? draw.between(0.1, 0.7);
  const places = workers * concurrency;
  const lengthMs = terms.lengthMs ?? draw.between(4000, 12_000);
  const tasks = terms.tasks ?? Math.min(4000, Math.max(40 * places, 200, Math.round((lengthMs * places) / meanMs)));
  const means = Array.from({ length: names }, () => draw.between(0.6, 1.4));
  const weights = Array.from({ length: names }, () => draw.between(0.3, 1));
  const total = weights.reduce((sum, each) => sum + each, 0);
  const usual = weights.reduce((sum, each, i) => sum + each * (means[i] ?? 1), 0) / total;
  const costs = {
    ...{
      inputEncode: draw.between(0.005, 0.03),
      dispatch: draw.between(0.005, 0.02),
      settle: draw.between(0.005, 0.02),
    },
    ...{ wayIn: draw.between(0.02, 0.06), wayOut: draw.between(0.02, 0.06) },
    ...{ decode: draw.between(0.004, 0.02), reply: draw.between(0.004, 0.02) },
  };
  const rows = emptyRows(tasks);
  let at = 1;
  for (let row = 0; row < tasks; row++) {
    let place = draw.random() * total;
    let name = 0;
    while (name < names - 1 && (place -= weights[name] ?? 0) > 0) name++;
    rows.name[row] = name;
    rows[work][row] = draw.time((meanMs * (means[name] ?? 1)) / usual, sigma);
    if (work !== 'cpu') rows.cpu[row] = draw.between(0.02, 0.08) * Math.min(meanMs, 10);
    for (const [part, ms] of Object.entries(costs)) rows[part as keyof typeof costs][row] = ms * draw.between(0.7, 1.3);
    at += arrivals === 'open' ? (-Math.log(1 - draw.random()) * meanMs) / (places * (terms.load ?? 0.5)) : 0.001;
    rows.at[row] = at;
  }
  return {
    ...{ pool: 'planted', names: ['resize', 'thumbnail', 'scan'].slice(0, names), rows },
    arrivals:
      arrivals === 'window'
        ? { kind: 'closed', cap: Math.ceil(places * draw.between(2, 4)), thinkMs: 0 }
        : { kind: 'open' },
    workers: Array.from({ length: workers }, () => ({ readyMs: 0, slowdown: 1 })),
    ...{
      concurrency,
      prefetch: 0,
      cores: terms.cores ?? workers + 0.5,
      switching: 0,
      recycle: null,
      rebootMs: 0,
      user: [],
    },
    byName: Array.from({ length: names }, usualTerms),
    sliceMs: Infinity,
    ...{ recorded: { startMs: 0, makespanMs: 0, meanLatencyMs: 0 }, weight: 1, source: 'spans' },
  };
}

/** Changes rows in place. */
export function eachRow(record: RunRecord, change: (row: number) => void): RunRecord {
  for (let row = 0; row < record.rows.count; row++) change(row);
  return record;
}
