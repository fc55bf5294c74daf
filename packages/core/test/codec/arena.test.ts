import * as fs from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Arena, LARGE_BYTES, type ArenaFiles } from '../../src/codec/arena.js';
import { MsgpackCodec } from '../../src/codec/msgpack-codec.js';
import { StructuredCodec } from '../../src/codec/structured-codec.js';
import { openMemoryFile } from '../../src/transport/memory-file.js';

vi.mock('../../src/base/natives.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../support/live-natives.js')).liveNatives,
}));

const MIB = 2 ** 20;
const NO_LIMIT = 2 ** 32 - 1;

/** Two arenas that face each other, as those of a parent and its worker do. */
function open({ capacity, ...files }: Partial<ArenaFiles> & { capacity?: number } = {}) {
  const fds = [openMemoryFile(), openMemoryFile()] as const;
  for (const fd of fds) fs.writeSync(fd, Buffer.alloc(4096));
  const here = new Arena(fds[0], fds[1], { ...fs, ...files }, capacity);
  const there = new Arena(fds[1], fds[0]);
  onTestFinished(() => {
    here.close();
    there.close();
    for (const fd of fds) fs.closeSync(fd);
  });
  return { here, there, bytesInFile: () => fs.fstatSync(fds[0]).size };
}

/** A codec on each side of a pair of arenas. */
function openCodecs(...args: Parameters<typeof open>) {
  const pair = open(...args);
  const sender = new StructuredCodec(NO_LIMIT, pair.here);
  const receiver = new StructuredCodec(NO_LIMIT, pair.there);
  const pass = (...values: unknown[]): { bytes: number; values: unknown[] } => {
    const bytes = sender.encode(values);
    return { bytes: bytes.length, values: receiver.decode(Buffer.from(bytes)) };
  };
  return { ...pair, sender, receiver, pass };
}

const VIEWS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];

afterEach(() => void vi.useRealTimers());

describe('a large view', () => {
  it.each(VIEWS)('of type %O arrives as that type, from the middle of a buffer, wherever it is in a value', (View) => {
    const { pass } = openCodecs();
    const buffer = new ArrayBuffer(LARGE_BYTES + 64);
    new Uint8Array(buffer).forEach((_, at, all) => (all[at] = at % 251));
    const length = LARGE_BYTES / ((View as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1);
    const view = new (View as typeof Uint8Array)(buffer, 16, length);
    const { bytes, values } = pass(1, { in: new Map([['here', [view]]]) });
    const [, arrived] = values as [number, { in: Map<string, [Uint8Array]> }];
    const got = arrived.in.get('here')?.[0] as Uint8Array;
    expect(got.constructor).toBe(View);
    expect(Buffer.from(got.buffer, got.byteOffset, got.byteLength).equals(Buffer.from(buffer, 16, LARGE_BYTES))).toBe(
      true,
    );
    expect(got.buffer.byteLength).toBe(LARGE_BYTES);
    expect(bytes).toBeLessThan(100);
  });

  it('that is a Buffer arrives as a Buffer, an ArrayBuffer as an ArrayBuffer', () => {
    const { bytes, values } = openCodecs().pass(Buffer.alloc(MIB, 7), new Uint8Array(MIB).fill(8).buffer);
    expect(Buffer.isBuffer(values[0]) && values[0].every((byte) => byte === 7)).toBe(true);
    expect(values[1]).toBeInstanceOf(ArrayBuffer);
    expect(new Uint8Array(values[1] as ArrayBuffer).every((byte) => byte === 8)).toBe(true);
    expect(bytes).toBeLessThan(100);
  });

  it('that is in a value twice is there twice: one and the same', () => {
    const view = new Float64Array(LARGE_BYTES / 8).fill(0.5);
    const [got] = openCodecs().pass([view, view]).values as [[Float64Array, Float64Array]];
    expect(got[0]).toBe(got[1]);
    expect(got[0]).toEqual(view);
  });

  it('below the threshold stays in the bytes, and still gets a buffer of its own', () => {
    const { bytes, values } = openCodecs().pass('x', new Float64Array(3));
    expect(bytes).toBeGreaterThan(24);
    expect((values[1] as Float64Array).buffer.byteLength).toBe(24);
  });

  it('goes the same way with msgpack, when it is a whole value', () => {
    const { here, there } = open();
    const bytes = new MsgpackCodec(NO_LIMIT, here).encode([1, Buffer.alloc(MIB, 3), new Float32Array(MIB).fill(2)]);
    expect(bytes.length).toBeLessThan(300);
    const values = new MsgpackCodec(NO_LIMIT, there).decode(Buffer.from(bytes));
    expect(values[0]).toBe(1);
    expect(Buffer.isBuffer(values[1]) && values[1].length === MIB && values[1].at(-1)).toBe(3);
    expect(values[2]).toBeInstanceOf(Float32Array);
    expect((values[2] as Float32Array).at(-1)).toBe(2);
  });
});

describe('the arena', () => {
  it('is used again for what comes later, so that its file does not grow', () => {
    const { pass, bytesInFile } = openCodecs();
    for (let n = 0; n < 50; n++) {
      const [value] = pass(Buffer.alloc(MIB, n)).values as [Buffer];
      expect([value[0], value.at(-1)]).toEqual([n, n]);
    }
    expect(bytesInFile()).toBeLessThan(2 * MIB);
  });

  it('brings everything whole in whatever order frames are written and read', () => {
    const step = fc.oneof(
      fc.record({ sizes: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }) }),
      fc.constant('read'),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { sender, receiver } = openCodecs({ capacity: 4 * MIB });
        const onTheirWay: { bytes: Uint8Array; values: Buffer[] }[] = [];
        let fill = 0;
        for (const step of steps) {
          if (typeof step === 'object') {
            const values = step.sizes.map((size) => Buffer.alloc(size * LARGE_BYTES, ++fill));
            onTheirWay.push({ bytes: sender.encode(values), values });
          } else {
            const frame = onTheirWay.shift();
            if (frame === undefined) continue;
            const read = receiver.decode(Buffer.from(frame.bytes)) as Buffer[];
            expect(read.map((value, at) => value.equals(frame.values[at] as Buffer))).toEqual(read.map(() => true));
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('that has no room leaves the value in the bytes', () => {
    const { sender, receiver } = openCodecs({ capacity: MIB });
    const frames = [1, 2, 3].map((n) => sender.encode([Buffer.alloc(MIB, n)]));
    expect(frames.map(({ length }) => length > MIB)).toEqual([false, true, true]);
    const read = frames.map((bytes) => receiver.decode(Buffer.from(bytes))[0] as Buffer);
    expect(read.map((value) => [value.length, value[0], value.at(-1)])).toEqual([1, 2, 3].map((n) => [MIB, n, n]));
    expect(sender.encode([Buffer.alloc(MIB)]).length).toBeLessThan(100);
  });

  it.each([
    ['is full', () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })],
    ['takes nothing', () => undefined],
  ])('whose file system %s leaves the value in the bytes, and gives back what it took', (_what, failure) => {
    let left = 2.5 * MIB;
    const writeSync = ((fd: number, bytes: Uint8Array, from: number, length: number, at: number) => {
      const taken = at === 0 ? length : Math.min(length, left);
      if (taken === 0) {
        const error = failure();
        if (error === undefined) return 0;
        throw error;
      }
      left -= taken;
      return fs.writeSync(fd, bytes, from, taken, at);
    }) as typeof fs.writeSync;
    const { pass, sender, receiver, bytesInFile } = openCodecs({ writeSync });
    const frames = [1, 2, 3].map((n) => sender.encode([Buffer.alloc(MIB, n)]));
    expect(frames.map(({ length }) => length > MIB)).toEqual([false, false, true]);
    const read = frames.map((bytes) => receiver.decode(Buffer.from(bytes))[0] as Buffer);
    expect(read.map((value) => [value.length, value[0], value.at(-1)])).toEqual([1, 2, 3].map((n) => [MIB, n, n]));
    expect(bytesInFile()).toBe(4096 + 2 * MIB);
    left = Infinity;
    expect(pass(Buffer.alloc(MIB, 9)).bytes).toBeLessThan(100);
  });

  it('takes back what was written of a frame that could not be encoded', () => {
    const { sender, pass, bytesInFile } = openCodecs();
    for (let n = 0; n < 20; n++)
      expect(() => sender.encode([Buffer.alloc(MIB), () => {}])).toThrow('could not be cloned');
    expect((pass(Buffer.alloc(MIB, 5)).values[0] as Buffer)[0]).toBe(5);
    expect(bytesInFile()).toBeLessThan(2 * MIB);
  });

  it('is not touched when values are only tried', () => {
    const { sender, bytesInFile } = openCodecs();
    expect(sender.encode([Buffer.alloc(8 * MIB)], true).length).toBeLessThan(100);
    expect(bytesInFile()).toBe(4096);
  });

  it('goes on when a frame is never read', () => {
    const { sender, receiver } = openCodecs({ capacity: 3 * MIB });
    sender.encode([Buffer.alloc(MIB)]);
    for (let n = 0; n < 10; n++) {
      const bytes = sender.encode([Buffer.alloc(MIB, n)]);
      expect(bytes.length).toBeLessThan(100);
      expect((receiver.decode(Buffer.from(bytes))[0] as Buffer)[0]).toBe(n);
    }
  });

  it('gives memory back that it has not needed for a second', () => {
    vi.useFakeTimers();
    const { pass, sender, receiver, bytesInFile } = openCodecs();
    pass(Buffer.alloc(64 * MIB));
    const bytes = sender.encode([Buffer.alloc(32 * MIB, 6)]);
    vi.advanceTimersByTime(1000);
    expect(bytesInFile()).toBe(4096 + 64 * MIB);
    expect((receiver.decode(Buffer.from(bytes))[0] as Buffer).at(-1)).toBe(6);
    vi.advanceTimersByTime(1000);
    expect([bytesInFile(), vi.getTimerCount()]).toEqual([4096 + 16 * MIB, 0]);
    expect((pass(Buffer.alloc(64 * MIB, 4)).values[0] as Buffer).at(-1)).toBe(4);
  });
});
