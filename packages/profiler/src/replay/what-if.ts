import { copyRows, pickRows, type Rows } from './rows.js';
import type { RunRecord } from './run-record.js';

/** A run with something changed; null if the change does not apply to it. */
export type WhatIf = (record: RunRecord) => RunRecord | null;

/** The run with changed rows. */
export function withRows(change: (rows: Rows, row: number, record: RunRecord) => void): WhatIf {
  return (record) => {
    const rows = copyRows(record.rows);
    for (let row = 0; row < rows.count; row++) change(rows, row, record);
    return { ...record, rows };
  };
}

/** The run with this number of workers. Further ones are ready when the last one was, or as early as the first one. */
export function withWorkers(count: number): WhatIf {
  return (record) => {
    const first = Math.min(...record.workers.map(({ readyMs }) => readyMs));
    const workers = Array.from(
      { length: Math.max(1, Math.round(count)) },
      (_, i) => record.workers[i] ?? { readyMs: first, slowdown: 1 },
    );
    return { ...record, workers };
  };
}

/** The run without some of its rows. */
export function withoutRows(isGone: (rows: Rows, row: number, record: RunRecord) => boolean): WhatIf {
  return (record) => {
    const kept: number[] = [];
    for (let row = 0; row < record.rows.count; row++) if (!isGone(record.rows, row, record)) kept.push(row);
    return kept.length === 0 ? null : { ...record, rows: pickRows(record.rows, kept) };
  };
}

/** One change after another. */
export function both(first: WhatIf, second: WhatIf): WhatIf {
  return (record) => {
    const changed = first(record);
    return changed === null ? null : second(changed);
  };
}

export function isNamed(record: RunRecord, row: number, task: string | undefined): boolean {
  return task === undefined || record.names[record.rows.name[row] ?? 0] === task;
}
