import type { Writable } from 'node:stream';
import { process } from '../base/natives.js';

/**
 * Resolves when all printed output has left this process or thread. A call of process.exit() would drop output that a pipe
 * has not taken yet. The parent's time limit for a stop is the limit here, too.
 */
export function outputWritten(): Promise<unknown> {
  return Promise.all([process.stdout, process.stderr].map(written));
}

function written(stream: Writable): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => stream.write('', () => resolve()));
}
