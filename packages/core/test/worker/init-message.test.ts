import { describe, expect, it } from 'vitest';
import type { Transport, WorkerSpec } from '../../src/transport/transport.js';
import { initMessage } from '../../src/worker/init-message.js';

function messageWith(workerData: unknown, clones: boolean): ReturnType<typeof initMessage> {
  const spec = { options: { workerData, warmup: [] } } as unknown as WorkerSpec;
  return initMessage(spec, { channel: { clones } } as unknown as Transport);
}

describe('the first frame of a worker', () => {
  it('has the data of the pool itself, for the channel to copy', () => {
    const data = { list: [{ a: 1 }], map: new Map([[1, new Date(0)]]) };
    for (const clones of [true, false]) expect(messageWith(data, clones).workerData.value).toBe(data);
  });

  it('has a copy for a port if there are views in it, wherever they are', () => {
    const view = Buffer.from('view');
    const error = new Error('x', { cause: view });
    for (const data of [view, { view }, [[view]], new Map([[view, 1]]), new Set([view]), { error }]) {
      expect(messageWith(data, true).workerData.buffers).toHaveLength(1);
      expect(messageWith(data, false).workerData).toEqual({ value: data });
    }
  });

  it('leaves data that throws, or is too deep to look at, to the copy', () => {
    const throwing = {
      get part() {
        throw new Error('mine');
      },
    };
    expect(() => messageWith(throwing, true)).toThrow('mine');
    let deep: unknown = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(() => messageWith(deep, true)).toThrow(RangeError);
  });
});
