import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InFlight } from '../../../src/child/io/in-flight.js';
import { IoRows, type Operation } from '../../../src/child/io/io-rows.js';

function operation(given: Partial<Operation> = {}): Operation {
  return { kind: 'redis', peer: 'a:1', operation: 'GET', statement: '', what: 'use', ...given };
}

describe('rows of operations', () => {
  it('count what has ended, and the time with at least one open', () => {
    let now = 0;
    const rows = new IoRows();
    const flight = new InFlight(() => now);
    const row = rows.get('load', operation());
    const [first, second] = [{}, {}];
    flight.begin(first, row);
    now = 10;
    flight.begin(second, row);
    now = 25;
    flight.end(first);
    now = 30;
    const failing = flight.get(second);
    if (failing !== undefined) failing.hasFailed = true;
    flight.end(second);
    expect(rows.take(40)).toEqual([
      expect.objectContaining({ count: 2, errors: 1, totalMs: 45, minMs: 20, maxMs: 25, openMs: 30, peak: 2 }),
    ]);
    expect(rows.take(50)).toEqual([]);
  });

  it('agree with a plain model over any sequence, however often they are taken', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('begin' as const), row: fc.nat(2) }),
      fc.record({ do: fc.constant('end' as const), row: fc.nat(20) }),
      fc.record({ do: fc.constant('wait' as const), row: fc.nat(50) }),
      fc.record({ do: fc.constant('take' as const), row: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let now = 0;
        const rows = new IoRows();
        const flight = new InFlight(() => now);
        const open: { key: object; row: number; at: number }[] = [];
        const model = [0, 1, 2].map(() => ({ count: 0, totalMs: 0, openMs: 0, peak: 0 }));
        const seen = [0, 1, 2].map(() => ({ count: 0, totalMs: 0, openMs: 0, peak: 0 }));
        const take = (): void => {
          for (const delta of rows.take(now)) {
            const sums = seen[Number(delta.operation)];
            if (sums === undefined) throw new Error('a row of no operation');
            sums.count += delta.count;
            sums.totalMs += delta.totalMs;
            sums.openMs += delta.openMs;
            sums.peak = Math.max(sums.peak, delta.peak);
          }
        };
        for (const { do: what, row } of steps) {
          if (what === 'begin') {
            const key = {};
            flight.begin(key, rows.get('load', operation({ operation: `${row}` })));
            open.push({ key, row, at: now });
            const sums = model[row];
            if (sums !== undefined) sums.peak = Math.max(sums.peak, open.filter((each) => each.row === row).length);
          } else if (what === 'end' && open.length > 0) {
            const [ended] = open.splice(row % open.length, 1);
            if (ended === undefined) continue;
            flight.end(ended.key);
            const sums = model[ended.row];
            if (sums === undefined) continue;
            sums.count++;
            sums.totalMs += now - ended.at;
          } else if (what === 'wait') {
            for (const each of [0, 1, 2]) {
              const sums = model[each];
              if (sums !== undefined && open.some((one) => one.row === each)) sums.openMs += row;
            }
            now += row;
          } else take();
        }
        take();
        expect(seen).toEqual(model);
      }),
      { numRuns: 500 },
    );
  });

  it('fold peers, statements and all names beyond their bounds, and count each operation', () => {
    const rows = new IoRows();
    for (let n = 0; n < 10_000; n++) {
      rows.get('load', operation({ peer: `host-${n}:80` })).add(1);
      rows.get('load', operation({ kind: 'mysql', operation: 'SELECT t', statement: `hash${n}` })).add(1);
      rows.get(`task ${n}`, operation({ kind: `kind${n}`, operation: 'x'.repeat(1000) })).add(1);
    }
    const folded = rows.takeFolded();
    const taken = rows.take(0);
    expect(taken.length).toBeLessThanOrEqual(541);
    expect(new Set(taken.map(({ peer }) => peer)).size).toBeLessThanOrEqual(201);
    expect(taken.reduce((sum, { count }) => sum + count, 0)).toBe(30_000);
    expect(folded).toBeGreaterThanOrEqual(30_000 - 541 - 200);
    expect(new Set(taken.filter(({ kind }) => kind === 'mysql').map(({ statement }) => statement)).size).toBe(21);
    for (const row of taken) {
      for (const name of [row.task, row.kind, row.peer, row.operation]) expect(name.length).toBeLessThanOrEqual(200);
    }
  });
});

describe('operations in flight', () => {
  it('are forgotten when their library never says that they ended', () => {
    let now = 0;
    const rows = new IoRows();
    const flight = new InFlight(() => now);
    const row = rows.get('load', operation());
    for (let n = 0; n < 5; n++) flight.begin({}, row);
    now = 11 * 60_000;
    const last = {};
    flight.begin(last, row);
    expect(flight.takeLost()).toBe(5);
    expect(flight.size).toBe(1);
    now += 10;
    flight.end(last);
    expect(rows.take(now)).toEqual([expect.objectContaining({ count: 1, totalMs: 10, peak: 6 })]);
  });

  it('are bounded, and those beyond the bound are counted', () => {
    const flight = new InFlight(() => 0);
    const row = new IoRows().get('load', operation());
    for (let n = 0; n < 20_100; n++) flight.begin({}, row);
    expect(flight.size).toBe(20_000);
    expect(flight.takeLost()).toBe(100);
  });

  it('count an operation as lost if the next one has the same object', () => {
    let now = 0;
    const rows = new IoRows();
    const flight = new InFlight(() => now);
    const row = rows.get('load', operation());
    const key = {};
    flight.begin(key, row);
    now = 5;
    flight.begin(key, row);
    now = 7;
    flight.end(key);
    flight.end(key);
    expect(flight.takeLost()).toBe(1);
    expect(rows.take(now)).toEqual([expect.objectContaining({ count: 1, totalMs: 2, openMs: 7, peak: 1 })]);
  });
});
