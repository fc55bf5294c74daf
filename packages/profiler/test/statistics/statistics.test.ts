import { describe, expect, it } from 'vitest';
import { blockPlaces, bootstrap } from '../../src/statistics/bootstrap.js';
import { erlangC, expectedWaitMs } from '../../src/statistics/erlang.js';
import { groupedSlope, leastSquares } from '../../src/statistics/least-squares.js';
import { permutationTest } from '../../src/statistics/permutation.js';
import { mean, median, quantile } from '../../src/statistics/quantile.js';
import { normalFrom, randomFrom } from '../../src/statistics/random.js';
import { fitScalability, throughputOf } from '../../src/statistics/scalability.js';
import { theilSen } from '../../src/statistics/theil-sen.js';

describe('statistics', () => {
  it('has quantiles between neighbours, and 0 for no values', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(median([7, 1, 3])).toBe(3);
    expect(quantile([], 0.5)).toBe(0);
    expect(mean([])).toBe(0);
  });

  it('draws the same numbers for the same seed, evenly and normally', () => {
    const [a, b] = [randomFrom(3), randomFrom(3)];
    const drawn = Array.from({ length: 20_000 }, a);
    expect(drawn).toEqual(Array.from({ length: 20_000 }, b));
    expect(mean(drawn)).toBeCloseTo(0.5, 2);
    const random = randomFrom(5);
    const normal = Array.from({ length: 20_000 }, () => normalFrom(random));
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
  });

  it('finds the interval of a mean by bootstrap', () => {
    const random = randomFrom(1);
    const values = Array.from({ length: 400 }, () => 10 + normalFrom(random));
    const { low, high } = bootstrap(values, mean);
    // The error of the mean is 1 ÷ √400, so the interval is about ±0.098 wide.
    expect(high - low).toBeGreaterThan(0.15);
    expect(high - low).toBeLessThan(0.25);
    expect(low).toBeLessThan(mean(values));
    expect(high).toBeGreaterThan(mean(values));
    expect(bootstrap([], mean)).toEqual({ low: 0, high: 0 });
  });

  it('draws whole blocks in the order of time', () => {
    const places = blockPlaces(100, 40, 10, randomFrom(1));
    expect(places).toHaveLength(40);
    for (let block = 0; block < 4; block++) {
      const own = places.slice(block * 10, block * 10 + 10);
      expect(own).toEqual(own.map((_, i) => own[0]! + i));
      expect(own[9]).toBeLessThan(100);
    }
  });

  it('finds a slope that outliers do not move (Theil–Sen)', () => {
    const x = Array.from({ length: 40 }, (_, i) => i);
    const y = x.map((value) => 3 + 2 * value);
    y[5] = 1000;
    y[30] = -1000;
    const { slope, intercept, low, high } = theilSen(x, y);
    expect(slope).toBeCloseTo(2, 6);
    expect(intercept).toBeCloseTo(3, 6);
    expect(low).toBeLessThanOrEqual(2);
    expect(high).toBeGreaterThanOrEqual(2);
    const random = randomFrom(2);
    const flat = theilSen(
      x,
      x.map(() => normalFrom(random)),
    );
    expect(flat.low).toBeLessThan(0);
    expect(flat.high).toBeGreaterThan(0);
    expect(theilSen([1], [1]).slope).toBe(0);
  });

  it('finds a line by least squares, with its interval', () => {
    expect(leastSquares([1, 2, 3, 4], [3, 5, 7, 9])).toMatchObject({ a: 1, b: 2, r2: 1 });
    expect(leastSquares([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(leastSquares([1, 2], [1, 2])).toBeNull();
    const random = randomFrom(4);
    const x = Array.from({ length: 500 }, (_, i) => i / 100);
    const line = leastSquares(
      x,
      x.map((value) => 1 + 0.5 * value + normalFrom(random)),
    )!;
    expect(line.low).toBeLessThan(0.5);
    expect(line.high).toBeGreaterThan(0.5);
  });

  it('finds one slope for groups of different heights', () => {
    const group = [0, 0, 0, 1, 1, 1];
    const line = groupedSlope(group, [1, 2, 3, 1, 2, 3], [1, 3, 5, 101, 103, 105]);
    expect(line?.b).toBeCloseTo(2, 6);
  });

  it('tells a shift from chance by permutations', () => {
    const random = randomFrom(6);
    const rest = Array.from({ length: 100 }, () => 1 + 0.1 * normalFrom(random));
    const same = Array.from({ length: 30 }, () => 1 + 0.1 * normalFrom(random));
    expect(
      permutationTest(
        same.map((x) => x * 1.4),
        rest,
      ),
    ).toBeLessThan(0.01);
    expect(permutationTest(same, rest)).toBeGreaterThan(0.01);
    expect(permutationTest([], rest)).toBe(1);
  });

  it('knows the values of Erlang C', () => {
    // One server: the chance to wait is the load. Ten servers with a load of eight: tables have 0.409.
    expect(erlangC(1, 0.7)).toBeCloseTo(0.7, 9);
    expect(erlangC(10, 8)).toBeCloseTo(0.409, 3);
    expect(erlangC(2, 2)).toBe(1);
    expect(erlangC(2, 0)).toBe(0);
    // M/M/1: ρ ÷ (1 − ρ) times the service.
    expect(expectedWaitMs(1, 0.5, 10, 1, 1)).toBeCloseTo(10, 9);
    expect(expectedWaitMs(1, 1, 10, 1, 1)).toBe(Infinity);
  });

  it('finds the parts of the universal scalability law', () => {
    const law = { gamma: 100, sigma: 0.05, kappa: 0.01 };
    const points = [1, 2, 4, 8, 12, 16].map((workers) => ({ workers, rate: throughputOf(law, workers) }));
    const fit = fitScalability(points)!;
    expect(fit.gamma).toBeCloseTo(100, 3);
    expect(fit.sigma).toBeCloseTo(0.05, 5);
    expect(fit.kappa).toBeCloseTo(0.01, 5);
    expect(fit.best).toBeCloseTo(Math.sqrt(0.95 / 0.01), 2);
    expect(fitScalability(points.slice(0, 3))).toBeNull();
    expect(fitScalability([1, 2, 3, 4].map((workers) => ({ workers, rate: workers * 10 })))!.best).toBe(Infinity);
  });
});
