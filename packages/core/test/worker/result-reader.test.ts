import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { LARGE_BYTES } from '../../src/codec/arena.js';
import type { ResultsFrame } from '../../src/wire/frame.js';
import { RECORD_HEADER, STATUS } from '../../src/wire/record.js';
import type { LogReader } from '../../src/wire/result-log.js';
import type { ResultRow } from '../../src/worker/result-row.js';
import { type LinkOptions, type LogEnds, LOGS, openLink } from '../support/result-link.js';

const KINDS = Object.entries(LOGS);
const MIB = 2 ** 20;

/** A link over this log, and the ways its parent may read. */
function open(log: LogEnds, options: LinkOptions = {}) {
  const link = openLink({ ...options, log });
  const look = (): boolean => link.reader.readLog(hostNowMs, true);
  const ids = (): number[] => link.rows.map(({ wireId }) => wireId);
  return { ...link, look, ids };
}

const range = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);

describe.each(KINDS)('results of one worker, with a log in %s,', (_name, openLog) => {
  it('are read once each and in the order of their stream, whenever the worker tells and the parent looks', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ isLasting: fc.boolean(), size: fc.oneof(fc.nat(50), fc.nat(30_000)) }) },
      { weight: 2, arbitrary: fc.constantFrom('send', 'receive', 'look') },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 150 }), (steps) => {
        const { rows, add, writer, receive, look } = open(openLog(), { arena: MIB });
        const lasting: number[] = [];
        const loose: number[] = [];
        for (const [index, step] of steps.entries()) {
          if (step === 'send') writer.send();
          else if (step === 'receive') receive();
          else if (step === 'look') look();
          else if (typeof step === 'object') {
            add(index, { index, text: 'x'.repeat(step.size) }, step.isLasting);
            (step.isLasting ? lasting : loose).push(index);
          }
        }
        writer.send();
        receive();
        for (const { wireId, status, value } of rows) {
          expect([status, (value as { index: number }).index]).toEqual([STATUS.ok, wireId]);
        }
        const read = rows.map(({ wireId }) => wireId);
        expect(read.toSorted((a, b) => a - b)).toEqual([...lasting, ...loose].toSorted((a, b) => a - b));
        expect(read.filter((id) => loose.includes(id))).toEqual(loose);
        expect(look()).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('arrive as texts from a thread when they are long', () => {
    const { rows, add, writer, receive, returned, look } = open(openLog(), { clones: true });
    const texts = ['plain'.repeat(20_000), 'щи'.repeat(20_000), 'short'];
    for (const [index, text] of texts.entries()) expect(add(index, text, true)).toBe(text === 'short');
    look();
    // The log says that these handlers have returned, so that their tasks are not run again.
    expect(returned).toEqual([0, 1]);
    writer.send();
    receive();
    expect(rows.map(({ wireId, value }) => [wireId, value === texts[wireId]]).sort()).toEqual(
      [0, 1, 2].map((id) => [id, true]),
    );
  });

  it('keep the bytes of their errors when the log goes round', () => {
    const { rows, add, writer, receive, look } = open(openLog(), { arena: MIB });
    add(1, { error: Buffer.alloc(40, 1) }, true, STATUS.error);
    look();
    for (let id = 2; id < 2000; id++) {
      add(id, 'x'.repeat(1000), true);
      look();
    }
    writer.send();
    receive();
    expect(rows).toHaveLength(1999);
    const { error } = rows[0]?.value as { error: Uint8Array };
    expect([...new Set(error)]).toEqual([1]);
  });

  it('are read up to where a frame tells, though the log has more: their progress may be on its way', () => {
    const { add, writer, frames, reader, ids } = open(openLog());
    // Long enough that no frame takes them along.
    const long = 'x'.repeat(3000);
    for (const id of range(3)) add(id, long, true);
    writer.send();
    const [frame] = frames() as [ResultsFrame];
    add(4, long, true);
    reader.readFrame(frame, 0);
    expect(ids()).toEqual([1, 2, 3]);
  });

  it('that a silent look has found are not taken from the frame again', () => {
    const { add, writer, receive, look, ids } = open(openLog());
    add(1, 'a', true);
    expect(look()).toBe(true);
    add(2, 'b', true);
    writer.send();
    receive();
    add(3, 'c', true);
    writer.send();
    expect(look()).toBe(true);
    receive();
    expect(ids()).toEqual([1, 2, 3]);
    expect(look()).toBe(false);
  });

  it('never came before they were ready, when the worker goes on during a look', () => {
    const seen: [returnedAt: number, endedAt: number][] = [];
    let nowMs = 5000;
    const { add, reader } = open(openLog(), {
      onRow: ({ returnedAt, endedAt }) => {
        seen.push([returnedAt, endedAt]);
        // The parent takes long for the first one, and the worker logs another one meanwhile.
        nowMs += 50;
        if (seen.length === 1) add(2, 'later', true);
      },
    });
    add(1, 'first', true);
    reader.readLog(() => nowMs, true);
    expect(seen.map(([returnedAt]) => returnedAt)).toEqual([5000, 5050]);
  });

  it('tell when they were ready, and when they came', () => {
    const seen: Pick<ResultRow, 'settledAt' | 'returnedAt' | 'repliedAt' | 'endedAt' | 'startedAt'>[] = [];
    const { add, writer, reader, frames } = open(openLog(), {
      onRow: ({ settledAt, returnedAt, repliedAt, endedAt, startedAt }) =>
        void seen.push({ settledAt, returnedAt, repliedAt, endedAt, startedAt }),
    });
    add(1, 'by a look', true);
    reader.readLog(() => 5000, true);
    add(2, 'by a frame', true);
    writer.send();
    const [frame] = frames();
    reader.readFrame(frame as ResultsFrame, 6000);
    expect(seen).toEqual([
      { settledAt: 5000, returnedAt: 5000, repliedAt: 1004, endedAt: 1004, startedAt: 1003 },
      {
        settledAt: 6000,
        returnedAt: frame?.receivedAt,
        repliedAt: Math.max(frame?.sentAt ?? 0, 1008),
        endedAt: 1008,
        startedAt: 1007,
      },
    ]);
  });

  it('settle once they are decoded, which takes time for a large one', () => {
    const settled: [id: number, settledAt: number][] = [];
    const { add, writer, reader, frames } = open(openLog(), {
      onRow: ({ wireId, settledAt }) => void settled.push([wireId, settledAt]),
      now: () => 7000,
    });
    add(1, 'small', true);
    add(2, 'x'.repeat(10_000), true);
    add(3, 'small', true);
    writer.send();
    for (const frame of frames()) reader.readFrame(frame, 6000);
    expect(settled).toEqual([
      [1, 6000],
      [2, 7000],
      [3, 7000],
    ]);
  });

  it('are not decoded for tasks that are not wanted any more, and their places in the arena are free again', () => {
    const { add, rows, look, arenas } = open(openLog(), { arena: MIB, isWanted: (id) => id % 2 === 0 });
    for (const id of range(6)) {
      add(id, Buffer.alloc(MIB / 2, id), true);
      add(id + 10, { a: 1 }, true);
      look();
    }
    const values = rows.map(({ wireId, value }) => [wireId, Buffer.isBuffer(value) ? value[0] : value]);
    expect(values.filter(([id]) => (id as number) < 10)).toEqual(
      range(6).map((id) => [id, id % 2 === 0 ? id : undefined]),
    );
    expect(arenas?.there.mark()).toBe(6);
  });

  it('that nothing reads, or reads to their end, make room in the arena, too', () => {
    const { add, look, arenas } = open(openLog(), { arena: 2 * MIB, isWanted: (id) => id > 10 });
    for (const id of range(5)) {
      add(id, Buffer.alloc(2 * MIB), true);
      look();
      expect(arenas?.there.mark()).toBe(id);
    }
  });

  it('that cannot be read are reported with the reason; their neighbours are as they were', () => {
    const log = openLog();
    const { add, rows, writer, frames, reader, look } = open(log);
    for (const isLasting of [true, false]) {
      for (const id of range(3)) add(id, 'some text', isLasting);
    }
    writer.send();
    const [frame] = frames() as [ResultsFrame];
    // A file's log rides in the frame, before what is in the frame only. The second of each is ruined.
    const { isMemory } = log.writer;
    const each = frame.values.length / (isMemory ? 3 : 6);
    const ruin = (bytes: Buffer, row: number): void =>
      void bytes.fill(0xff, row * each + RECORD_HEADER, row * each + RECORD_HEADER + 5);
    ruin(isMemory ? (log.reader.peek() as Buffer) : frame.values, 1);
    ruin(frame.values, isMemory ? 1 : 4);
    reader.readFrame(frame, 0);
    const unread = { reason: expect.stringContaining('cannot be read again') as string };
    const three = [
      { wireId: 1, status: STATUS.ok, value: 'some text' },
      { wireId: 2, status: STATUS.notSerializable, value: unread },
      { wireId: 3, status: STATUS.ok, value: 'some text' },
    ];
    expect(rows).toEqual([...three, ...three]);
    expect(look()).toBe(false);
  });
});

describe.each(KINDS)('a reader that is called back in the middle, with a log in %s,', (_name, openLog) => {
  it('gives every result once, when what a result leads to reads the log', () => {
    const log = openLog();
    const link = open(log, {
      onRow({ wireId }) {
        // Meanwhile the worker goes on.
        if (wireId < 100) link.add(wireId + 100, { later: wireId }, true);
        link.look();
      },
    });
    const { add, writer, receive, look, rows } = link;
    for (const id of range(5)) add(id, { n: id }, true);
    look();
    for (const id of range(5, 6)) add(id, { n: id }, true);
    writer.send();
    receive();
    for (const id of range(90, 11)) add(id, { text: 'x'.repeat(100), n: id }, id % 3 > 0);
    writer.send();
    receive();
    writer.send();
    receive();
    expect(rows.map(({ wireId }) => wireId).toSorted((a, b) => a - b)).toEqual(range(199));
    for (const { wireId, value } of rows) {
      if (wireId > 100) expect(value).toEqual({ later: wireId - 100 });
      else expect((value as { n: number }).n).toBe(wireId);
    }
  });

  it('is not put out by a look at its own log that reads nothing', () => {
    const log = openLog();
    const link = open(log, { onRow: () => void log.reader.peek() });
    for (const id of range(20)) link.add(id, { n: id, text: 'x'.repeat(id * 10) }, true);
    link.look();
    for (const id of range(200, 21)) link.add(id, { n: id, text: 'x'.repeat(id) }, true);
    link.writer.send();
    link.receive();
    expect(link.rows.map(({ wireId, value }) => [wireId, (value as { n: number }).n])).toEqual(
      range(220).map((id) => [id, id]),
    );
  });

  it('is not put out by a look at the log of another worker', () => {
    const other = open(openLog());
    for (const id of range(300)) other.add(id, { other: id }, true);
    const link = open(openLog(), { onRow: () => void other.look() });
    for (const id of range(20)) link.add(id, { n: id }, true);
    link.look();
    for (const id of range(200, 301)) other.add(id, { other: id }, true);
    for (const id of range(200, 21)) link.add(id, { n: id }, true);
    link.writer.send();
    link.receive();
    expect(link.rows.map(({ wireId, value }) => [wireId, (value as { n: number }).n])).toEqual(
      range(220).map((id) => [id, id]),
    );
    expect(other.ids()).toEqual(range(500));
  });
});

describe('a damaged log', () => {
  /** A log that holds nothing any more, although its worker has told of something. */
  const wiped = (log: LogReader): LogReader => ({
    get position() {
      return log.position;
    },
    peek: () => undefined,
    advance: (bytes) => log.advance(bytes),
  });

  it('is an error where a frame tells of what is not there', () => {
    const log = LOGS.memory();
    const { add, writer, receive } = open({ ...log, reader: wiped(log.reader) });
    for (const id of range(200)) add(id, 'x'.repeat(100), true);
    writer.send();
    expect(receive).toThrow('The result log is damaged at 0');
  });

  it('is an error where its records lead nowhere, or define no shapes', () => {
    for (const [at, byte] of [
      [4, 0x07],
      [12, STATUS.shapes],
    ] as const) {
      const log = LOGS.memory();
      const { add, rows, look } = open(log);
      add(1, 'one', true);
      const { length } = log.reader.peek() as Buffer;
      add(2, 'two', true);
      (log.reader.peek() as Buffer)[length + at] = byte;
      expect(look).toThrow();
      expect(rows.map(({ value }) => value)).toEqual(['one']);
    }
  });

  it('says nothing of itself to a look', () => {
    const log = LOGS.memory();
    expect(open({ ...log, reader: wiped(log.reader) }).look()).toBe(false);
  });
});

describe('a damaged frame', () => {
  it('is an error where its records do not end with it', () => {
    const { add, writer, frames, reader } = openLink();
    add(1, 'one');
    writer.send();
    const [frame] = frames() as [ResultsFrame];
    expect(() => reader.readFrame({ ...frame, values: frame.values.subarray(0, -8) }, 0)).toThrow('A record of');
  });

  it('costs the value alone where it names what did not come with it', () => {
    const { add, writer, frames, reader, rows } = openLink();
    add(1, Buffer.alloc(LARGE_BYTES), false);
    add(2, 'two', false);
    writer.send();
    const [frame] = frames() as [ResultsFrame];
    reader.readFrame({ ...frame, beside: [] }, 0);
    expect(rows).toEqual([
      { wireId: 1, status: STATUS.notSerializable, value: { reason: expect.stringContaining('not there') as string } },
      { wireId: 2, status: STATUS.ok, value: 'two' },
    ]);
  });
});
