import { describe, expect, it } from 'vitest';
import { NotSerializable } from '../../src/codec/not-serializable.js';
import { takeForPort } from '../../src/codec/port-value.js';
import type { TransferItem } from '../../src/contract/transfer-item.js';

function refusalOf(value: unknown, ...transfer: TransferItem[]): string {
  try {
    takeForPort(value, transfer);
  } catch (error) {
    if (error instanceof NotSerializable) return error.describe('input');
    throw error;
  }
  throw new Error('It was taken.');
}

function argumentsOf(..._values: unknown[]): unknown {
  // eslint-disable-next-line prefer-rest-params -- the object itself is wanted
  return arguments;
}

function movedAway(): ArrayBuffer {
  const memory = new ArrayBuffer(8);
  structuredClone(memory, { transfer: [memory] });
  return memory;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('the error for a value that no port carries', () => {
  it.each<[what: string, part: () => unknown, refusal: string]>([
    ['a function', () => () => {}, 'is a function, which cannot be sent'],
    ['a symbol', () => Symbol('s'), 'is a symbol, which cannot be sent'],
    ['arguments', () => argumentsOf(1), 'is an arguments object, which cannot be sent; copy it ([...arguments])'],
    ['a Proxy', () => new Proxy({}, {}), 'is a Proxy, which cannot be sent'],
    ['a revoked Proxy', revoked, 'is a Proxy, which cannot be sent'],
    ['a promise', () => Promise.resolve(), 'is a Promise, which cannot be sent; await it first'],
    ['a WeakMap', () => new WeakMap(), 'is a WeakMap, which cannot be sent'],
    ['moved memory', movedAway, 'is an ArrayBuffer whose memory was moved away, or is too short for it'],
    ['a URL', () => new URL('x:'), 'is a URL, which cannot be sent; send its href'],
    ['a port', () => new MessageChannel().port1, 'is a MessagePort, which can only be moved; name it in transfer'],
    ['a stream', () => new ReadableStream(), 'is a ReadableStream, which can only be moved; name it in transfer'],
  ])('has the place of %s', (_what, part, refusal) => {
    const memory = new ArrayBuffer(8);
    const { port1 } = new MessageChannel();
    const shared = new SharedArrayBuffer(8);
    const good = { memory, port1, shared, view: new Uint8Array(8), own: new (class Own {})() };
    expect(refusalOf({ good, deep: [part()] }, memory, port1)).toBe(`input.deep[0] ${refusal}.`);
    expect(refusalOf({ good, part: part() }, memory, port1)).toBe(`input.part ${refusal}.`);
    // Nothing was moved.
    expect(memory.byteLength).toBe(8);
    port1.close();
  });

  it('has the reason of a getter that throws', () => {
    const value = {
      get part() {
        throw new Error('mine');
      },
    };
    expect(refusalOf(value)).toBe('input.part threw when it was read: mine.');
  });

  it('has the words of the platform where no part is to blame', () => {
    const { port1 } = new MessageChannel();
    structuredClone(port1, { transfer: [port1] });
    expect(refusalOf({ port1 }, port1)).toMatch(/^input cannot be sent: .*MessagePort/);
    // The view's memory may have moved before the port was refused.
    const view = new Uint8Array(8);
    expect(refusalOf({ view, port1 }, view.buffer, port1)).toMatch(/^input cannot be sent: .*MessagePort/);
  });
});
