import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BREAKER_MOVES } from '../src/limits/breaker.js';
import { POOL_MOVES } from '../src/pool/pool-state.js';
import { TASK_MOVES } from '../src/task/task-state.js';
import { WORKER_MOVES } from '../src/worker/worker-state.js';

const PAGE = readFileSync(new URL('../../../docs/walks.md', import.meta.url), 'utf8');

/** The table below a line that begins with `title`, as the code writes it. */
function tableOf(title: string): Record<string, string[]> {
  const lines = PAGE.slice(PAGE.indexOf(`\n${title} (`))
    .split('\n')
    .slice(3);
  const moves: Record<string, string[]> = {};
  for (const line of lines.slice(lines.findIndex((each) => each.startsWith('|')) + 2)) {
    const [, from, to] = line.split('|').map((cell) => cell.trim());
    if (from === undefined || to === undefined) break;
    moves[from] = to === '' ? [] : to.split(', ');
  }
  return moves;
}

describe('the state tables of docs/walks.md', () => {
  it.each([
    ['Worker', WORKER_MOVES],
    ['Task', TASK_MOVES],
    ['Pool', POOL_MOVES],
    ['Breaker', BREAKER_MOVES],
  ])('%s: the page shows the moves of the code', (title, moves) => {
    expect(tableOf(title)).toEqual(moves);
  });
});
