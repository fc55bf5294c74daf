import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { type Cargo, FRAME, type Frame, type FrameKind } from '../../src/wire/frame.js';
import { encodeFrame, type FrameFormat, FrameReader } from '../../src/wire/frame-codec.js';

const MAX_PAYLOAD = 2 ** 20;
const FORMAT: FrameFormat = { maxPayloadBytes: MAX_PAYLOAD };

function bytesOf(kind: FrameKind, body?: unknown, cargo?: Cargo): Buffer {
  return Buffer.concat(encodeFrame(FORMAT, kind, body, cargo).parts);
}

/** Cuts bytes at every given position. */
function cut(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const at = [0, ...positions.map((position) => position % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function read(chunks: readonly Buffer[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader(FORMAT, (frame) => frames.push(frame));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

const META = Uint32Array.of(5);

function cargoOf(...values: string[]): Cargo {
  return { meta: META, values: values.map((text) => Buffer.from(text)) };
}

const frames = fc.array(
  fc.record({
    kind: fc.constantFrom(...Object.values(FRAME)),
    meta: fc.uint32Array({ maxLength: 40 }),
    values: fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 5 }),
    beside: fc.array(fc.uint8Array({ maxLength: 10_000 }), { maxLength: 3 }),
    body: fc.oneof(
      fc.anything({ withMap: true, withSet: true, withDate: true, withTypedArray: true, withBigInt: true }),
      fc.string({ maxLength: 3000 }),
      fc.uint8Array({ maxLength: 500 }),
    ),
  }),
  { maxLength: 8 },
);

describe('a stream of frames', () => {
  it('arrives whole, equal and in order, into whatever chunks it was cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 30 }), (sent, positions) => {
        const bytes = Buffer.concat(
          sent.map(({ kind, body, beside, ...rows }) =>
            bytesOf(kind, body, { ...rows, beside: beside.map(({ buffer }) => buffer) }),
          ),
        );
        const received = read(cut(bytes, positions));
        expect(received.map(({ kind, meta, body }) => ({ kind, meta, body }))).toEqual(
          sent.map(({ kind, meta, body }) => ({ kind, meta, body })),
        );
        for (const [index, { values, beside }] of received.entries()) {
          expect(values.equals(Buffer.concat(sent[index]?.values ?? []))).toBe(true);
          expect(beside.map((memory) => new Uint8Array(memory))).toEqual(sent[index]?.beside);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('arrives when it comes byte by byte', () => {
    const bytes = Buffer.concat([
      bytesOf(FRAME.ready, { handlers: ['a'] }),
      bytesOf(FRAME.results, undefined, cargoOf('b', 'c')),
    ]);
    const received = read(Array.from(bytes, (byte) => Buffer.of(byte)));
    expect(received.map(({ kind, body, values }) => [kind, body, values.toString()])).toEqual([
      [FRAME.ready, { handlers: ['a'] }, ''],
      [FRAME.results, undefined, 'bc'],
    ]);
  });

  it('gives a frame as soon as its last byte is there, and not before', () => {
    const bytes = bytesOf(FRAME.tasks, 'x'.repeat(1000));
    const seen: Frame[] = [];
    const reader = new FrameReader(FORMAT, (frame) => seen.push(frame));
    reader.push(bytes.subarray(0, -1));
    expect(seen).toHaveLength(0);
    reader.push(bytes.subarray(-1));
    expect(seen).toHaveLength(1);
  });

  it('takes values down at once, since their bytes are written over next, in short frames and in long ones', () => {
    for (const size of [10, 100_000]) {
      const value = Buffer.alloc(size, 1);
      const { parts } = encodeFrame(FORMAT, FRAME.results, undefined, { meta: META, values: [value] });
      value.fill(2);
      expect(read([Buffer.concat(parts)])[0]?.values.equals(Buffer.alloc(size, 1))).toBe(true);
    }
  });

  it('keeps meta, and what lies beside, apart from the bytes they arrived in', () => {
    const beside = [Uint8Array.of(1, 2, 3).buffer, new ArrayBuffer(0), Buffer.alloc(9000, 7).buffer];
    const bytes = bytesOf(FRAME.results, undefined, { meta: Uint32Array.from({ length: 50 }, (_, n) => n), beside });
    const [frame] = read([bytes]);
    bytes.fill(0xff);
    expect(frame?.meta).toEqual(Uint32Array.from({ length: 50 }, (_, n) => n));
    expect(frame?.beside.map((memory) => Buffer.from(memory))).toEqual(beside.map((memory) => Buffer.from(memory)));
    expect(frame?.beside.map(({ byteLength }) => byteLength)).toEqual([3, 0, 9000]);
  });
});

describe('the header of a frame', () => {
  it('brings kind, rows and the time it was encoded', () => {
    const before = hostNowMs();
    const { parts, sentAt } = encodeFrame(FORMAT, FRAME.results, null, { meta: Uint32Array.of(1, 0xffffffff) });
    const [frame] = read([Buffer.concat(parts)]);
    expect(frame).toMatchObject({ kind: FRAME.results, body: null, sentAt });
    expect([...(frame?.meta ?? [])]).toEqual([1, 0xffffffff]);
    const times = [before, sentAt, frame?.receivedAt ?? NaN, hostNowMs()];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('may begin at any byte of a chunk although its rows are words', () => {
    const meta = Uint32Array.of(7, 8, 9);
    for (let offset = 0; offset < 4; offset++) {
      const first = bytesOf(FRAME.progress, 'x'.repeat(offset));
      const [, second] = read([Buffer.concat([first, bytesOf(FRAME.results, undefined, { meta })])]);
      expect(second?.meta).toEqual(meta);
    }
  });

  it('takes rows out of the middle of a larger table', () => {
    const table = Uint32Array.of(1, 2, 3, 4, 5);
    expect(read([bytesOf(FRAME.tasks, undefined, { meta: table.subarray(1, 3) })])[0]?.meta).toEqual(
      Uint32Array.of(2, 3),
    );
  });
});

describe('what is no frame', () => {
  const whole = bytesOf(FRAME.results, undefined, { ...cargoOf('a'), beside: [new ArrayBuffer(3)] });
  const corrupted = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(whole);
    change(bytes);
    return bytes;
  };
  const tooLong = MAX_PAYLOAD + 2 ** 28 + 1;

  it.each([
    ['a length shorter than a header', corrupted((bytes) => bytes.writeUInt32LE(5, 0))],
    ['a length shorter than its rows', corrupted((bytes) => bytes.writeUInt32LE(bytes.length, 8))],
    ['a length shorter than its values', corrupted((bytes) => bytes.writeUInt32LE(bytes.length, 12))],
    ['a length shorter than what lies beside', corrupted((bytes) => bytes.writeUInt32LE(bytes.length, 16))],
    ['a length no frame of this pool can have', corrupted((bytes) => bytes.writeUInt32LE(tooLong, 0))],
    ['a mark that is not ours', corrupted((bytes) => bytes.write('ruin', 4))],
  ])('is refused for %s, however the bytes come, and before memory is taken', (_what, bytes) => {
    expect(() => read([bytes])).toThrow('Corrupt frame');
    expect(() => read([bytes.subarray(0, 2), bytes.subarray(2)])).toThrow('Corrupt frame');
    expect(() => read([bytes.subarray(0, 31), bytes.subarray(31, 32)])).toThrow('Corrupt frame');
  });

  it('is refused where what lies beside is cut off', () => {
    const bytes = corrupted((whole) => whole.writeUInt32LE(4, whole.length - 7));
    expect(() => read([bytes])).toThrow('cut off');
  });

  it('is not even begun for a body that cannot be encoded', () => {
    expect(() => bytesOf(FRAME.cancel, () => {})).toThrow('could not be cloned');
  });

  it('is not begun either beyond what its reader would take', () => {
    // A frame may be 256 MiB longer than its values; what is left here is short.
    const format = { maxPayloadBytes: 100 - 2 ** 28 };
    const fill = (bytes: number): unknown =>
      encodeFrame(format, FRAME.tasks, undefined, { meta: META, values: [Buffer.alloc(bytes)] });
    expect(() => fill(64)).not.toThrow();
    expect(() => fill(65)).toThrow('101 bytes are more than one frame can hold (100).');
  });
});
