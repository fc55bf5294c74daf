import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { LARGE_BYTES } from '../../src/codec/arena.js';
import type { Refusal } from '../../src/contract/errors.js';
import { move } from '../../src/contract/move.js';
import { TASK_SLOTS } from '../../src/wire/claim-board.js';
import { FRAME, type ProgressFrame } from '../../src/wire/frame.js';
import { STATUS } from '../../src/wire/record.js';
import { LOG_BYTES, LOG_VALUE_BYTES } from '../../src/wire/result-log.js';
import { type LinkOptions, LOGS, openLink } from '../support/result-link.js';

const MIB = 2 ** 20;

/** A link with a log. */
function open({ kind = 'memory', ...options }: Omit<LinkOptions, 'log'> & { kind?: keyof typeof LOGS } = {}) {
  const log = LOGS[kind]();
  const link = openLink({ ...options, log });
  /** What the parent finds in the log now, by itself. */
  const look = (): unknown[] => {
    link.reader.readLog(hostNowMs, true);
    return link.rows.splice(0).map(({ value }) => value);
  };
  /** What it finds in the frames. */
  const receive = (): unknown[] => {
    link.receive();
    return link.rows.splice(0).map(({ value }) => value);
  };
  /** Sends a value of a task's progress. */
  const report = (id: number, value: unknown): void => link.progress.post(id, link.progress.encode(value), 0);
  return { ...link, log, look, receive, report };
}

/** The bytes of a value that was read. */
function ends(value: unknown): unknown[] {
  const bytes = value as Uint8Array;
  return [bytes.length, bytes[0], bytes.at(-1)];
}

describe('a result that has to outlive its worker', () => {
  it('is in the log at once, before any frame', () => {
    const { add, look, frames, writer } = open();
    add(1, 'first', true);
    expect(look()).toEqual(['first']);
    add(2, { second: 2 }, true);
    expect(look()).toEqual([{ second: 2 }]);
    expect([frames().length, writer.size]).toEqual([0, 2]);
  });

  it('is taken from the frame, too, once that comes, and counts once', () => {
    const { add, look, receive, writer, log } = open();
    add(1, 'first', true);
    add(2, 'second', true);
    writer.send();
    expect([receive(), look(), writer.size]).toEqual([['first', 'second'], [], 0]);
    add(3, 'third', true);
    expect(look()).toEqual(['third']);
    add(4, 'fourth', true);
    writer.send();
    expect([receive(), look()]).toEqual([['fourth'], []]);
    expect(log.reader.position).toBe(log.writer.position);
  });

  it('does not ride in a frame where the parent shares the memory of the log', () => {
    const { add, writer, frames, receive } = open();
    add(1, 'first', true);
    writer.send();
    expect([frames()[0]?.values.length, receive()]).toEqual([0, ['first']]);
  });

  it('rides in the frame where that is short, and is read from the log where it is not', () => {
    const { add, writer, frames, receive } = open({ kind: 'file' });
    for (let id = 1; id <= 50; id++) add(id, 'x'.repeat(20), true);
    writer.send();
    expect(frames()[0]?.values.length).toBeGreaterThan(50 * 60);
    expect(receive()).toEqual(Array(50).fill('x'.repeat(20)));
    for (let id = 61; id <= 120; id++) add(id, 'x'.repeat(40), true);
    writer.send();
    expect([frames()[0]?.values.length, frames()[0]?.meta[2]]).toEqual([0, 0]);
    expect(receive()).toEqual(Array(60).fill('x'.repeat(40)));
    add(121, 'short again', true);
    writer.send();
    expect(frames()[0]?.values.length).toBeGreaterThan(0);
    expect(receive()).toEqual(['short again']);
  });

  it('goes with the frame when the log is full, and into the log again once there is room', () => {
    const { add, look, writer, receive, log } = open();
    const text = 'x'.repeat(10_000);
    const count = Math.floor(LOG_BYTES / 10_048);
    for (let id = 1; id <= count; id++) add(id, text, true);
    const { position } = log.writer;
    add(count + 1, 'no room for it', true);
    add(count + 2, text, true);
    expect(log.writer.position - position).toBeLessThan(10_000);
    expect(look().filter((value) => value === text)).toHaveLength(count);
    writer.send();
    expect(receive()).toContain(text);
    add(count + 3, 'in the log', true);
    expect(look()).toEqual(['in the log']);
  });

  it('goes with the frame where there is no log', () => {
    const { add, rows, writer, receive } = openLink();
    add(1, 'one', true);
    add(2, { two: [2] }, false);
    writer.send();
    receive();
    expect(rows.map(({ value }) => value)).toEqual(['one', { two: [2] }]);
  });

  it('is as it was when it was added, whatever its handler does to it later', () => {
    for (const clones of [false, true]) {
      const { add, look, writer, receive } = open({ clones });
      const value = { n: 1, bytes: new Uint8Array(LARGE_BYTES).fill(1), list: [1] };
      add(1, value, true);
      add(2, value, false);
      value.n = 2;
      value.list.push(2);
      value.bytes.fill(2);
      writer.send();
      const read = [...look(), ...receive()] as (typeof value)[];
      expect(read.map(({ n, bytes, list }) => [n, bytes[0], bytes.at(-1), list])).toEqual(
        Array(2).fill([1, 1, 1, [1]]),
      );
    }
  });
});

describe('other results', () => {
  it('gather in the frame, and are in no log', () => {
    const { add, look, writer, frames, receive, log } = open();
    add(1, 'loose', false);
    add(2, 'lasting', true);
    add(3, 'loose, too', false);
    expect(look()).toEqual(['lasting']);
    const { position } = log.writer;
    writer.send();
    expect([frames().length, log.writer.position]).toEqual([1, position]);
    // Results in the log do not come a second time.
    expect(receive()).toEqual(['loose', 'loose, too']);
  });

  it('keep their status, with what goes with it', () => {
    const { rows, add, writer, receive } = openLink({ log: LOGS.memory() });
    for (const isLasting of [true, false]) {
      add(1, { error: 'thrown' }, isLasting, STATUS.error);
      add(2, undefined, isLasting, STATUS.revoked);
      add(3, { reason: 'it cannot be read' }, isLasting, STATUS.inputUnread);
    }
    writer.send();
    receive();
    const three = [
      { wireId: 1, status: STATUS.error, value: { error: 'thrown' } },
      { wireId: 2, status: STATUS.revoked, value: undefined },
      { wireId: 3, status: STATUS.inputUnread, value: { reason: 'it cannot be read' } },
    ];
    expect(rows).toEqual([...three, ...three]);
  });

  it('are sent by structured clone, whatever the codec of values is, and however large they are', () => {
    const moduleUrl = pathToFileURL(`${import.meta.dirname}/../fixtures/codecs/json-lines.mjs`).href;
    for (const options of [{}, { clones: true }, { arena: 4 * MIB }]) {
      const { rows, add, writer, receive } = openLink({ ...options, log: LOGS.memory(), codec: { moduleUrl } });
      const note = { big: 1n, map: new Map([[1, new Uint8Array(3)]]), text: 'x'.repeat(2 * LOG_VALUE_BYTES) };
      for (const isLasting of [true, false]) add(1, note, isLasting, STATUS.error);
      add(2, 1n, true);
      writer.send();
      receive();
      expect(rows.filter(({ wireId }) => wireId === 1).map(({ value }) => value)).toEqual([note, note]);
      expect(rows.find(({ wireId }) => wireId === 2)).toEqual({
        wireId: 2,
        status: STATUS.notSerializable,
        value: { reason: expect.stringContaining('its codec threw while encoding it') as string },
      });
    }
  });

  it('make no frame when there are none', () => {
    const { writer, frames } = open();
    writer.send();
    expect(frames()).toEqual([]);
  });
});

describe('shapes', () => {
  const point = (n: number): object => ({ x: n, y: n });
  const line = (n: number): object => ({ from: n, to: n });

  it('are defined in the log and in frames by themselves, since either may come without the other', () => {
    const { add, look, writer, receive } = open();
    // A shape is known at its second sighting.
    for (const id of [1, 2, 3]) add(id, point(id), true);
    for (const id of [4, 5]) add(id, point(id), false);
    for (const id of [6, 7]) add(id, line(id), false);
    for (const id of [8, 9]) add(id, line(id), true);
    writer.send();
    const inLog = [point(1), point(2), point(3), line(8), line(9)];
    const inFrame = [point(4), point(5), line(6), line(7)];
    expect([look(), receive()]).toEqual([inLog, inFrame]);
    for (const id of [10, 11]) add(id, [point(id), line(id)], id === 10);
    writer.send();
    expect(receive()).toEqual([
      [point(10), line(10)],
      [point(11), line(11)],
    ]);
  });

  it('are known to what is reported between two frames of results', () => {
    const { add, writer, reader, channel, receive, report } = open();
    for (const id of [1, 2, 3]) add(id, point(id), false);
    report(4, point(4));
    report(4, line(5));
    report(4, line(6));
    report(4, line(7));
    const heard = channel.frames.splice(0).map((frame) => reader.progress(frame as ProgressFrame)?.value);
    expect(heard).toEqual([point(4), line(5), line(6), line(7)]);
    for (const id of [5, 6]) add(id, line(id), false);
    writer.send();
    expect(receive()).toEqual([point(1), point(2), point(3), line(5), line(6)]);
  });

  it('are known to what is reported after a value that only a port can carry', () => {
    const { add, reader, channel, report } = open({ clones: true });
    for (const id of [1, 2, 3]) add(id, point(id), false);
    report(4, new SharedArrayBuffer(4));
    report(4, point(4));
    const [, second] = channel.frames.map((frame) => reader.progress(frame as ProgressFrame)?.value);
    expect(second).toEqual(point(4));
  });

  it('that take more room to define than one record has keep no result out of the log for good', () => {
    const { add, look, writer, receive } = open();
    const many = (): object[] =>
      Array.from({ length: 200 }, (_, n) => ({ [`${'k'.repeat(100)}${n}`]: n, [`${'l'.repeat(100)}${n}`]: n }));
    for (const id of [1, 2]) add(id, many(), false);
    writer.send();
    expect(receive()).toEqual([many(), many()]);
    add(3, 'small', true);
    expect(look()).toEqual(['small']);
  });
});

describe('a large value', () => {
  const large = (fill: number, size = MIB): Buffer => Buffer.alloc(size, fill);

  it('goes through the arena, and its record is in the log', () => {
    const { add, look, writer, frames, receive } = open({ arena: 64 * MIB });
    add(1, large(1), true);
    add(2, { text: 'x'.repeat(3 * LOG_VALUE_BYTES), n: 2 }, true);
    add(3, { deep: [large(3), 'y'.repeat(3 * LOG_VALUE_BYTES), large(4, 2 * MIB)] }, true);
    add(4, { deep: [large(5), 'short'] }, true);
    const [first, second, third, fourth] = look() as [
      Buffer,
      { text: string },
      { deep: unknown[] },
      { deep: unknown[] },
    ];
    expect(ends(first)).toEqual([MIB, 1, 1]);
    expect(second.text).toBe('x'.repeat(3 * LOG_VALUE_BYTES));
    expect([ends(third.deep[0]), third.deep[1], ends(third.deep[2])]).toEqual([
      [MIB, 3, 3],
      'y'.repeat(3 * LOG_VALUE_BYTES),
      [2 * MIB, 4, 4],
    ]);
    expect([ends(fourth.deep[0]), fourth.deep[1]]).toEqual([[MIB, 5, 5], 'short']);
    writer.send();
    expect([frames()[0]?.beside, receive()]).toEqual([[], []]);
  });

  it('goes beside the frame where there is no arena, or no room in it; its neighbours go as they would', () => {
    for (const arena of [undefined, MIB]) {
      const { add, look, returned, writer, frames, receive, arenas } = open(arena === undefined ? {} : { arena });
      add(1, 'before', true);
      add(2, [large(1, 3 * MIB), large(2, LARGE_BYTES)], true);
      add(3, { text: 'x'.repeat(MIB + 1) }, true);
      add(4, 'after', true);
      expect(look()).toEqual(['before', 'after']);
      // Should the worker end now, neither of them was running.
      expect(returned).toEqual([2, 3]);
      writer.send();
      expect(frames()[0]?.beside.map(({ byteLength }) => byteLength)).toEqual([3 * MIB, LARGE_BYTES]);
      const [views, text] = receive() as [Buffer[], { text: string }];
      expect(views.map(ends)).toEqual([
        [3 * MIB, 1, 1],
        [LARGE_BYTES, 2, 2],
      ]);
      expect(text.text).toBe('x'.repeat(MIB + 1));
      // Nothing of what found no room has kept a place in the arena.
      if (arenas !== undefined) {
        add(5, large(5), true);
        expect(look().map(ends)).toEqual([[MIB, 5, 5]]);
      }
    }
  });

  it.each(['memory', 'file'] as const)('of all tasks in flight outlives its worker, whatever it takes (%s)', (kind) => {
    for (const bytes of [10, 20, 300, 5000, LOG_VALUE_BYTES + 1]) {
      const { add, look } = open({ kind, arena: 64 * MIB });
      const values = Array.from({ length: TASK_SLOTS }, (_, id) => `${id}`.padEnd(bytes, '.'));
      expect(values.filter((value, id) => !add(id + 1, value, true))).toEqual([]);
      const back = look();
      expect(back.filter((value, id) => value !== values[id])).toEqual([]);
      expect(back).toHaveLength(TASK_SLOTS);
    }
  });

  it.each(['memory', 'file'] as const)('takes all that is left of the log when the arena is full, too (%s)', (kind) => {
    const { add, look } = open({ kind, arena: 1000 });
    let count = 0;
    while (add(count + 1, 'x'.repeat(300), true)) count++;
    // A record of it has 352 bytes.
    expect(count).toBeGreaterThan(LOG_BYTES / 352 - 2);
    expect(look()).toEqual(Array(count).fill('x'.repeat(300)));
  });

  it('that found no room in the log has no place in the arena any more', () => {
    const { add, look, arenas } = open({ arena: 4 * MIB });
    for (let id = 1; add(id, 7, true); id++);
    const mark = arenas?.there.mark();
    for (let id = 101; id <= 110; id++) add(id, large(1), true);
    expect(arenas?.there.mark()).toBe(mark);
    look();
    add(200, large(2), true);
    expect(look().map(ends)).toEqual([[MIB, 2, 2]]);
  });

  it('of every type arrives as that type, from the middle of a buffer, wherever it is in a value', () => {
    for (const arena of [undefined, 64 * MIB]) {
      const { add, look, writer, receive } = open(arena === undefined ? {} : { arena });
      const buffer = Uint8Array.from({ length: LARGE_BYTES + 64 }, (_, at) => at % 251).buffer;
      const VIEWS = [Int8Array, Uint8ClampedArray, Uint16Array, Float32Array, Float64Array, BigInt64Array, DataView];
      for (const [index, View] of VIEWS.entries()) {
        const length = LARGE_BYTES / ((View as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1);
        const view = new (View as unknown as typeof Uint8Array)(buffer, 16, length);
        add(index, { in: new Map([['here', [view, view]]]) }, true);
      }
      writer.send();
      const read = [...look(), ...receive()] as { in: Map<string, ArrayBufferView[]> }[];
      for (const [index, View] of VIEWS.entries()) {
        const [view, same] = read[index]?.in.get('here') as [ArrayBufferView, ArrayBufferView];
        expect(view).toBe(same);
        expect(view.constructor).toBe(View);
        expect(view.buffer.byteLength).toBe(LARGE_BYTES);
        expect(Buffer.from(view.buffer as ArrayBuffer).equals(Buffer.from(buffer, 16, LARGE_BYTES))).toBe(true);
      }
    }
  });
});

describe('a value that cannot be encoded', () => {
  it('costs its own row only', () => {
    for (const isLasting of [true, false]) {
      const { rows, add, writer, receive } = openLink({ log: LOGS.memory(), limitBytes: 10_000 });
      add(1, 'before', isLasting);
      add(2, { deep: [() => {}] }, isLasting);
      add(3, 'x'.repeat(10_001), isLasting);
      add(4, (function* () {})(), isLasting);
      add(5, 'after', isLasting);
      writer.send();
      receive();
      expect(rows).toEqual([
        { wireId: 1, status: STATUS.ok, value: 'before' },
        {
          wireId: 2,
          status: STATUS.notSerializable,
          value: { reason: expect.stringContaining('result.deep[0]') as string },
        },
        {
          wireId: 3,
          status: STATUS.notSerializable,
          value: {
            reason: expect.any(String) as string,
            bytes: expect.toSatisfy((bytes: number) => bytes > 10_000) as number,
            limitBytes: 10_000,
          },
        },
        {
          wireId: 4,
          status: STATUS.notSerializable,
          value: { reason: expect.stringContaining('generator') as string },
        },
        { wireId: 5, status: STATUS.ok, value: 'after' },
      ]);
    }
  });
});

describe('between threads, a result', () => {
  it('that only a port can carry goes as it is, in the frame, as it was when it was added', () => {
    const { add, writer, receive } = open({ clones: true });
    const memory = new SharedArrayBuffer(8);
    const value = { memory, n: 1 };
    add(1, value, true);
    add(2, 'bytes', true);
    value.n = 2;
    new Uint8Array(memory)[0] = 7;
    writer.send();
    const [bytes, shared] = receive() as [string, typeof value];
    expect([bytes, shared.n, new Uint8Array(shared.memory)[0]]).toEqual(['bytes', 1, 7]);
  });

  it('that is too large or too deep goes by no port either', () => {
    const deep = Array.from({ length: 2000 }).reduce((inner: object) => ({ inner }), {});
    const { rows, add, writer, progress, receive } = openLink({ clones: true, log: LOGS.memory(), limitBytes: 10_000 });
    add(1, 'x'.repeat(20_000), true);
    add(2, Buffer.alloc(20_000), false);
    add(3, deep, true);
    expect(() => progress.encode('x'.repeat(20_000))).toThrow('maxPayloadBytes');
    expect(() => progress.encode(deep)).toThrow();
    writer.send();
    receive();
    expect(rows.map(({ status }) => status)).toEqual(Array(3).fill(STATUS.notSerializable));
    const limits = rows.toSorted((a, b) => a.wireId - b.wireId).map(({ value }) => (value as Refusal).limitBytes);
    expect(limits).toEqual([10_000, 10_000, undefined]);
  });

  it('that is an error with what only a port can carry keeps it', () => {
    const { rows, add, writer, receive } = openLink({ clones: true, log: LOGS.memory() });
    const memory = new SharedArrayBuffer(8);
    add(1, { memory }, true, STATUS.error);
    new Uint8Array(memory)[0] = 7;
    writer.send();
    receive();
    expect(rows[0]?.status).toBe(STATUS.error);
    expect(new Uint8Array((rows[0]?.value as { memory: SharedArrayBuffer }).memory)[0]).toBe(7);
  });

  it('that no port can carry either is refused with the reason', () => {
    const { rows, add, writer, receive } = openLink({ clones: true, log: LOGS.memory() });
    add(1, [() => {}], true);
    writer.send();
    receive();
    expect(rows).toEqual([
      { wireId: 1, status: STATUS.notSerializable, value: { reason: expect.stringContaining('result[0]') as string } },
    ]);
  });

  it('that is to be moved is moved, and the handler’s own is empty at once', () => {
    const { add, writer, channel, receive } = open({ clones: true });
    const pixels = new Uint8Array(1000).fill(5);
    add(1, move({ width: 10, pixels }, [pixels.buffer]), true);
    expect(pixels.length).toBe(0);
    writer.send();
    expect(channel.frames).toHaveLength(1);
    expect(receive()).toEqual([{ width: 10, pixels: new Uint8Array(1000).fill(5) }]);
  });

  it('that cannot be moved is refused: part of it may be gone', () => {
    const { rows, add, writer, receive } = openLink({ clones: true, log: LOGS.memory() });
    add(1, move({ n: 1 }, [new ArrayBuffer(4), {} as ArrayBuffer]), true);
    add(
      2,
      move(() => {}, []),
      true,
    );
    writer.send();
    receive();
    expect(rows.map(({ wireId, status }) => [wireId, status])).toEqual([
      [1, STATUS.notSerializable],
      [2, STATUS.notSerializable],
    ]);
  });
});

describe('between processes, a result that is to be moved', () => {
  it('is sent as any other', () => {
    const { add, look } = open();
    const pixels = new Uint8Array(1000).fill(5);
    add(1, move(pixels), true);
    expect([look(), pixels.length]).toEqual([[new Uint8Array(1000).fill(5)], 1000]);
  });
});

describe('what a handler reports', () => {
  it('leaves at once, ahead of results that wait', () => {
    const { add, writer, reader, channel, report } = open({ arena: 64 * MIB });
    add(1, 'waits', false);
    report(7, { half: [Buffer.alloc(MIB, 3)] });
    expect(channel.frames.map(({ kind, meta }) => [kind, meta[0]])).toEqual([[FRAME.progress, 7]]);
    const { half } = reader.progress(channel.frames[0] as never)?.value as { half: [Buffer] };
    expect(ends(half[0])).toEqual([MIB, 3, 3]);
    expect(writer.size).toBe(1);
  });

  it('may be moved, or be what only a port can carry, between threads', () => {
    const { report, reader, channel } = open({ clones: true });
    const pixels = new Uint8Array(1000).fill(5);
    report(1, move(pixels));
    report(1, { memory: new SharedArrayBuffer(4) });
    expect(pixels.length).toBe(0);
    const [moved, shared] = channel.frames.map((frame) => reader.progress(frame as ProgressFrame)?.value);
    expect(moved).toEqual(new Uint8Array(1000).fill(5));
    expect((shared as { memory: SharedArrayBuffer }).memory.byteLength).toBe(4);
  });

  it('and cannot be sent is an error where it is reported', () => {
    for (const clones of [false, true]) {
      const { add, writer, channel, receive, report } = open({ clones });
      add(1, 'before', false);
      expect(() => report(1, () => {})).toThrow();
      expect(channel.frames).toEqual([]);
      writer.send();
      expect(receive()).toEqual(['before']);
    }
  });
});
