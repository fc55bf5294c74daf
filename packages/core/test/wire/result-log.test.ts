import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FileLogWriter } from '../../src/child/claims.js';
import { RecordBuffer } from '../../src/child/record-buffer.js';
import { Sink } from '../../src/codec/sink.js';
import { sharedBoard } from '../../src/transport/shared-board.js';
import { BOARD_BYTES } from '../../src/wire/claim-board.js';
import { isSkip, RECORD_HEADER, recordBytes, skipRecord, spanOf, STATUS } from '../../src/wire/record.js';
import {
  CONSUME_BYTES,
  LOG_BYTES,
  LOG_VALUE_BYTES,
  type LogReader,
  LogSpace,
  markOf,
  MemoryLogReader,
  MemoryLogWriter,
  offsetOf,
} from '../../src/wire/result-log.js';
import { ResultRow } from '../../src/worker/result-row.js';
import { type LogEnds, LOGS, openBoard } from '../support/result-link.js';

const TIMES = { receivedAt: 1, decodedAt: 2, startedAt: 3, endedAt: 4 };
/** The longest record there is. */
const LONGEST = recordBytes(LOG_VALUE_BYTES);

const sink = new Sink();
const buffer = new RecordBuffer();

/** A record whose value is its number, over and over. */
function recordOf(number: number, valueBytes: number): Buffer {
  sink.reset();
  sink.ensure(valueBytes);
  sink.bytes.fill(number & 0xff, 0, valueBytes);
  sink.at = valueBytes;
  buffer.truncate(0);
  buffer.add(number, STATUS.ok, 0, sink, undefined, TIMES);
  return Buffer.from(buffer.written());
}

/** The records in these bytes, without their marks. */
function recordsIn(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += spanOf(bytes, at)) {
    if (isSkip(bytes, at)) continue;
    const record = Buffer.from(bytes.subarray(at, at + spanOf(bytes, at)));
    record.writeUInt32LE(0, 0);
    record.writeUInt32LE(0, record.length - 4);
    records.push(record);
  }
  return records;
}

/** A log, what was written to it, and what was read. */
class Traffic {
  readonly ends: LogEnds;
  readonly written: Buffer[] = [];
  readonly read: Buffer[] = [];
  refused = 0;
  #number = 0;

  constructor(ends: LogEnds) {
    this.ends = ends;
  }

  write(valueBytes: number): boolean {
    const { writer, reader } = this.ends;
    const record = recordOf(++this.#number, valueBytes);
    const before = writer.position;
    const unread = (before - reader.position) >>> 0;
    const isTaken = writer.append(Buffer.from(record), 0, record.length);
    if (isTaken) {
      this.written.push(record);
      return true;
    }
    this.refused++;
    // Only where it, and a skip before it, would not fit behind what is unread, or was read and is not reported yet.
    expect(unread + CONSUME_BYTES + LONGEST + 2 * record.length).toBeGreaterThan(LOG_BYTES);
    expect(writer.position).toBe(before);
    return false;
  }

  /** Reads some of the records that can be seen, in one look. */
  readSome(most = Infinity, end?: number): number {
    const { reader } = this.ends;
    const bytes = reader.peek(end);
    if (bytes === undefined) return 0;
    let at = 0;
    for (let count = 0; count < most && at < bytes.length; count++) {
      const span = spanOf(bytes, at);
      reader.advance(span);
      // After it went on, as the reader of results does: what is being read must not be written over yet.
      this.read.push(...recordsIn(bytes.subarray(at, at + span)));
      at += span;
    }
    return at;
  }

  readAll(): void {
    while (this.readSome() > 0);
  }
}

const value = fc.oneof({ weight: 6, arbitrary: fc.nat(200) }, { weight: 3, arbitrary: fc.nat(LOG_VALUE_BYTES) });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('write' as const), value }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('write many' as const), value: fc.nat(2000), times: fc.nat(300) }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('read' as const), most: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.constant({ what: 'read up to now' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(traffic: Traffic, { what, ...rest }: Step): void {
  if (what === 'write') traffic.write((rest as { value: number }).value);
  else if (what === 'read') traffic.readSome((rest as { most: number }).most);
  else if (what === 'read up to now') traffic.readSome(Infinity, traffic.ends.writer.position);
  else {
    const { value: bytes, times } = rest as { value: number; times: number };
    for (let count = 0; count < times; count++) traffic.write(bytes);
  }
}

function expectAllRead(traffic: Traffic): void {
  traffic.readAll();
  expect(traffic.read.length).toBe(traffic.written.length);
  const differing = traffic.read.findIndex((record, index) => !record.equals(traffic.written[index] as Buffer));
  expect(differing).toBe(-1);
  expect(traffic.ends.reader.position).toBe(traffic.ends.writer.position);
  expect(traffic.ends.reader.peek()).toBeUndefined();
}

describe.each(Object.entries(LOGS))('a result log in %s', (_name, open) => {
  it('gives every record once, whole and in order, whatever is written and whenever it is read', () => {
    let refused = 0;
    let laps = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const traffic = new Traffic(open());
        for (const each of steps) take(traffic, each);
        expectAllRead(traffic);
        refused += traffic.refused;
        laps += traffic.ends.writer.position / LOG_BYTES;
      }),
      { numRuns: 30, endOnFailure: true },
    );
    // Else nothing above was tried on a full ring, or around its end.
    expect(refused).toBeGreaterThan(50);
    expect(laps).toBeGreaterThan(10);
  });

  it('skips what is left at the end of the ring, so that no record crosses it', () => {
    const traffic = new Traffic(open());
    const { writer, reader } = traffic.ends;
    while (writer.position < LOG_BYTES - 104) {
      traffic.write(Math.min(LOG_VALUE_BYTES, LOG_BYTES - 104 - writer.position - recordBytes(0)));
      traffic.readAll();
    }
    expect(writer.position).toBe(LOG_BYTES - 104);
    traffic.write(100);
    expect(writer.position).toBe(LOG_BYTES + recordBytes(100));
    const first = reader.peek() as Buffer;
    expect([isSkip(first, 0), spanOf(first, 0)]).toEqual([true, 104]);
    expectAllRead(traffic);
  });

  it('that is full refuses without a trace, and takes on as soon as it was read', () => {
    const traffic = new Traffic(open());
    while (traffic.write(1000));
    const { position } = traffic.ends.writer;
    expect(LOG_BYTES - position).toBeLessThan(recordBytes(1000));
    for (let count = 0; count < 3; count++) expect(traffic.write(1000)).toBe(false);
    traffic.readAll();
    expect(traffic.write(1000)).toBe(true);
    expectAllRead(traffic);
  });

  it('does not write over a record that is being read', () => {
    const { writer, reader } = open();
    let number = 0;
    const fill = (): void => {
      for (let isTaken = true; isTaken;) {
        const record = recordOf(++number, 500);
        isTaken = writer.append(Buffer.from(record), 0, record.length);
      }
    };
    fill();
    for (let lap = 0, next = 1; lap < 3; lap++) {
      const bytes = reader.peek() as Buffer;
      for (let at = 0; at < bytes.length;) {
        const span = spanOf(bytes, at);
        reader.advance(span);
        // The worker uses whatever room it has, before the record has been decoded.
        fill();
        const [record] = recordsIn(bytes.subarray(at, at + span));
        if (record !== undefined) {
          expect(record.readUInt32LE(8)).toBeGreaterThanOrEqual(next);
          next = record.readUInt32LE(8) + 1;
          expect(record.equals(recordOf(next - 1, 500))).toBe(true);
        }
        at += span;
      }
    }
  });

  it('goes on where positions begin again at 0', () => {
    const traffic = new Traffic(open());
    const { writer, reader } = traffic.ends;
    // The reader passes by each record without a look at it, as for frames that bring the records themselves.
    const long = recordOf(0, LOG_VALUE_BYTES);
    const pass = (record: Buffer): void => {
      const before = writer.position;
      if (!writer.append(record, 0, record.length)) throw new Error('No room.');
      reader.advance((writer.position - before) >>> 0);
    };
    while (writer.position < 2 ** 32 - 2 * LOG_BYTES) pass(long);
    expect(reader.position).toBe(writer.position);
    for (const each of fc.sample(step, { numRuns: 300, seed: 4 })) take(traffic, each);
    expectAllRead(traffic);
    expect(writer.position).toBeLessThan(2 ** 31);
  });
});

describe('the room in a log', () => {
  it('is counted right around 2³², and asked for only when it seems to be used up', () => {
    // In the first lap nothing was read before 0.
    const first = (2 * LOG_BYTES) / 8;
    const last = 2 ** 29 - 1;
    const position = fc.oneof(
      fc.integer({ min: first, max: last }),
      fc.integer({ min: last - 100, max: last }),
      fc.integer({ min: 1, max: 100 }).map((lap) => (lap * LOG_BYTES) / 8 + first),
    );
    fc.assert(
      fc.property(position, fc.nat(LOG_BYTES / 8), fc.integer({ min: 6, max: LOG_BYTES / 8 }), (at, used, words) => {
        const space = new LogSpace();
        space.position = at * 8;
        const consumed = (space.position - used * 8) >>> 0;
        const length = words * 8;
        const left = LOG_BYTES - offsetOf(space.position);
        const skip = length > left ? left : 0;
        const fits = used * 8 + skip + length <= LOG_BYTES;
        expect(space.skipFor(length, { consumed: () => consumed })).toBe(fits ? skip : -1);
        if (!fits) return;
        expect(space.skipFor(length, { consumed: () => expect.unreachable('There is room as far as it knows.') })).toBe(
          skip,
        );
      }),
    );
  });

  it('is marked by positions that are never 0', () => {
    for (const position of [0, 8, LOG_BYTES, 2 ** 32 - 8]) expect(markOf(position)).toBeGreaterThan(0);
  });
});

describe('a record that was cut off when its worker was killed', () => {
  it('is not read, nor is anything behind it; the ones before it are', () => {
    const board = openBoard();
    const writer = new FileLogWriter(board.fd);
    // A lap of the ring first, so that old records lie where the cut one ends.
    const traffic = new Traffic({ writer, reader: board.log });
    while (writer.position < LOG_BYTES + 5000) {
      traffic.write(56);
      traffic.readAll();
    }
    traffic.write(8);
    const start = (writer.position + 0) >>> 0;
    const record = recordOf(99, 56);
    record.writeUInt32LE(markOf(start), 0);
    record.writeUInt32LE(markOf(start), record.length - 4);
    const write = (bytes: Uint8Array): void =>
      void writeSync(board.fd, bytes, 0, bytes.length, BOARD_BYTES + offsetOf(start));
    const old = Buffer.alloc(record.length);
    board.read(old, old.length, BOARD_BYTES + offsetOf(start));
    traffic.readAll();
    const { length } = traffic.read;
    for (let cut = 0; cut <= record.length; cut++) {
      write(old);
      write(record.subarray(0, cut));
      const seen = board.log.peek();
      // Its last bytes may be what lay there before.
      const isWhole = Buffer.concat([record.subarray(0, cut), old.subarray(cut)]).equals(record);
      expect(seen === undefined ? [] : recordsIn(seen)).toEqual(isWhole ? recordsIn(record) : []);
    }
    expect(length).toBe(traffic.written.length);
  });

  it('is not read either when it is a skip record without its length, or one that leads too far', () => {
    const board = openBoard();
    const at = BOARD_BYTES;
    for (const bytes of [skipRecord(markOf(0), 64).subarray(0, 4), skipRecord(markOf(0), LOG_BYTES + 8)]) {
      writeSync(board.fd, Buffer.alloc(8), 0, 8, at);
      writeSync(board.fd, bytes, 0, bytes.length, at);
      expect(board.log.peek()).toBeUndefined();
    }
  });

  it('ends what a reader sees where it expects a position further on', () => {
    const { writer, reader } = LOGS.file();
    const record = recordOf(1, 10);
    writer.append(record, 0, record.length);
    for (const beyond of [8, 48, 4096]) expect(reader.peek(record.length + beyond)?.length).toBe(record.length);
  });
});

const COUNT = 15_000;

/** Reads silently until every record has come, checks each, and returns the bytes they took. */
async function readAlong(log: LogReader, isOver: () => boolean): Promise<number> {
  const row = new ResultRow(0, -Infinity, 0);
  let number = 0;
  let total = 0;
  while (number < COUNT) {
    const over = isOver();
    const bytes = log.peek();
    if (bytes === undefined) {
      if (over) break;
      await nextTurn();
      continue;
    }
    total += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const span = spanOf(bytes, at);
      log.advance(span);
      if (!isSkip(bytes, at)) {
        number++;
        row.open(bytes, at);
        const words = number % 50 === 0 ? (number * 7919) % 4096 : (number * 31) % 64;
        expect([row.wireId, row.valueBytes, row.endedAt]).toEqual([number, words * 4, 4]);
        const from = at + RECORD_HEADER;
        for (let word = 0; word < words; word++) {
          if (bytes.readUInt32LE(from + word * 4) !== number) expect.fail(`Word ${word} of record ${number} is torn.`);
        }
      }
      at += span;
    }
  }
  expect(number).toBe(COUNT);
  expect(log.peek()).toBeUndefined();
  return total;
}

describe('a log that is read while it is written', () => {
  it('by another process gives every record once, whole and in order', async () => {
    const board = openBoard();
    const script = fileURLToPath(new URL('../fixtures/writes-log-in-file.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, String(COUNT)], {
      stdio: ['ignore', 'inherit', 'inherit', board.fd],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    let isOver = false;
    void exited.then(() => (isOver = true));
    const total = await readAlong(board.log, () => isOver);
    // The ring holds a part of them, so that its writer had to wait for this reader.
    expect(total).toBeGreaterThan(5 * LOG_BYTES);
    expect(await exited).toEqual([0, null]);
  });

  it('by another thread does, too', async () => {
    const memory = sharedBoard();
    const thread = new Worker(new URL('../fixtures/writes-log-in-memory.mjs', import.meta.url), {
      workerData: { memory, count: COUNT },
    });
    const exited = once(thread, 'exit');
    let isOver = false;
    void exited.then(() => (isOver = true));
    const total = await readAlong(new MemoryLogReader(memory, BOARD_BYTES), () => isOver);
    // The ring holds a part of them, so that its writer had to wait for this reader.
    expect(total).toBeGreaterThan(5 * LOG_BYTES);
    expect(await exited).toEqual([0]);
  });
});

describe('a log in memory whose words were wiped', () => {
  it('gives nothing', () => {
    const memory = sharedBoard();
    const writer = new MemoryLogWriter(memory, BOARD_BYTES);
    const reader = new MemoryLogReader(memory, BOARD_BYTES);
    const record = recordOf(1, 10);
    writer.append(record, 0, record.length);
    reader.advance(record.length);
    writer.append(record, 0, record.length);
    new Uint8Array(memory).fill(0);
    expect(reader.peek()).toBeUndefined();
  });
});
