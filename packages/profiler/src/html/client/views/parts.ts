import { h } from '../../shared/node.js';
import { count, share } from '../../shared/numbers.js';
import type { SpanTable } from '../../shared/span-table.js';
import type { PoolData } from '../page.js';

export const EMPTY_POOL = h('p', { class: 'empty' }, 'The report has no pool, or no task came to one.');
export const NO_SPANS = h(
  'p',
  { class: 'empty' },
  'The report has no single tries. The levels "trace" and "cpu" keep them.',
);

/** Content that opens on demand; print shows it always. */
export function details(title: string, ...content: Node[]): HTMLDetailsElement {
  const box = document.createElement('details');
  const summary = document.createElement('summary');
  summary.textContent = title;
  box.append(summary, ...content);
  return box;
}

/** Says how many tries a picture is made of. */
export function sampleNote(table: SpanTable): string {
  if (table.rows >= table.of) return `All ${count(table.of)} tries.`;
  return `A sample: ${count(table.rows)} of ${count(table.of)} tries (${share(table.rows / table.of)}). Totals in the tables are exact.`;
}

/** Names that a view with one picture a name shows: the chosen one, or those with most time. */
export function shownTasks(pool: PoolData, chosen: number, most: number): number[] {
  if (chosen >= 0 && chosen < pool.tasks.length) return [chosen];
  return Array.from({ length: Math.min(most, pool.tasks.length) }, (_, i) => i);
}
