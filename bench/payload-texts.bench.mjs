// How fast do texts of 200,000 characters get into 2 workers, and out of them?
//
// Of plain texts V8 keeps a byte for each character, of wide ones two. A single character beyond Latin-1 makes a text wide.
import { strictEqual } from 'node:assert';
import { ours, timesBest } from './goals.mjs';
import { metric, payloads } from './payloads.mjs';
import { text } from './workloads/tasks.mjs';

const LENGTH = 200_000;
const SORTS = [
  { key: 'plain', label: 'plain text', of: '{"city":"Porto","score":4.5,"tags":["water","wheel"]},', bytes: LENGTH },
  { key: 'wide', label: 'wide text', of: 'Wasserräder – 水車 – водяное колесо – ', bytes: 2 * LENGTH },
];
const RIVALS = ['jest-worker', 'tinypool'];
const VALUES = SORTS.map(({ of, ...sort }) => ({
  ...sort,
  make: (i) => text({ of: `${i} ${of}`, length: LENGTH }),
  into: 'textLength',
  outOf: ['text', { of, length: LENGTH }],
  isRight(length, received) {
    strictEqual(length, LENGTH);
    strictEqual(received, text({ of, length: LENGTH }));
  },
}));

export default payloads({
  question: 'How fast do texts of 200,000 characters get into 2 workers, and out of them?',
  method:
    'In: a text for its length. Out: a few words for a text. Plain texts have a byte for each character in memory, wide ones two.',
  values: VALUES,
  goals: ['process', 'thread'].flatMap((kind) =>
    VALUES.flatMap(({ key, label }) => ['in', 'out'].map((way) => aim(kind, metric(key, label, way)))),
  ),
});

function aim(kind, metric) {
  const isRival = (each) => each.kind === kind && RIVALS.some((name) => each.name.startsWith(name));
  const text = `${metric.unit}, ${kind} pool against jest-worker and tinypool`;
  return timesBest({ number: 'B14', text, metric, us: ours(kind), them: isRival, atLeast: 1 });
}
