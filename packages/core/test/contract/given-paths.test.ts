import { describe, expect, it } from 'vitest';
import { givenPaths } from '../../src/contract/given-paths.js';

describe('paths of given options', () => {
  it('have the set options only, those of task names with their name', () => {
    const options = {
      workers: { min: 1, max: undefined },
      prefetch: 2,
      env: { SECRET: 'x' },
      cache: {},
      tasks: { resize: { retry: { attempts: 2 }, timeoutMs: undefined }, other: undefined },
      argv: ['--a'],
    };
    expect(givenPaths(options)).toEqual(['workers.min', 'prefetch', 'env', 'cache', 'tasks.resize.retry', 'argv']);
  });

  it('are bounded', () => {
    const tasks = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`task${i}`, { priority: 1 }]));
    expect(givenPaths({ tasks, prefetch: 1 })).toHaveLength(500);
  });
});
