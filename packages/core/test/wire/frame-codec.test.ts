import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostNowMs } from '../../src/base/clock.js';
import { encodeFrame, FrameReader } from '../../src/wire/frame-codec.js';
import { FRAME, type Frame, type FrameKind } from '../../src/wire/frame.js';

function bytesOf(kind: FrameKind, body: unknown, meta?: Uint32Array, baseMs?: number): Buffer {
  const { head, payload } = encodeFrame(kind, body, meta, baseMs);
  return Buffer.concat([head, payload]);
}

/** Cuts bytes at every given position. */
function cut(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const at = [0, ...positions.map((position) => position % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function read(chunks: readonly Buffer[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

const frames = fc.array(
  fc.record({
    kind: fc.constantFrom(...Object.values(FRAME)),
    meta: fc.uint32Array({ maxLength: 12 }),
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
        const bytes = Buffer.concat(sent.map(({ kind, body, meta, baseMs }) => bytesOf(kind, body, meta, baseMs)));
        const received = read(cut(bytes, positions));
        expect(received.map(({ kind, meta, body, baseMs }) => ({ kind, meta, body, baseMs }))).toEqual(sent);
      }),
      { numRuns: 200 },
    );
  });

  it('arrives when it comes byte by byte', () => {
    const bytes = Buffer.concat([bytesOf(FRAME.ready, { handlers: ['a'] }), bytesOf(FRAME.results, ['b'])]);
    const received = read(Array.from(bytes, (byte) => Buffer.of(byte)));
    expect(received.map(({ kind, body }) => [kind, body])).toEqual([
      [FRAME.ready, { handlers: ['a'] }],
      [FRAME.results, ['b']],
    ]);
  });

  it('gives a frame as soon as its last byte is there, and not before', () => {
    const bytes = bytesOf(FRAME.tasks, 'x'.repeat(1000));
    const seen: Frame[] = [];
    const reader = new FrameReader((frame) => seen.push(frame));
    reader.push(bytes.subarray(0, -1));
    expect(seen).toHaveLength(0);
    reader.push(bytes.subarray(-1));
    expect(seen).toHaveLength(1);
  });

  it('keeps a result apart from the bytes it arrived in', () => {
    const bytes = bytesOf(FRAME.results, [new Uint8Array([1, 2, 3])], Uint32Array.of(5));
    const [frame] = read([bytes]);
    bytes.fill(0xff, 0, 36);
    expect(frame?.meta).toEqual(Uint32Array.of(5));
  });
});

describe('the header of a frame', () => {
  it('brings kind, rows, base and the time it was encoded', () => {
    const before = hostNowMs();
    const { head, payload, sentAt } = encodeFrame(FRAME.results, null, Uint32Array.of(1, 0xffffffff), 123.456);
    const [frame] = read([head, payload]);
    expect(frame).toMatchObject({ kind: FRAME.results, body: null, baseMs: 123.456, sentAt });
    expect([...(frame?.meta ?? [])]).toEqual([1, 0xffffffff]);
    const times = [before, sentAt, frame?.receivedAt ?? NaN, frame?.decodedAt ?? NaN, hostNowMs()];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('may begin at any byte of a chunk although its rows are words', () => {
    const meta = Uint32Array.of(7, 8, 9);
    for (let offset = 0; offset < 4; offset++) {
      const first = bytesOf(FRAME.progress, 'x'.repeat(offset));
      const [, second] = read([Buffer.concat([first, bytesOf(FRAME.results, [], meta)])]);
      expect(second?.meta).toEqual(meta);
    }
  });

  it('takes rows out of the middle of a larger table', () => {
    const table = Uint32Array.of(1, 2, 3, 4, 5);
    expect(read([bytesOf(FRAME.tasks, [], table.subarray(1, 3))])[0]?.meta).toEqual(Uint32Array.of(2, 3));
  });
});

describe('what is no frame', () => {
  it('is refused for a length shorter than a header, however the bytes come', () => {
    const corrupt = Buffer.from([5, 0, 0, 0, 1, 0, 0, 0]);
    expect(() => read([corrupt])).toThrow('Corrupt frame: length 5.');
    expect(() => read([corrupt.subarray(0, 2), corrupt.subarray(2)])).toThrow('Corrupt frame: length 5.');
  });

  it('is not even begun for a body that cannot be encoded', () => {
    expect(() => encodeFrame(FRAME.tasks, [() => {}])).toThrow('could not be cloned');
  });
});
