import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlanes, LARGEST, toPlanes } from '../../src/html/shared/int-planes.js';
import { packSpans, STAMPS, unpackSpans } from '../../src/html/shared/span-table.js';
import { spanBlock } from '../../src/html/span-block.js';
import type { SpanColumns } from '../../src/model/spans.js';
import { richReport } from '../support/page-report.js';

const every = () => 1;

describe('columns of whole numbers', () => {
  it('come back as they were, whatever their size and sign', () => {
    const whole = fc.oneof(fc.integer(), fc.integer({ min: -LARGEST, max: LARGEST }), fc.constant(0));
    fc.assert(
      fc.property(fc.array(whole), fc.nat(9), (values, offset) => {
        const bytes = toPlanes(values);
        const shifted = new Uint8Array(bytes.length + offset);
        shifted.set(bytes, offset);
        const planes = values.length === 0 ? 0 : bytes.length / values.length;
        expect([...fromPlanes(shifted, offset, planes, values.length)].map((each) => each + 0)).toEqual(
          values.map((each) => each + 0),
        );
      }),
    );
  });

  it('take no bytes if all are 0, and bound what is no number', () => {
    expect(toPlanes([0, 0, 0])).toHaveLength(0);
    expect([...fromPlanes(toPlanes([NaN, Infinity]), 0, 6, 2)]).toEqual([0, LARGEST]);
  });
});

/** Spans with any stamps: late, early, or not there. */
const stamp = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 1e7, noNaN: true }));
const anySpans = fc
  .array(
    fc.record({ stamps: fc.array(stamp, { minLength: STAMPS, maxLength: STAMPS }), id: fc.nat(), bytes: fc.nat(1e12) }),
  )
  .map((rows): SpanColumns => {
    const column = <T>(value: T) => rows.map(() => value);
    return {
      ...{ kept: rows.length, of: rows.length, tasks: ['a'], taskId: rows.map(({ id }) => id), task: column(0) },
      ...{ attempt: column(2), workerId: column(7), outcome: column('crash' as const), weight: column(3.5) },
      stamps: rows.map(({ stamps }) => stamps),
      ...{ limitWaitMs: column(1.25), batchWaitMs: column(0), encodeMs: column(0), backoffMs: column(4) },
      ...{ inputBytes: rows.map(({ bytes }) => bytes), outputBytes: column(64) },
    };
  });

function part({ stamps }: SpanColumns, row: number, from: number, to: number): number {
  return (stamps[row]?.[to] ?? NaN) - (stamps[row]?.[from] ?? NaN) || 0;
}

describe('spans of a page', () => {
  it('come back within half a step of time, without errors that add up', () => {
    fc.assert(
      fc.property(anySpans, fc.constantFrom(1, 2, 20), (spans, quantum) => {
        const rows = spans.taskId.map((_, i) => i);
        const { header, bytes } = packSpans(spans, rows, every, quantum);
        const table = unpackSpans(header, bytes);
        spans.stamps.forEach((stamps, row) => {
          stamps.forEach((at, i) => {
            const back = table.t[i]?.[row] ?? NaN;
            if (at === null) expect(back).toBeNaN();
            else expect(Math.abs(back - at)).toBeLessThanOrEqual(quantum / 2000 + 1e-6);
          });
        });
        expect([...table.taskId]).toEqual(spans.taskId);
        for (const [i, size] of spans.inputBytes.entries())
          expect(Math.abs((table.inputBytes[i] ?? 0) - size)).toBeLessThanOrEqual(size * 0.0051);
        for (const weight of table.weight) expect(weight).toBe(3.5);
        spans.encodeMs.forEach((encode, i) => {
          const codec = encode + part(spans, i, 3, 4) + part(spans, i, 8, 9);
          if (codec >= 0)
            expect(Math.abs((table.codecMs[i] ?? 0) - codec)).toBeLessThanOrEqual(Math.max(0.0001, codec * 0.051));
        });
        for (const wait of table.limitMs) expect(Math.abs(wait - 1.25)).toBeLessThanOrEqual(quantum / 2000 + 1e-9);
      }),
    );
  });

  it('refuse bytes that do not fit their header', () => {
    const { header, bytes } = packSpans(oneSpans(), [0], every, 1);
    expect(() => unpackSpans(header, bytes.slice(1))).toThrow(/bytes/);
    expect(() => unpackSpans({ ...header, planes: [1] }, bytes)).toThrow(/columns/);
  });
});

describe('the block of spans', () => {
  it('rounds first and samples then, to keep within its budget; failures stay, and weights keep the sum', () => {
    const spans = richReport({ tasks: 6000 }).pools[0]?.spans as SpanColumns;
    const failures = spans.outcome.filter((outcome) => outcome !== 'ok').length;
    expect(failures).toBeGreaterThan(0);
    const whole = spanBlock(spans, 1e6);
    expect(whole.header).toMatchObject({ rows: 6000, quantumUs: 1 });
    const rounded = spanBlock(spans, Math.floor(whole.base64.length * 0.9));
    expect(rounded.header.rows).toBe(6000);
    expect(rounded.header.quantumUs).toBeGreaterThan(1);
    const sampled = spanBlock(spans, 20_000);
    expect(sampled.base64.length).toBeLessThanOrEqual(20_000);
    expect(sampled.header.rows).toBeLessThan(6000);
    expect(sampled.header).toMatchObject({ kept: 6000, of: 6000 });
  });

  it('gives the sampled rows the weight of those that were left out', () => {
    const spans = richReport({ tasks: 4000 }).pools[0]?.spans as SpanColumns;
    const { header, base64 } = spanBlock(spans, 15_000);
    const table = unpackSpans(header, inflated(base64));
    const sum = table.weight.reduce((all, each) => all + each, 0);
    expect(Math.abs(sum - 4000) / 4000).toBeLessThan(0.02);
    const failed = [...table.outcome].filter((outcome) => outcome !== 0).length;
    expect(failed).toBe(spans.outcome.filter((outcome) => outcome !== 'ok').length);
  });
});

function inflated(base64: string): Uint8Array {
  return new Uint8Array(inflateRawSync(Buffer.from(base64, 'base64')));
}

function oneSpans(): SpanColumns {
  return richReport({ tasks: 1 }).pools[0]?.spans as SpanColumns;
}
