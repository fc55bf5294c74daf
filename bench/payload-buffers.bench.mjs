// How fast do Buffers of 128 to 256 KB get into 2 workers, and out of them?
//
// The goal is a multiple of what it was on 2026-11-29, as a share of what a bare fork did in the same rounds: a share can be
// compared between machines, MiB/s cannot.
import { deepStrictEqual, strictEqual } from 'node:assert';
import { bestMedian } from './statistics.mjs';
import { named, ours } from './goals.mjs';
import { metric, payloads } from './payloads.mjs';

const KILOBYTES = [128, 200, 256];
const AT_LEAST = 1.5;
/** Times a bare fork, before large values began at 64 KiB. */
const BASE_LINE = { buffer128In: 1, buffer128Out: 1, buffer200In: 1, buffer200Out: 1, buffer256In: 1, buffer256Out: 1 };
const VALUES = KILOBYTES.map((kilobytes) => ({
  key: `buffer${kilobytes}`,
  label: `${kilobytes} KB`,
  bytes: kilobytes * 1000,
  make: (i) => Buffer.alloc(kilobytes * 1000, `buffer ${i}`),
  into: 'byteLength',
  outOf: ['bytes', kilobytes * 1000],
  isRight(length, buffer) {
    strictEqual(length, kilobytes * 1000);
    // Some clone a Buffer to a Uint8Array, which is as good.
    deepStrictEqual(Buffer.from(buffer), Buffer.alloc(kilobytes * 1000, 'millpond'));
  },
}));

export default payloads({
  question: 'How fast do Buffers of 128 to 256 KB get into 2 workers, and out of them?',
  method:
    'In: a Buffer for its length. Out: a number for a Buffer. Messages between processes are `advanced`; JSON would make a list of numbers of a Buffer. Buffers are copied, not transferred.',
  values: VALUES,
  serialization: 'advanced',
  goals: VALUES.flatMap(({ key, label }) => ['in', 'out'].map((way) => timesBaseLine(metric(key, label, way)))),
});

/** How many times better than the base line: ours ÷ bare fork, now, by the same of then. */
function timesBaseLine({ key, unit, better }) {
  return {
    number: 'B14',
    text: `${unit}, processes, against the base line`,
    unit: '×',
    atLeast: AT_LEAST,
    value(contestants) {
      const us = bestMedian(contestants, ours('process'), key, better);
      const bare = bestMedian(contestants, named('bare fork, advanced'), key, better);
      return us === undefined || bare === undefined ? undefined : us / bare / BASE_LINE[key];
    },
  };
}
