import { describe, expect, it } from 'vitest';
import { WORKER_KINDS } from './pools.js';
import { runProgram } from './programs.js';

/** What a program with a pool prints on stderr with this NODE_DEBUG. */
async function debugged(nodeDebug: string, kind: string): Promise<string[]> {
  const before = process.env['NODE_DEBUG'];
  process.env['NODE_DEBUG'] = nodeDebug;
  try {
    const { code, stderr } = await runProgram('tells-all.mjs', [kind]);
    expect(code).toBe(0);
    return stderr.split('\n').filter((line) => line !== '');
  } finally {
    if (before === undefined) delete process.env['NODE_DEBUG'];
    else process.env['NODE_DEBUG'] = before;
  }
}

describe.each(WORKER_KINDS)('NODE_DEBUG, kind %s,', (kind) => {
  it('names the parts that tell what they decide', async () => {
    const lines = await debugged('millpond:dispatch,millpond:supervise', kind);
    expect(lines.every((line) => /^MILLPOND:(DISPATCH|SUPERVISE) \d+: /.test(line))).toBe(true);
    const text = lines.join('\n');
    expect(text).toMatch(/all: worker 1 is ready, slot 1, after [\d.]+ ms/);
    expect(text).toMatch(/all: task 1 "square" goes to worker 1/);
    expect(text).toMatch(/all: task 1 "square", try 1, worker 1: ok/);
    expect(text).toMatch(/all: worker 1 has ended: asked, exit code \d/);
  });

  it('with a pattern has all of them tell', async () => {
    const text = (await debugged('millpond:*', kind)).join('\n');
    for (const part of ['DISPATCH', 'SUPERVISE', 'SIZING', 'CACHE']) expect(text).toContain(`MILLPOND:${part} `);
    expect(text).toMatch(/all: hit "cached"/);
    expect(text).toMatch(/all: 2 workers instead of 1: resize\(\): workers: 2/);
  });

  it('without these names prints nothing', async () => {
    expect(await debugged('', kind)).toEqual([]);
  });
});
