import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gridOfReport, gridOfSpans, mediansOf } from '../../src/html/shared/heat-bins.js';
import { safeData, safeText } from '../../src/html/shared/names.js';
import { h, toMarkup } from '../../src/html/shared/node.js';
import { bytes, count, ms, share } from '../../src/html/shared/numbers.js';
import { clampRange, logTicks, lowerBound, ticks, timeLabels, timeTicks } from '../../src/html/shared/scales.js';
import { packSpans, unpackSpans } from '../../src/html/shared/span-table.js';
import type { SpanColumns } from '../../src/model/spans.js';
import { HOSTILE } from '../support/page-report.js';
import { sampleReport } from '../support/sample-report.js';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('axes', () => {
  it('have round steps, about as many as wanted', () => {
    expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        (from, length) => {
          const made = ticks(from, from + length, 8);
          expect(made.length).toBeGreaterThanOrEqual(2);
          expect(made.length).toBeLessThanOrEqual(10);
          for (const each of made) expect(each).toBeGreaterThanOrEqual(from - length * 1e-6);
        },
      ),
    );
    expect(ticks(3, 3, 5)).toEqual([]);
  });

  it('of logarithms have powers of ten, and parts of them if there is room', () => {
    expect(logTicks(0.5, 60, 10)).toEqual([0.5, 1, 2, 5, 10, 20, 50]);
    expect(logTicks(0.5, 60, 3)).toEqual([1, 10]);
    expect(logTicks(0, 60, 3)).toEqual([]);
  });

  it('of time count as clocks beyond two minutes, and have one unit', () => {
    const at = (from: number, to: number) => timeLabels(timeTicks(from, to, 5)).map(plain);
    expect(at(0, 200_000)).toEqual(['0:00', '1:00', '2:00', '3:00']);
    expect(at(0, 6000)).toEqual(['0', '2 s', '4 s', '6 s']);
    expect(at(0, 1500)).toEqual(['0', '0.5 s', '1.0 s', '1.5 s']);
    expect(at(0.2, 0.6)).toEqual(['200 µs', '300 µs', '400 µs', '500 µs', '600 µs']);
    expect(at(150_000, 150_100)[1]).toBe('2:30.02');
    expect(at(0, 4 * 3_600_000)).toEqual(['0:00:00', '1:00:00', '2:00:00', '3:00:00', '4:00:00']);
  });

  it('keep a range within the run, and as long as it was', () => {
    expect(clampRange(-10, 20, 100, 1)).toEqual([0, 30]);
    expect(clampRange(90, 120, 100, 1)).toEqual([70, 100]);
    expect(clampRange(60, 40, 100, 1)).toEqual([40, 60]);
    expect(clampRange(50, 50, 100, 4)).toEqual([50, 54]);
    expect(clampRange(-5, 500, 100, 4)).toEqual([0, 100]);
  });

  it('find the first value that reaches a bound', () => {
    expect([0, 1, 2.5, 9].map((value) => lowerBound([1, 2, 3], value))).toEqual([0, 0, 2, 3]);
  });
});

describe('heat maps', () => {
  const pool = sampleReport({ tasks: 400 }).pools[0];
  const { header, bytes: packed } = packSpans(
    pool?.spans as SpanColumns,
    [...(pool?.spans?.taskId.keys() ?? [])],
    () => 3,
    1,
  );
  const table = unpackSpans(header, packed);

  it('count every try of the sample with its weight', () => {
    const grid = gridOfSpans(table, (span) => table.task[span] === 1, 50, pool?.wallMs ?? 0);
    const tries = [...table.task].filter((task) => task === 1).length;
    expect(grid.counts.reduce((sum, each) => sum + each, 0)).toBe(tries * 3);
    expect(Math.max(...grid.counts)).toBe(grid.largest);
    expect(grid.bounds[0]).toBeLessThan(grid.bounds.at(-1) ?? 0);
  });

  it('take the counts of the report where it has them', () => {
    const grid = gridOfReport({
      task: 'a',
      windowMs: 10,
      boundsMs: [1, 2, 4],
      cells: [
        [0, 0, 5],
        [3, 2, 7],
        [1, 9, 99],
      ],
    });
    expect([grid.windows, grid.largest, grid.counts[3 * 3 + 2]]).toEqual([4, 7, 7]);
    expect([...grid.bounds]).toEqual([1, 2, 4, 8]);
    const boundsMs = Array.from({ length: 40 }, (_, i) => 2 ** i);
    const part = gridOfReport({
      ...{ task: 'a', windowMs: 10, boundsMs },
      cells: [
        [1, 20, 5],
        [0, 21, 3],
      ],
    });
    expect([part.bounds[0], part.bounds.length - 1]).toEqual([2 ** 17, 8]);
    expect([part.counts[4], part.counts[8 + 3], part.largest]).toEqual([3, 5, 5]);
    expect(mediansOf(grid, 4)[3]).toBeCloseTo(Math.sqrt(32), 6);
    expect(mediansOf(grid, 4)[1]).toBeNaN();
  });

  it('are empty without a try', () => {
    expect(gridOfSpans(table, () => false, 50, 100).largest).toBe(0);
  });
});

describe('text of the program', () => {
  it('shows what is unseen, and turns no line around', () => {
    expect(safeText('a\u202eb\u0000\u200f\ud800')).toBe('a\\u202eb\\u0000\\u200f\\ud800');
    expect(safeText('größe 😀 résumé')).toBe('größe 😀 résumé');
    expect(safeText('x'.repeat(10_000), 20)).toBe(`${'x'.repeat(20)}… (10000 characters)`);
  });

  it('is safe everywhere in a report, keys too; numbers that JSON cannot hold are null', () => {
    const safe = safeData({ [HOSTILE]: [HOSTILE, NaN], n: [1, 2] });
    expect(JSON.stringify(safe)).not.toMatch(/[\u202e\u2066\u0007]/);
    expect(Object.values(safe)).toEqual([
      [safeText(HOSTILE), null],
      [1, 2],
    ]);
  });

  it('is never markup', () => {
    const markup = toMarkup(h('p', { title: HOSTILE }, HOSTILE));
    expect(markup).not.toMatch(/<(?!\/?p[ >])/);
    expect(markup.match(/"/g)).toHaveLength(2);
  });
});

describe('numbers', () => {
  it('have about three digits, and their unit', () => {
    expect([0, 0.00042, 0.9996, 12.34, 999.6, 61_000, 200_000, 9e6].map((each) => plain(ms(each)))).toEqual([
      '0',
      '0.42 µs',
      '1.00 ms',
      '12.3 ms',
      '1.00 s',
      '61.0 s',
      '3.33 min',
      '2.50 h',
    ]);
    expect([0, 999, 1200, 2.5e9].map((each) => plain(bytes(each)))).toEqual(['0 B', '999 B', '1.20 kB', '2.50 GB']);
    expect([0, 0.0001, 0.051, 0.5].map((each) => plain(share(each)))).toEqual(['0 %', '<0.1 %', '5.1 %', '50 %']);
    expect([ms(null), share(undefined), bytes(null), plain(count(1234567))]).toEqual(['–', '–', '–', '1 234 567']);
  });
});
