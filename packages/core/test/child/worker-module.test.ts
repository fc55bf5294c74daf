import { describe, expect, it } from 'vitest';
import { loadWorkerModule } from '../../src/child/worker-module.js';

/** Loads a module with this number of functions. */
const load = (count: number) =>
  loadWorkerModule('file:///worker.mjs', () =>
    Promise.resolve({
      namespace: Object.fromEntries(Array.from({ length: count }, (_, index) => [`handler${index}`, () => index])),
    } as never),
  );

describe('the handlers of a module', () => {
  it('are as many as a row of a frame can name', async () => {
    expect((await load(4096)).handlers).toHaveLength(4096);
    await expect(load(4097)).rejects.toThrow('has 4097 handlers, and 4096 is the most');
  });
});
