import { HANDLER_PARTS, handlerMs, pickRows } from './rows.js';
import type { RunRecord } from './run-record.js';

/**
 * The run with several tasks of one name in one call. What a call costs beside its handler is there once; what items cost adds up.
 * @param fixedMs part of an execution that a call costs, however many items it has
 * @param isLarge whether values are so large that their cost is that of their bytes, and adds up as well
 */
export function mergedRows(
  record: RunRecord,
  size: number,
  { task, fixedMs = 0, isLarge = false }: { task?: string | undefined; fixedMs?: number; isLarge?: boolean } = {},
): RunRecord | null {
  const { rows, names } = record;
  const open = new Map<number, { row: number; items: number }>();
  const kept: number[] = [];
  const into = new Int32Array(rows.count).fill(-1);
  for (let row = 0; row < rows.count; row++) {
    const name = rows.name[row] ?? 0;
    const items = rows.items[row] ?? 1;
    const group = open.get(name);
    const isMerged = (task === undefined || names[name] === task) && (rows.after[row] ?? -1) < 0;
    if (isMerged && group !== undefined && group.items + items <= size) {
      into[row] = group.row;
      group.items += items;
      continue;
    }
    kept.push(row);
    if (isMerged) open.set(name, { row, items });
  }
  if (kept.length === rows.count) return null;
  const merged = pickRows(rows, kept);
  const place = new Int32Array(rows.count).fill(-1);
  for (const [to, row] of kept.entries()) place[row] = to;
  for (let row = 0; row < rows.count; row++) {
    const to = place[into[row] ?? -1] ?? -1;
    if (to < 0) continue;
    const ms = handlerMs(rows, row);
    const rest = ms > 0 ? Math.max(0, ms - fixedMs) / ms : 0;
    for (const part of HANDLER_PARTS) merged[part][to]! += (rows[part][row] ?? 0) * rest;
    if (isLarge)
      for (const part of ['inputEncode', 'decode', 'reply', 'settle'] as const)
        merged[part][to]! += rows[part][row] ?? 0;
    merged.items[to]! += rows.items[row] ?? 1;
    // A call can only leave with its last item.
    if (record.arrivals.kind === 'open') merged.at[to] = Math.max(merged.at[to] ?? 0, rows.at[row] ?? 0);
  }
  return { ...record, rows: merged };
}
