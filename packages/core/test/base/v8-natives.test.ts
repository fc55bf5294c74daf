import { describe, expect, it } from 'vitest';
import { deserialize, serialize } from '../../src/base/v8-natives.js';

const VIEWS: ArrayBufferView[] = [
  Buffer.from([1, 2, 3]),
  new Uint8Array([4, 5]),
  new Int16Array([-6, 7]),
  new Float64Array([8.5]),
  new BigInt64Array([9n]),
  new DataView(Uint8Array.of(10, 11, 12).buffer, 1),
  new Uint16Array(0),
];

describe('a deserialized view', () => {
  // Node reads an aligned view in place, and copies any other one into the pool of all Buffers.
  it.each([0, 1, 2, 3, 4, 5, 6, 7])('has memory of its own, from bytes that begin at %i', (at) => {
    const serialized = serialize({ views: VIEWS, deep: new Map([['again', VIEWS]]) });
    const memory = Buffer.alloc(at + serialized.length + 100);
    memory.set(serialized, at);
    const { views } = deserialize(memory.subarray(at, at + serialized.length)) as { views: ArrayBufferView[] };
    memory.fill(0xff);
    expect(views).toEqual(VIEWS);
    for (const [index, view] of views.entries()) {
      expect(Object.getPrototypeOf(view)).toBe(Object.getPrototypeOf(VIEWS[index]));
      expect([view.byteOffset, view.buffer.byteLength]).toEqual([0, view.byteLength]);
    }
  });

  it('shares none with bytes that threads share', () => {
    const serialized = serialize({ words: new Uint32Array([7, 8]) });
    const shared = Buffer.from(new SharedArrayBuffer(serialized.length));
    shared.set(serialized);
    const { words } = deserialize(shared) as { words: Uint32Array };
    shared.fill(0);
    expect([...words, words.buffer instanceof ArrayBuffer]).toEqual([7, 8, true]);
  });
});
