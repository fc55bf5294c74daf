// How many values a second does a stream of one worker carry, to a fast and to a slow reader?
//
// The baseline is an async generator in a thread. Its values go over its port within the same credit of 64 values. It gets new
// credit for a quarter of them, as Millpond does. It neither supervises nor cancels, and a value that cannot be cloned ends it.
import { deepStrictEqual, strictEqual } from 'node:assert';
import { PLURAL } from './kinds.mjs';

const CREDIT = 64;
const QUARTER = CREDIT / 4;
const CHUNK_BYTES = 64 * 1024;
const MB = 1e6;
/** Time that the slow reader takes for each value. A choice: far more than the transport of one takes. */
const SLOW_MS = 0.1;

const ITEMS = { key: 'itemsPerSecond', unit: 'records/s', better: 'higher' };
const SLOW = { key: 'slowItemsPerSecond', unit: 'records/s, slow reader', better: 'higher' };
const BYTES = { key: 'mbPerSecond', unit: 'MB/s', better: 'higher' };

export default {
  numbers: ['B28'],
  question: 'How many values a second does a stream of one worker carry, to a fast and to a slow reader?',
  method:
    `An async generator yields records of some 120 bytes, or Buffers of ${CHUNK_BYTES / 1024} KiB, within a credit of ${CREDIT} values. ` +
    `The slow reader computes ${SLOW_MS * 1000} µs for each record, so ${1000 / SLOW_MS} records/s are the most.`,
  metrics: [ITEMS, BYTES, SLOW],
  contestants: [
    ...['process', 'thread'].map(millpond),
    bare('bare MessagePort', 1),
    bare(`bare MessagePort, ${QUARTER} in a message`, QUARTER),
  ],
  goals: [],

  async round(contestant, { warmupMs, measureMs }) {
    const source = contestant.create(await contestant.load());
    await check(source);
    await rate(source, 'records', undefined, warmupMs);
    await rate(source, 'chunks', CHUNK_BYTES, warmupMs / 4);
    return {
      itemsPerSecond: await rate(source, 'records', undefined, measureMs),
      mbPerSecond: ((await rate(source, 'chunks', CHUNK_BYTES, measureMs)) * CHUNK_BYTES) / MB,
      slowItemsPerSecond: await rate(source, 'records', undefined, measureMs, compute),
    };
  },
};

async function check(source) {
  let id = 0;
  for await (const record of source.stream('records')) {
    strictEqual(record.id, id++);
    if (id === 500) break;
  }
  for await (const chunk of source.stream('chunks', CHUNK_BYTES)) {
    deepStrictEqual(Buffer.from(chunk), Buffer.alloc(CHUNK_BYTES, 0));
    break;
  }
}

/** @returns values a second */
async function rate(source, name, input, forMs, work = () => {}) {
  const startMs = performance.now();
  let seen = 0;
  for await (const value of source.stream(name, input)) {
    work(value);
    seen++;
    if (performance.now() - startMs >= forMs) break;
  }
  return (seen / (performance.now() - startMs)) * 1000;
}

function compute() {
  const endMs = performance.now() + SLOW_MS;
  while (performance.now() < endMs);
}

function millpond(kind) {
  return {
    name: `Millpond ${PLURAL[kind]}`,
    kind,
    role: 'subject',
    load: () => import('@millpond/core'),
    create({ Pool }) {
      const pool = new Pool(new URL('./workloads/streams.mjs', import.meta.url), { kind, workers: 1 });
      return { stream: (name, input) => pool.stream(name, input, { highWaterMark: CREDIT }) };
    },
  };
}

/** A thread for each stream. Its start is part of a measurement: some 30 of 1500 ms. */
function bare(name, batchSize) {
  return {
    name,
    kind: 'thread',
    role: 'baseline',
    load: () => import('node:worker_threads'),
    create: ({ Worker }) => ({ stream: (task, input) => bareStream(Worker, { name: task, input, batchSize }) }),
  };
}

async function* bareStream(Worker, { name, input, batchSize }) {
  const worker = new Worker(new URL('./workloads/bare-stream.mjs', import.meta.url), {
    workerData: { name, input, batchSize, credit: CREDIT },
  });
  const waiting = [];
  let goOn = () => {};
  worker.on('message', (message) => {
    if (batchSize === 1) waiting.push(message);
    else waiting.push(...message);
    goOn();
  });
  try {
    for (let at = 0, taken = 0; ; at++) {
      if (at === waiting.length) {
        waiting.length = at = 0;
        await new Promise((resolve) => (goOn = resolve));
      }
      if (++taken === QUARTER) {
        worker.postMessage(taken);
        taken = 0;
      }
      yield waiting[at];
    }
  } finally {
    void worker.terminate();
  }
}
