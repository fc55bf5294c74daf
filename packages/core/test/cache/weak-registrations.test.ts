import { expect, it, vi } from 'vitest';
import { WeakResults } from '../../src/cache/weak-results.js';

const registered = vi.hoisted(() => new Set<object>());

vi.mock('../../src/base/natives.js', async (original) => ({
  ...(await original<object>()),
  FinalizationRegistry: class {
    register(_: object, __: unknown, token: object): void {
      registered.add(token);
    }
    unregister(token: object): boolean {
      return registered.delete(token);
    }
  },
}));

it('a value that comes and goes is registered once, and no more when it is dropped', () => {
  const weak = new WeakResults();
  const value = {};
  const life = { tookMs: 0, freshUntilMs: Infinity, staleUntilMs: Infinity, fallbackUntilMs: Infinity };
  const entry = { task: 't', key: 'k', kept: { how: 'shared', value }, bytes: 0, costMs: 0, life, tags: [] } as const;
  for (let turn = 0; turn < 1000; turn++) {
    weak.add('k', entry);
    weak.add('k', entry);
    expect(registered.size).toBe(1);
    if (turn % 2 === 0) expect(weak.delete('k')).toBe(true);
  }
  weak.add('other', entry);
  expect(registered.size).toBe(2);
  weak.clear();
  expect([registered.size, weak.size]).toEqual([0, 0]);
});
