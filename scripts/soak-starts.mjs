// Finds handlers that were called more often than they may be. The workers of the soak note each call in a file.
import { appendFileSync, readFileSync } from 'node:fs';

/** Names the file, in the environment of a worker. */
const STARTS = 'SOAK_STARTS';

/** @returns the environment of a worker that notes its calls there */
export function notingStarts(path) {
  appendFileSync(path, '');
  return { ...process.env, [STARTS]: path };
}

/** Notes a call by one system call, so that no death of the worker can lose it. @param runsOnce it has no retry */
export function noteStart({ taskId, attempt }, runsOnce = false) {
  appendFileSync(process.env[STARTS], `${taskId} ${attempt}${runsOnce ? ' once' : ''}\n`);
}

/** @returns the number of noted calls, of attempts that were noted twice, and of second attempts without leave */
export function countStarts(path) {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return {
    starts: lines.length,
    twice: lines.length - new Set(lines).size,
    unasked: lines.filter((line) => / once$/.test(line) && !/ 1 once$/.test(line)).length,
  };
}
