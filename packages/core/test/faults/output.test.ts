import { describe, expect } from 'vitest';
import { fault } from './lab.js';

describe('what a worker says beside the protocol', () => {
  fault(
    {
      row: '24',
      fault: 'foreign messages',
      injected: 'process.send, parentPort.postMessage and lines that look like frames',
      expected: 'ignored; the results are right',
    },
    async (lab) => {
      const pool = lab.pool('print-much.mjs');
      const ends = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? pool.run('shout') : pool.run('ping', n))),
      );
      expect(ends).toEqual(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? 'shouted' : n)));
      expect(lab.deaths(pool)).toEqual([]);
      return 'ignored; 20 of 20 done';
    },
  );

  fault(
    {
      row: '24b',
      fault: '100 MB on stdout and stderr',
      injected: '50 MiB on each, with and without line ends',
      expected: 'no deadlock, no death; tasks beside it are done; memory of the parent stays bounded',
      not: { 4: 'the same path as 1 at once' },
    },
    async (lab) => {
      const pool = lab.pool('print-much.mjs');
      await pool.ready();
      const before = process.memoryUsage().rss;
      const printed = pool.run('print', 100);
      const small = Array.from({ length: 100 }, (_, n) => pool.run('ping', n));
      expect(await printed).toBe(100);
      expect(await Promise.all(small)).toEqual(small.map((_, n) => n));
      // A thread writes into this very process, and it is the writer that does not wait.
      if (lab.isProcess) expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
      expect(lab.deaths(pool)).toEqual([]);
      return 'no deadlock; 100 of 100 others done';
    },
  );
});
