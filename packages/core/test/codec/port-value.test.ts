import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { fromPort, takeForPort } from '../../src/codec/port-value.js';
import type { TransferItem } from '../../src/contract/transfer-item.js';

/** What arrives at the other end of a port. */
function pass<T>(value: T, transfer: TransferItem[] = []): T {
  const { port1, port2 } = new MessageChannel();
  const taken = takeForPort(value, transfer);
  port1.postMessage(taken.body, taken.transfer as never);
  const { message } = receiveMessageOnPort(port2) as { message: typeof taken.body };
  port1.close();
  return fromPort(message) as T;
}

const text = 'ten bytes!';
/** A Buffer in memory that it shares with others. */
const small = (): Buffer => Buffer.from(text);

describe('a value that goes through a port', () => {
  it('keeps its Buffers, wherever they are, and other arrays stay what they are', () => {
    const shared = small();
    const value = {
      list: [small(), [small()]],
      map: new Map<unknown, unknown>([
        ['a', small()],
        [shared, 1],
      ]),
      set: new Set([small()]),
      bytes: new Uint8Array(3),
      again: shared,
      cycle: undefined as unknown,
    };
    value.cycle = value;
    const arrived = pass(value);
    const buffers = [arrived.list[0], (arrived.list[1] as Buffer[])[0], arrived.map.get('a'), [...arrived.set][0]];
    expect(buffers.map((each) => (each as Buffer).toString())).toEqual([text, text, text, text]);
    expect([...arrived.map.keys()].map((key) => key === 'a' || key === arrived.again)).toEqual([true, true]);
    expect([Buffer.isBuffer(arrived.again), arrived.again.toString()]).toEqual([true, text]);
    expect([Buffer.isBuffer(arrived.bytes), arrived.bytes.length]).toEqual([false, 3]);
    expect(arrived.cycle).toBe(arrived);
  });

  it('keeps Buffers in causes of errors, and in named properties of arrays', () => {
    const error = new Error('outer', { cause: new Error('inner', { cause: { buffer: small() } }) });
    const inner = (pass({ error }).error.cause as Error).cause as { buffer: Buffer };
    const { named } = pass(Object.assign([1, 2], { named: small() }));
    const { far } = pass(Object.assign(new Array<number>(200).fill(1), { far: small() }));
    for (const each of [inner.buffer, named, far]) {
      expect([Buffer.isBuffer(each), String(each), each.buffer.byteLength]).toEqual([true, text, 10]);
    }
  });

  it('runs no code of classes derived from those that a port knows', () => {
    const refuse = (): never => {
      throw new Error('Code of the value has run.');
    };
    class Names extends Map<unknown, unknown> {
      override entries = refuse;
      override [Symbol.iterator] = refuse;
    }
    class Few extends Set<unknown> {
      override values = refuse;
      override [Symbol.iterator] = refuse;
    }
    class Bytes extends Uint8Array {
      override get buffer(): never {
        return refuse();
      }
    }
    const value: unknown = [
      new Names().set('a', small()),
      new Few().add(small()),
      new Bytes(new ArrayBuffer(100), 10, 10),
    ];
    const [names, few, bytes] = pass(value) as [Map<string, Buffer>, Set<Buffer>, Uint8Array];
    expect([...names.values(), ...few].map((each) => [Buffer.isBuffer(each), each.toString()])).toEqual([
      [true, text],
      [true, text],
    ]);
    expect(bytes.buffer.byteLength).toBe(10);
  });

  it('may lose parts to a getter while it is copied', () => {
    const map = new Map([
      [1, small()],
      [2, small()],
    ]);
    const value = {
      map,
      get late() {
        map.clear();
        return new Map([[3, small()]]);
      },
    };
    const arrived = pass(value);
    const sizes = [...arrived.map, ...arrived.late].map(([key, { buffer }]) => [key, buffer.byteLength]);
    expect(sizes).toEqual([1, 2, 3].map((key) => [key, 10]));
  });

  it('has a boxed text looked at once, not by its characters', () => {
    const boxed = new String('x'.repeat(1000));
    const asked: string[] = [];
    const keysOf = Object.keys;
    Object.keys = (of: object) => {
      asked.push(typeof of.valueOf());
      return keysOf(of);
    };
    try {
      takeForPort({ boxed }, []);
    } finally {
      Object.keys = keysOf;
    }
    expect(asked).toEqual(['object']);
  });

  it('brings no bytes beside its views', () => {
    const memory = new ArrayBuffer(1000);
    const parts = {
      buffer: small(),
      part: new Uint16Array(memory, 10, 5).fill(7),
      view: new DataView(memory, 8, 6),
      wide: new Float64Array(memory, 80, 2).fill(0.5),
    };
    const arrived = pass(parts);
    expect(Object.values(arrived).map(({ buffer }) => buffer.byteLength)).toEqual([10, 10, 6, 16]);
    expect([...arrived.part, ...arrived.wide]).toEqual([7, 7, 7, 7, 7, 0.5, 0.5]);
    expect(arrived.view.getUint16(2, true)).toBe(7);
  });

  it('that is a Buffer alone arrives as one: copied, or moved', () => {
    expect(pass(small()).toString()).toBe(text);
    const moved = Buffer.alloc(100, 5);
    const arrived = pass(moved, [moved.buffer]);
    expect([Buffer.isBuffer(arrived), arrived.length, arrived.every((byte) => byte === 5), moved.length]).toEqual([
      true,
      100,
      true,
      0,
    ]);
  });

  it('is copied alone from the pool of small Buffers, which cannot move', () => {
    const pooled = small();
    const arrived = pass(pooled, [pooled.buffer as ArrayBuffer]);
    expect([arrived.toString(), arrived.buffer.byteLength, pooled.toString()]).toEqual([text, 10, text]);
  });

  it('keeps a part of moved memory as a part', () => {
    const memory = new ArrayBuffer(1000);
    const arrived = pass({ part: new Uint8Array(memory, 10, 5), memory }, [memory]);
    expect([arrived.part.byteOffset, arrived.part.buffer === arrived.memory]).toEqual([10, true]);
  });

  it('keeps memory that both sides share', () => {
    const memory = new SharedArrayBuffer(16);
    const arrived = pass({ counts: new Int32Array(memory, 4, 2), name: small() });
    new Int32Array(memory)[1] = 3;
    expect([arrived.counts[0], arrived.name.toString()]).toEqual([3, text]);
  });

  it('has its getters called once', () => {
    let calls = 0;
    const value = {
      get buffer() {
        calls++;
        return small();
      },
      other: small(),
    };
    const { buffer, other } = pass(value);
    expect([calls, Buffer.isBuffer(other), buffer.buffer.byteLength]).toEqual([1, true, 10]);
  });

  it('may be an array that is mostly holes', () => {
    const list: unknown[] = [];
    list[4_000_000_000] = small();
    list[5] = small();
    const arrived = pass(list);
    expect([arrived.length, String(arrived[5]), String(arrived[4_000_000_000])]).toEqual([4_000_000_001, text, text]);
  });

  it('may be nested as deep as a port allows', () => {
    let deep: unknown = small();
    for (let level = 0; level < 1000; level++) deep = [deep];
    let arrived = pass(deep);
    while (Array.isArray(arrived)) arrived = arrived[0];
    expect((arrived as Buffer).toString()).toBe(text);
  });

  it('is refused before anything moves, if a part would arrive empty', () => {
    const memory = new ArrayBuffer(8);
    const value = { memory, sites: [new URL('http://localhost/')] };
    expect(() => takeForPort(value, [memory])).toThrow('value.sites[0] is a URL, which cannot be sent; send its href');
    expect(memory.byteLength).toBe(8);
  });

  it('is copied where its memory cannot move: it belongs to many Buffers, was moved before, or is named twice', () => {
    const neighbour = small();
    const shared = small();
    expect(shared.buffer.byteLength).toBeGreaterThan(shared.length);
    const own = new Uint8Array([1, 2, 3]);
    const moved = new ArrayBuffer(8);
    structuredClone(moved, { transfer: [moved] });
    const arrived = pass({ shared, own }, [shared.buffer as ArrayBuffer, own.buffer, own.buffer, moved]);
    expect([arrived.shared.toString(), arrived.shared.buffer.byteLength, [...arrived.own]]).toEqual([
      text,
      text.length,
      [1, 2, 3],
    ]);
    expect([shared.toString(), neighbour.toString(), own.length]).toEqual([text, text, 0]);
  });
});
