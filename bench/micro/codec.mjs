// What does each codec take to write a value and to read it? Nanoseconds for one value, written + read.
//
//   node bench/micro/codec.mjs                  all of it, some two minutes
//   node bench/micro/codec.mjs record text      the sets with one of these words in their name
//
// Codecs take turns in rounds, so that other load on the machine hits all alike. The numbers are medians of the rounds, in
// processor time of the process, garbage collection included.
// Values are different ones, in turn (bench/values.mjs). "in 64" writes 64 values to one frame. V8, JSON and msgpackr write them
// as a list, ours one by one as a pool does. Values are checked to come back equal before the measurement.
import assert from 'node:assert';
import v8 from 'node:v8';
import vm from 'node:vm';
import { Packr } from 'msgpackr';
import { Sink } from '../../packages/core/dist/codec/sink.js';
import { TreeDecoder } from '../../packages/core/dist/codec/tree-decoder.js';
import { TreeEncoder } from '../../packages/core/dist/codec/tree-encoder.js';
import { OBJECTS, RECORDS } from '../values.mjs';

const ROUNDS = 9;
const ROUND_MS = 40;
const WARM_UP_MS = 300;
const LIMIT = 2 ** 30;

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

/** Ours, with the link between the two sides: new shapes are defined on the way. */
function tree() {
  const encoder = new TreeEncoder({ limitBytes: LIMIT, largeBytes: LIMIT });
  const decoder = new TreeDecoder();
  const sink = new Sink();
  const definitions = new Sink();
  let known = 0;
  return {
    write(values) {
      return values.map((value) => {
        encoder.encode(value, sink);
        return { bytes: sink.bytes, at: sink.start, end: sink.at };
      });
    },
    read(written) {
      if (encoder.shapeCount > known) {
        encoder.writeShapes(known, definitions);
        decoder.defineShapes(definitions.bytes, definitions.start, definitions.at);
        known = encoder.shapeCount;
      }
      return written.map(({ bytes, at, end }) => decoder.decode(bytes, at, end));
    },
  };
}

const packr = new Packr({ structuredClone: true, moreTypes: true });
const CODECS = {
  ours: tree(),
  'v8, alone': {
    write: (values) => values.map((value) => v8.serialize(value)),
    read: (written) => written.map((bytes) => v8.deserialize(bytes)),
  },
  'v8, list': { write: (values) => v8.serialize(values), read: (bytes) => v8.deserialize(bytes) },
  json: { write: (values) => Buffer.from(JSON.stringify(values)), read: (bytes) => JSON.parse(bytes.toString()) },
  msgpackr: { write: (values) => packr.pack(values), read: (bytes) => packr.unpack(bytes) },
};

const WORDS = 'water wheel grain stone river sluice flour timber bridge meadow heron willow current basin'.split(' ');
const many = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const repeated = (text, length) => text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** A tree like JSON, of various shapes. Objects have 1 to 6 keys from a few lists of names; leaves are texts and numbers. */
function document(depth, seed) {
  const kind = (seed * 7919) % 11;
  if (depth === 0 || kind < 3)
    return kind % 2 === 0 ? seed / 8 : `${WORDS[seed % 14]} ${WORDS[(seed * 3) % 14]} ${seed}`;
  if (kind < 6) return many(4 + (seed % 5), (index) => document(depth - 1, seed * 5 + index + 1));
  const names = many(1 + (seed % 6), (index) => `${WORDS[(kind + index * 2) % 14]}${kind}`);
  return Object.fromEntries(names.map((name, index) => [name, document(depth - 1, seed * 3 + index + 2)]));
}

/** Keys that no other dictionary has. */
const dictionary = (count, from) => Object.fromEntries(many(count, (index) => [`k${from + index}`, index]));

/**
 * Each set is made when its turn comes, because a collection visits all that is alive. Dictionaries are made one by one and
 * seen once. Otherwise a reader in the same heap would find V8's hidden classes of the writer, which no other process has.
 */
const SETS = {
  record: () => RECORDS,
  object: () => OBJECTS,
  'small integer': () => many(100, (index) => index),
  integer: () => many(1000, (index) => index * 7919 + 1000),
  fraction: () => many(1000, (index) => index / 7),
  'text of 12': () => many(1000, (index) => `${WORDS[index % 14]}-${index}`.padEnd(12, 'x').slice(0, 12)),
  'text of 36': () => many(1000, (index) => repeated(`${index} ${WORDS[index % 14]} `, 36)),
  'text of 10,000': () => many(20, (index) => repeated(`${index} ${WORDS[index % 14]} `, 10_000)),
  'Buffer of 512': () => many(100, (index) => Buffer.alloc(512, index)),
  'large: a document': () => [many(60, (index) => document(6, index + 1))],
  'large: 10,000 integers': () => [many(10_000, (index) => index * 31)],
  'large: 10,000 fractions': () => [many(10_000, (index) => index / 7)],
  'large: 10,000 records': () => [
    many(10, () => RECORDS)
      .flat()
      .map((record) => ({ ...record })),
  ],
  'large: text of 1 MB, ASCII': () => [repeated('water wheel grain stone ', 2 ** 20)],
  'large: text of 1 MB, latin1': () => [repeated('Zürich, Kraków und Tälesträßli ', 2 ** 20)],
  'large: text of 1 MB, CJK': () => [repeated('水車小屋の石臼と川の流れ', 2 ** 20)],
  'large: text of 1 MB, one euro sign': () => [`€${repeated('water wheel grain stone ', 2 ** 20)}`],
  'large: object of 100,000 keys': () => (turn) => dictionary(100_000, turn * 100_000),
  'large: 1,000 dictionaries of 100 keys': () => (turn) =>
    many(1000, (row) => dictionary(100, (turn * 1000 + row) * 100)),
};

const wanted = process.argv.slice(2);
const columns = Object.keys(CODECS);
console.log(`Node ${process.version}, ns a value, written + read`);
console.log(`| value | ${columns.join(' | ')} |\n| --- |${columns.map(() => ' --- |').join('')}`);
for (const [name, make] of Object.entries(SETS)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const set = make();
  const sizes = name.startsWith('large') ? [1] : [1, 64];
  for (const size of sizes) {
    const cells = measure(set, size);
    const label = size === 1 ? name : `${name}, in ${size}`;
    console.log(`| ${label} | ${columns.map((codec) => cells[codec] ?? '–').join(' | ')} |`);
  }
}

function measure(set, size) {
  const times = {};
  let next = 0;
  const isMadeOnce = typeof set === 'function';
  const frame = () => many(size, () => (isMadeOnce ? set(next++) : set[next++ % set.length]));
  for (const [name, codec] of Object.entries(CODECS)) {
    try {
      const values = frame();
      assert.deepStrictEqual(codec.read(codec.write(values)), values);
      timed(codec, frame, size, WARM_UP_MS, isMadeOnce);
      times[name] = [];
    } catch {
      // This codec changes these values.
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(times)) times[name].push(timed(CODECS[name], frame, size, ROUND_MS, isMadeOnce));
  }
  return Object.fromEntries(Object.entries(times).map(([name, rounds]) => [name, median(rounds)]));
}

/**
 * Frames are written and read in batches of some milliseconds, because the processor's clock counts microseconds. The garbage
 * of a codec is collected before the next one starts.
 */
function timed(codec, frame, size, ms, isMadeOnce) {
  collect();
  let atOnce = 1;
  let write = 0;
  let read = 0;
  let count = 0;
  const until = performance.now() + ms;
  do {
    const { written, wrote } = writeAll(codec, many(atOnce, frame));
    if (isMadeOnce) collect();
    write += wrote;
    read += cpuOf(() => written.forEach(codec.read));
    count += size * atOnce;
    if (wrote < 2000) atOnce *= 2;
  } while (performance.now() < until);
  return [(write / count) * 1000, (read / count) * 1000];
}

/** A function of its own, so that the values can be collected after it. */
function writeAll(codec, frames) {
  let written;
  const wrote = cpuOf(() => (written = frames.map(codec.write)));
  return { written, wrote };
}

function cpuOf(work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function median(rounds) {
  const [write, read] = rounds.sort((a, b) => a[0] + a[1] - b[0] - b[1])[rounds.length >> 1].map(Math.round);
  return `${write.toLocaleString('en')} + ${read.toLocaleString('en')}`;
}
