import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordBuffer } from '../../src/child/record-buffer.js';
import { Sink } from '../../src/codec/sink.js';
import {
  isSkip,
  lastPlace,
  readPlace,
  recordBytes,
  recordLength,
  SKIP_BYTES,
  skipRecord,
  spanOf,
  STATUS,
  tableBytes,
  writePlaces,
} from '../../src/wire/record.js';
import { ResultRow } from '../../src/worker/result-row.js';

const u32 = fc.nat(0xffffffff);
const place = fc.record({ number: u32, at: u32, bytes: u32 });
const record = fc.record({
  wireId: u32,
  status: fc.constantFrom(...Object.values(STATUS)),
  flags: fc.nat(7),
  value: fc.uint8Array({ maxLength: 200 }),
  places: fc.option(fc.array(place, { maxLength: 5 }), { nil: undefined }),
  endedAt: fc.double({ min: 0, max: 1e9, noNaN: true }),
  before: fc.tuple(...([1, 2, 3] as const).map(() => fc.double({ min: 0, max: 1000, noNaN: true }))),
});

/** A value that is under way in a sink, behind another one. */
function sinkWith(value: Uint8Array): Sink {
  const sink = new Sink();
  sink.ensure(3);
  sink.at = 3;
  sink.begin();
  sink.ensure(value.length);
  sink.bytes.set(value, sink.at);
  sink.at += value.length;
  return sink;
}

/** One record with this value, with a mark as the log gives it. */
function recordOf(value: Uint8Array, mark: number): Buffer {
  const buffer = new RecordBuffer();
  const times = { receivedAt: 1, decodedAt: 2, startedAt: 3, endedAt: 4 };
  buffer.add(7, STATUS.ok, 0, sinkWith(value), undefined, times);
  const bytes = Buffer.from(buffer.written());
  bytes.writeUInt32LE(mark, 0);
  bytes.writeUInt32LE(mark, bytes.length - 4);
  return bytes;
}

describe('records', () => {
  it('come back one by one as they were written, with values and places of any number', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), (records) => {
        const buffer = new RecordBuffer();
        for (const { wireId, status, flags, value, places, endedAt, before } of records) {
          const [receivedAt = 0, decodedAt = 0, startedAt = 0] = before.map((ms) => endedAt - ms);
          const times = { receivedAt, decodedAt, startedAt, endedAt };
          const length = buffer.add(wireId, status, flags, sinkWith(value), places, times);
          expect(length).toBe(recordBytes(value.length + (places === undefined ? 0 : tableBytes(places.length))));
        }
        const bytes = buffer.written();
        const row = new ResultRow(0, -Infinity, 0);
        let at = 0;
        for (const { wireId, status, flags, value, places, endedAt, before } of records) {
          row.open(bytes, at);
          expect([row.wireId, row.kind, row.status, row.flags]).toEqual([wireId, status, status, flags]);
          expect(Buffer.from(value).equals(bytes.subarray(row.valueAt, row.valueAt + row.valueBytes))).toBe(true);
          const read = places?.map((_, index) => readPlace(bytes, row.valueAt + row.valueBytes, index));
          expect(read).toEqual(places);
          expect([row.endedAt, row.repliedAt]).toEqual([endedAt, endedAt]);
          // A float holds a second to 0.1 µs; the difference to a large time is no finer than that time.
          const step = 1e-4 + endedAt * 2 ** -50;
          [row.receivedAt, row.decodedAt, row.startedAt].forEach((time, index) => {
            expect(Math.abs(time - (endedAt - (before[index] ?? 0)))).toBeLessThan(step);
          });
          expect(isSkip(bytes, at)).toBe(false);
          at += spanOf(bytes, at);
        }
        expect(at).toBe(bytes.length);
      }),
    );
  });

  it('begin at multiples of 8, and have no mark until the log gives them one', () => {
    const buffer = new RecordBuffer();
    buffer.bytes.fill(0xee);
    const times = { receivedAt: 0, decodedAt: 0, startedAt: 0, endedAt: 0 };
    for (let bytes = 0; bytes < 20; bytes++)
      buffer.add(7, STATUS.ok, 0, sinkWith(Buffer.alloc(bytes)), undefined, times);
    const bytes = buffer.written();
    for (let at = 0; at < bytes.length; at += spanOf(bytes, at)) {
      const end = at + spanOf(bytes, at);
      expect([at % 8, bytes.readUInt32LE(at), bytes.readUInt32LE(end - 4)]).toEqual([0, 0, 0]);
    }
  });

  it('of any size grow their buffer, which is given back when it was much', () => {
    const buffer = new RecordBuffer();
    const first = buffer.bytes.length;
    const times = { receivedAt: 0, decodedAt: 0, startedAt: 0, endedAt: 0 };
    for (let count = 0; count < 3; count++) {
      buffer.add(count, STATUS.ok, 0, sinkWith(Buffer.alloc(2 ** 20, count)), undefined, times);
    }
    const row = new ResultRow(0, 0, 0);
    const bytes = buffer.written();
    for (let at = 0, count = 0; at < bytes.length; at += spanOf(bytes, at), count++) {
      row.open(bytes, at);
      const value = bytes.subarray(row.valueAt, row.valueAt + row.valueBytes);
      expect([row.wireId, value.length, value.every((byte) => byte === count)]).toEqual([count, 2 ** 20, true]);
    }
    buffer.truncate(0);
    expect([buffer.length, buffer.bytes.length]).toEqual([0, first]);
  });
});

describe('a record that may be torn', () => {
  const cases = fc.record({
    value: fc.uint8Array({ maxLength: 100 }),
    // Positions are multiples of 8, a mark is the position and one more.
    mark: fc.nat(2 ** 29 - 1).map((at) => at * 8 + 1),
    stale: fc.uint8Array({ minLength: 200, maxLength: 200 }),
    // A write that is cut off ends at a page of memory, or between two words.
    cut: fc.nat(2 ** 20).map((words) => words * 8),
  });

  it('is read as a whole one only where every byte of it is there, whatever lies behind the cut', () => {
    fc.assert(
      fc.property(cases, ({ value, mark, stale, cut }) => {
        const whole = recordOf(value, mark);
        expect(recordLength(whole, 0, mark)).toBe(whole.length);
        const torn = Buffer.from(stale);
        whole.copy(torn, 0, 0, cut % whole.length);
        const length = recordLength(torn, 0, mark);
        if (length > 0) expect(torn.subarray(0, length)).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  it('is none where the bytes end before it does', () => {
    const whole = recordOf(Buffer.alloc(30, 1), 9);
    for (let cut = 0; cut < whole.length; cut++) expect(recordLength(whole.subarray(0, cut), 0, 9)).toBe(0);
  });

  it('is none for another position, as a record of the lap before is', () => {
    const whole = recordOf(Buffer.alloc(30, 1), 9);
    for (const mark of [0, 1, 8, 17, 9 + 2 ** 18]) expect(recordLength(whole, 0, mark)).toBe(0);
  });

  it.each([
    ['no multiple of 8', 50],
    ['nothing', 0],
    ['less than a header', 40],
    ['more than there is', 104],
  ])('is none with a length of %s', (_what, length) => {
    // Every word of it is the mark, so that its end is there wherever that is.
    const words = Buffer.alloc(96);
    for (let at = 0; at < words.length; at += 4) words.writeUInt32LE(9, at);
    words.writeUInt32LE(length, 4);
    expect(recordLength(words, 0, 9)).toBe(0);
    words.writeUInt32LE(48, 4);
    expect(recordLength(words, 0, 9)).toBe(48);
  });
});

describe('a skip record', () => {
  it('says only how far the next record is, and needs no end', () => {
    for (const length of [SKIP_BYTES, 48, 2 ** 18 - 8]) {
      const bytes = Buffer.alloc(length);
      bytes.set(skipRecord(17, length));
      expect([isSkip(bytes, 0), spanOf(bytes, 0), recordLength(bytes, 0, 17)]).toEqual([true, length, length]);
      expect(recordLength(bytes, 0, 25)).toBe(0);
    }
  });
});

describe('a damaged record', () => {
  it('is refused where its length leads nowhere', () => {
    for (const length of [0, 7, 10_000]) {
      const bytes = recordOf(Uint8Array.of(1), 0);
      bytes.writeUInt32LE(length, 4);
      expect(() => spanOf(bytes, 0)).toThrow(`A record of ${length} bytes`);
    }
  });

  it('is refused where it names a place that is not in its table', () => {
    const table = Buffer.alloc(tableBytes(1));
    table.writeUInt32LE(1, 0);
    expect(readPlace(table, 0, 0)).toEqual({ number: 0, at: 0, bytes: 0 });
    expect(() => readPlace(table, 0, 1)).toThrow(RangeError);
  });

  it('is refused where its last place is asked for, and its table is empty', () => {
    const table = Buffer.alloc(64);
    const places = [7, 8].map((number) => ({ number, at: number * 100, bytes: 10 }));
    writePlaces(table, 16, places);
    expect(lastPlace(table, 16)).toEqual(places[1]);
    writePlaces(table, 16, []);
    expect(() => lastPlace(table, 16)).toThrow(RangeError);
  });
});
