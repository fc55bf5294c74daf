// How fast do Buffers of 128 to 256 KB get into 2 workers, and out of them?
//
// Results are shares of a bare fork's rate in the same rounds, because MiB/s cannot be compared between machines. The goal is a
// multiple of the share before values from 64 KiB on went through shared memory. A base line measured with other work on the
// machine is provisional, and judges nothing.
import { deepStrictEqual, strictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { named, ours } from './goals.mjs';
import { metric, payloads } from './payloads.mjs';
import { bestMedian } from './statistics.mjs';

const KILOBYTES = [128, 200, 256];
const AT_LEAST = 1.5;
const BASE_LINE = JSON.parse(readFileSync(new URL('results/payload-buffers-base-line.json', import.meta.url), 'utf8'));
const VALUES = KILOBYTES.map((kilobytes) => ({
  key: `buffer${kilobytes}`,
  label: `${kilobytes} KB`,
  bytes: kilobytes * 1000,
  make: (i) => Buffer.alloc(kilobytes * 1000, `buffer ${i}`),
  into: 'byteLength',
  outOf: ['bytes', kilobytes * 1000],
  isRight(length, buffer) {
    strictEqual(length, kilobytes * 1000);
    // Some libraries clone a Buffer to a Uint8Array, which is as good.
    deepStrictEqual(Buffer.from(buffer), Buffer.alloc(kilobytes * 1000, 'millpond'));
  },
}));

export default payloads({
  question: 'How fast do Buffers of 128 to 256 KB get into 2 workers, and out of them?',
  method:
    'In: a Buffer for its length. Out: a number for a Buffer. Messages between processes are `advanced`; JSON would turn a Buffer into a list of numbers. Buffers are copied, not transferred.',
  values: VALUES,
  serialization: 'advanced',
  goals: VALUES.flatMap(({ key, label }) => ['in', 'out'].map((way) => timesBaseLine(metric(key, label, way)))),
});

/** Improvement on the base line: ours ÷ bare fork now, divided by the same ratio then. */
function timesBaseLine({ key, unit, better }) {
  return {
    number: 'B14',
    text: `${unit}, processes, against the base line`,
    unit: '×',
    atLeast: AT_LEAST,
    value(contestants) {
      if (BASE_LINE.isProvisional) return undefined;
      const us = bestMedian(contestants, ours('process'), key, better);
      const bare = bestMedian(contestants, named('bare fork, advanced'), key, better);
      if (us === undefined || bare === undefined) return undefined;
      return us / bare / (BASE_LINE.millpondProcesses[key] / BASE_LINE.bareFork[key]);
    },
  };
}
