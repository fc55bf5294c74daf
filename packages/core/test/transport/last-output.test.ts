import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type OutputSource, passOnAtTheEnd } from '../../src/transport/last-output.js';

/** A source as a pipe is one, that counts what holds the program. */
function pipe() {
  let refs = 0;
  const source = Object.assign(new PassThrough(), { ref: () => refs++, unref: () => refs-- });
  return { source: source as unknown as OutputSource & PassThrough, refs: () => refs };
}

describe('the listener for the end of the program', () => {
  it('is there while there is output to be passed on, and one for all', async () => {
    const before = process.listenerCount('beforeExit');
    const sources = Array.from({ length: 20 }, () => pipe().source);
    for (const source of sources) passOnAtTheEnd({ source, target: { isFull: false }, endLine() {} });
    expect(process.listenerCount('beforeExit')).toBe(before + 1);
    const closed = sources.map((source) => new Promise((resolve) => source.once('close', resolve)));
    for (const source of sources) source.destroy();
    await Promise.all(closed);
    expect(process.listenerCount('beforeExit')).toBe(before);
  });
});
