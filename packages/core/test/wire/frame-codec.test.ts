import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { StructuredCodec } from '../../src/codec/structured-codec.js';
import { TooLarge } from '../../src/codec/value-codec.js';
import { encodeFrame, FrameReader, type FrameFormat } from '../../src/wire/frame-codec.js';
import { FRAME, type Frame, type FrameKind, type Rows } from '../../src/wire/frame.js';

const MAX_PAYLOAD = 2 ** 20;
const FORMAT: FrameFormat = { codec: new StructuredCodec(MAX_PAYLOAD), maxPayloadBytes: MAX_PAYLOAD };

function bytesOf(kind: FrameKind, body?: unknown, rows?: Rows): Buffer {
  return Buffer.concat(encodeFrame(FORMAT, kind, body, rows).parts);
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

function rowsOf(value: unknown): Rows {
  return { meta: Uint32Array.of(5), values: [value] };
}

const frames = fc.array(
  fc.record({
    kind: fc.constantFrom(...Object.values(FRAME)),
    meta: fc.uint32Array({ maxLength: 12 }),
    values: fc.array(fc.oneof(fc.string(), fc.uint8Array(), fc.constant(undefined))),
    body: fc.oneof(
      fc.anything({ withMap: true, withSet: true, withDate: true, withTypedArray: true, withBigInt: true }),
      fc.string({ maxLength: 3000 }),
      fc.uint8Array({ maxLength: 500 }),
    ),
    baseMs: fc.double({ noNaN: true }),
  }),
  { maxLength: 8 },
);

describe('a stream of frames', () => {
  it('arrives whole, equal and in order, into whatever chunks it was cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 30 }), (sent, positions) => {
        const bytes = Buffer.concat(sent.map(({ kind, body, ...rows }) => bytesOf(kind, body, rows)));
        const received = read(cut(bytes, positions));
        expect(received.map(({ kind, meta, values, body, baseMs }) => ({ kind, meta, values, body, baseMs }))).toEqual(
          sent,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('arrives when it comes byte by byte', () => {
    const bytes = Buffer.concat([
      bytesOf(FRAME.ready, { handlers: ['a'] }),
      bytesOf(FRAME.results, undefined, rowsOf('b')),
    ]);
    const received = read(Array.from(bytes, (byte) => Buffer.of(byte)));
    expect(received.map(({ kind, body, values }) => [kind, body, values])).toEqual([
      [FRAME.ready, { handlers: ['a'] }, []],
      [FRAME.results, undefined, ['b']],
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

  it('keeps a result apart from the bytes it arrived in', () => {
    const bytes = bytesOf(FRAME.results, undefined, rowsOf(new Float32Array([1, 2, 3])));
    const [frame] = read([bytes]);
    bytes.fill(0xff);
    expect(frame).toMatchObject({ meta: Uint32Array.of(5), values: [new Float32Array([1, 2, 3])] });
  });
});

describe('the header of a frame', () => {
  it('brings kind, rows, base and the time it was encoded', () => {
    const before = hostNowMs();
    const rows = { meta: Uint32Array.of(1, 0xffffffff), values: [], baseMs: 123.456 };
    const { parts, sentAt } = encodeFrame(FORMAT, FRAME.results, null, rows);
    const [frame] = read([Buffer.concat(parts)]);
    expect(frame).toMatchObject({ kind: FRAME.results, body: null, baseMs: 123.456, sentAt });
    expect([...(frame?.meta ?? [])]).toEqual([1, 0xffffffff]);
    const times = [before, sentAt, frame?.receivedAt ?? NaN, frame?.decodedAt ?? NaN, hostNowMs()];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('may begin at any byte of a chunk although its rows are words', () => {
    const meta = Uint32Array.of(7, 8, 9);
    for (let offset = 0; offset < 4; offset++) {
      const first = bytesOf(FRAME.progress, 'x'.repeat(offset));
      const [, second] = read([Buffer.concat([first, bytesOf(FRAME.results, undefined, { meta, values: [] })])]);
      expect(second?.meta).toEqual(meta);
    }
  });

  it('takes rows out of the middle of a larger table', () => {
    const table = Uint32Array.of(1, 2, 3, 4, 5);
    expect(read([bytesOf(FRAME.tasks, undefined, { meta: table.subarray(1, 3), values: [] })])[0]?.meta).toEqual(
      Uint32Array.of(2, 3),
    );
  });
});

describe('what is no frame', () => {
  const whole = bytesOf(FRAME.results, undefined, rowsOf('a'));
  const corrupted = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(whole);
    change(bytes);
    return bytes;
  };
  const tooLong = MAX_PAYLOAD + 2 ** 28 + 1;

  it.each([
    ['a length shorter than a header', corrupted((bytes) => bytes.writeUInt32LE(5, 0))],
    ['a length shorter than its parts', corrupted((bytes) => bytes.writeUInt32LE(bytes.length, 12))],
    ['a length no frame of this pool can have', corrupted((bytes) => bytes.writeUInt32LE(tooLong, 0))],
    ['a mark that is not ours', corrupted((bytes) => bytes.write('ruin', 4))],
  ])('is refused for %s, however the bytes come, and before memory is taken', (_what, bytes) => {
    expect(() => read([bytes])).toThrow('Corrupt frame');
    expect(() => read([bytes.subarray(0, 2), bytes.subarray(2)])).toThrow('Corrupt frame');
    expect(() => read([bytes.subarray(0, 31), bytes.subarray(31, 32)])).toThrow('Corrupt frame');
  });

  it('is not even begun for values or a body that cannot be encoded', () => {
    expect(() =>
      bytesOf(
        FRAME.tasks,
        undefined,
        rowsOf(() => {}),
      ),
    ).toThrow('could not be cloned');
    expect(() => bytesOf(FRAME.cancel, () => {})).toThrow('could not be cloned');
  });

  it('is not begun either for values beyond the limit', () => {
    expect(() => bytesOf(FRAME.tasks, undefined, rowsOf('x'.repeat(MAX_PAYLOAD)))).toThrow(TooLarge);
    expect(bytesOf(FRAME.tasks, undefined, rowsOf('x'.repeat(MAX_PAYLOAD - 20))).length).toBeGreaterThan(MAX_PAYLOAD);
  });
});

describe('values that cannot be read again', () => {
  it('are told, and the frame stands', () => {
    let deep: unknown = 'bottom';
    // V8 writes deeper than it reads, by a third or more.
    let written: Buffer | undefined;
    for (let depth = 0; depth < 50_000; depth++) {
      deep = { deep };
      if (depth % 100 !== 0 || depth < 1000) continue;
      try {
        written = bytesOf(FRAME.tasks, undefined, rowsOf(deep));
      } catch {
        break;
      }
    }
    const [frame] = read([written as Buffer]);
    expect(frame?.meta).toEqual(Uint32Array.of(5));
    expect(frame?.unread?.whole).toContain('cannot be read again');
  });
});
