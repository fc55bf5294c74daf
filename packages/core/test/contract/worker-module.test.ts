import { describe, expect, it } from 'vitest';
import { defineWorker, isWorkerDefinition } from '../../src/contract/worker-module.js';

describe('defineWorker', () => {
  it('keeps the hooks and marks them as a lifecycle', () => {
    const setup = (): string => 'ready';
    const definition = defineWorker({ setup });
    expect(definition.setup).toBe(setup);
    expect(isWorkerDefinition(definition)).toBe(true);
  });

  it('is recognized from another copy of this package', () => {
    expect(isWorkerDefinition({ '~millpond': 'worker' })).toBe(true);
  });

  it('is not mistaken for any other export of the name', () => {
    for (const other of [{ setup() {} }, () => {}, null, undefined, 'worker']) {
      expect(isWorkerDefinition(other)).toBe(false);
    }
  });
});
