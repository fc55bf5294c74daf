import { describe, expect, it } from 'vitest';
import { runNode } from './run-example.js';

const SUCCESS = { code: 0, signal: null, stderr: '' };

describe('the small examples', () => {
  it('quick-start counts primes', async () => {
    expect(await runNode(['examples/quick-start/main.mjs'])).toEqual({
      ...SUCCESS,
      stdout: 'primes below 1,000,000: 78498\n4\n25\n168\n',
    });
  });

  it('typed-worker compiles, which finds its deliberate mistakes, and runs', async () => {
    const compiled = await runNode(['node_modules/typescript/bin/tsc', '-p', 'examples/typed-worker']);
    expect(compiled).toEqual({ ...SUCCESS, stdout: '' });
    expect(await runNode(['examples/typed-worker/out/main.js'])).toEqual({
      ...SUCCESS,
      stdout: 'comes: 2\nmill: 2\nwater: 2\ndnopllim\n',
    });
  });

  it('from-piscina does the same before and after', async () => {
    const [before, after] = await Promise.all([
      runNode(['examples/from-piscina/before.mjs']),
      runNode(['examples/from-piscina/after.mjs']),
    ]);
    const stdout = 'words: 21\nlongest: turning.\nwords of each line: 8, 9, 4\ncancelled: AbortError\n';
    expect(before).toEqual({ ...SUCCESS, stdout });
    expect(after).toEqual({ ...SUCCESS, stdout });
  });
});
