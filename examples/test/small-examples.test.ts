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

  it('self-sizing has many tasks at once in a worker when they wait, and says why it changes', async () => {
    const { stdout, ...rest } = await runNode(['examples/self-sizing/main.mjs']);
    expect(rest).toEqual(SUCCESS);
    const [, computing = '', waiting = ''] = stdout.split(/^200 callers of .*\n/m);
    const changes = stdout.split('\n').filter((line) => line.startsWith('  workers'));
    for (const change of changes) expect(change).toMatch(/^ {2}workers \d+ → \d+: \w/);
    expect(computing).toMatch(/tasks; they are \w+, so \d+ × \d+ of them run at once\n$/);
    const [, atOnce] = /they are waiting, so \d+ × (\d+) of them run at once\n$/.exec(waiting) ?? [];
    expect(Number(atOnce)).toBeGreaterThan(1);
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

  it('embed-in-library counts words in a pool of its own and in that of the program', async () => {
    expect(await runNode(['examples/embed-in-library/main.mjs'])).toEqual({
      ...SUCCESS,
      stdout: "own pool: 5\nthe program's pool: 2 MILL\nstill open: true\n",
    });
  });
});
