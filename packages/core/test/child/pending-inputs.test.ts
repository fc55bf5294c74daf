import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PendingInputs } from '../../src/child/pending-inputs.js';
import type { Arena } from '../../src/codec/arena.js';
import { LARGE_BYTES } from '../../src/codec/arena.js';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import { Sink } from '../../src/codec/sink.js';
import { FRAME, SAME_CALL, TASK_WORDS, type TasksFrame } from '../../src/wire/frame.js';
import type { RowExtras } from '../../src/wire/messages.js';
import type { ArenaPlace } from '../../src/wire/record.js';
import { openArenas } from '../support/result-link.js';

/** A parent that writes frames of inputs by hand, and the worker's decoder. */
function open(arena?: Arena) {
  const encoder = openEncoder('structured', Infinity);
  const decoder = openDecoder('structured');
  let known = 0;
  const frameOf = (inputs: readonly unknown[], isBeside: (view: number) => boolean = () => true): TasksFrame => {
    const meta = new Uint32Array(inputs.length * TASK_WORDS);
    const extras = new Map<number, RowExtras>();
    const beside: ArrayBuffer[] = [];
    let view = 0;
    const bytes = inputs.map((input, row) => {
      const sink = new Sink();
      const views = encoder.encode(input, sink);
      meta[row * TASK_WORDS + 4] = sink.at;
      const places = views?.map((each): ArenaPlace | undefined => {
        const place = isBeside(view++) ? undefined : arena?.write(each);
        if (place === undefined) beside.push(each.slice().buffer);
        return place && { ...place, bytes: each.length };
      });
      if (places !== undefined) extras.set(row, { views: places });
      return sink.bytes.subarray(0, sink.at);
    });
    const definitions = new Sink();
    encoder.writeShapes(known, definitions);
    known = encoder.shapeCount;
    const head = Buffer.alloc(4);
    head.writeUInt32LE(definitions.at);
    const values = Buffer.concat([head, definitions.bytes.subarray(0, definitions.at), ...bytes]);
    return { kind: FRAME.tasks, meta, values, beside, body: { extras }, sentAt: 0, receivedAt: 0 };
  };
  return { decoder, frameOf };
}

function takeAll(inputs: PendingInputs): unknown[] {
  const taken: unknown[] = [];
  for (let row = 0; row < inputs.rows; row++) {
    inputs.next();
    taken.push(inputs.take());
  }
  return taken;
}

describe('the inputs of a frame', () => {
  it('are taken row by row, as they were sent, frame after frame', () => {
    const { decoder, frameOf } = open();
    const value = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.uint8Array({ maxLength: 50 }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
        expect(takeAll(new PendingInputs(frameOf(values), decoder, undefined))).toEqual(values);
      }),
      { numRuns: 50 },
    );
  });

  it('may be left out: those behind are theirs all the same', () => {
    const { decoder, frameOf } = open();
    const inputs = new PendingInputs(frameOf(['a', { b: 1 }, 'c', [4]]), decoder, undefined);
    inputs.next();
    expect([inputs.take(), inputs.left]).toEqual(['a', 3]);
    inputs.next();
    inputs.next();
    expect(inputs.take()).toBe('c');
    inputs.next();
    expect([inputs.take(), inputs.left, inputs.bytes > 0]).toEqual([[4], 0, true]);
  });

  it('rest on the shapes of all frames before them, whatever of those was taken', () => {
    const { decoder, frameOf } = open();
    const point = (n: number): object => ({ x: n, y: n });
    const frames = [[point(1), point(2), point(3)], [point(4)], [point(5), { z: 1 }, { z: 2 }], [{ z: 3 }]].map(
      (each) => frameOf(each),
    );
    const pending = frames.map((frame) => new PendingInputs(frame, decoder, undefined));
    expect(takeAll(pending[3] as PendingInputs)).toEqual([{ z: 3 }]);
    expect(takeAll(pending[1] as PendingInputs)).toEqual([point(4)]);
  });

  it('go to one call as far as that takes them, with those of their handler', () => {
    const { decoder, frameOf } = open();
    const frame = frameOf([1, 2, 3, 4, 'heavy'.repeat(10), 6, 7]);
    for (const row of [1, 2, 3, 5]) frame.meta[row * TASK_WORDS + 1] = SAME_CALL;
    // The last is of another handler, which takes one row.
    frame.meta[6 * TASK_WORDS + 1] = 1 | SAME_CALL;
    const inputs = new PendingInputs(frame, decoder, undefined);
    const sizes: number[] = [];
    while (inputs.left > 0) {
      const rows = inputs.together([3, 1]);
      sizes.push(rows);
      for (let row = 0; row < rows; row++) inputs.next();
    }
    expect(sizes).toEqual([3, 1, 2, 1]);
  });

  it('are refused as a frame whose shapes cannot be read', () => {
    const { decoder, frameOf } = open();
    const frame = frameOf(['a']);
    const ruined = Buffer.concat([Buffer.of(3, 0, 0, 0, 0xff, 0xff, 0xff), frame.values.subarray(4)]);
    expect(() => new PendingInputs({ ...frame, values: ruined }, decoder, undefined)).toThrow();
  });
});

describe('large views of inputs', () => {
  const input = (...fills: number[]): unknown => ({ views: fills.map((fill) => Buffer.alloc(LARGE_BYTES, fill)) });
  const fills = (value: unknown): unknown =>
    (value as { views?: Buffer[] }).views?.map((view) => (view.every((byte) => byte === view[0]) ? view[0] : 'torn')) ??
    value;
  const rows = [input(1, 2), 'small', input(3), input(4, 5, 6), { small: 1 }, input(7)];
  const expected = [[1, 2], 'small', [3], [4, 5, 6], { small: 1 }, [7]];

  it('come from the arena or from beside the frame, each to its own place', () => {
    const { here, there } = openArenas();
    for (const isBeside of [() => true, () => false, (view: number) => view % 2 === 0, (view: number) => view > 3]) {
      const { decoder, frameOf } = open(here);
      expect(takeAll(new PendingInputs(frameOf(rows, isBeside), decoder, there)).map(fills)).toEqual(expected);
    }
  });

  it('of rows that are left out do not go to the next ones', () => {
    const { here, there } = openArenas();
    const { decoder, frameOf } = open(here);
    const inputs = new PendingInputs(
      frameOf(rows, (view) => view % 2 === 0),
      decoder,
      there,
    );
    const taken: unknown[] = [];
    for (let row = 0; row < inputs.rows; row++) {
      inputs.next();
      if (row === 2 || row === 5) taken.push(fills(inputs.take()));
    }
    expect(taken).toEqual([[3], [7]]);
  });

  it('that did not come are an error of their own input', () => {
    const { here } = openArenas();
    const { decoder, frameOf } = open(here);
    const inputs = new PendingInputs({ ...frameOf([input(1), 'next']), beside: [] }, decoder, undefined);
    inputs.next();
    expect(() => inputs.take()).toThrow('not there');
    inputs.next();
    expect(inputs.take()).toBe('next');
    const inArena = new PendingInputs(
      frameOf([input(1)], () => false),
      decoder,
      undefined,
    );
    inArena.next();
    expect(() => inArena.take()).toThrow('there is none');
  });
});
