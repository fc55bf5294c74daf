import { appendFileSync } from 'node:fs';

export type Kind = 'process' | 'thread';
export type Concurrency = 1 | 4;

/** One line of the table in docs/reliability.md, as far as it is known before the test runs. */
export interface FaultRow {
  /** Sorts the table; a letter after the number tells variants apart. */
  row: string;
  fault: string;
  injected: string;
  expected: string;
}

/** What one run of a row came to. `not`: why there is nothing to run. */
export type FaultRecord = FaultRow & {
  kind: Kind;
  concurrency: Concurrency;
  seen: string;
  outcome: 'ok' | 'failed' | 'not';
};

/** Appends a JSON line to the file that MILLPOND_FAULT_LOG names, if it names one; scripts/fault-table.mjs reads it. */
export function record(line: FaultRecord): void {
  const log = process.env['MILLPOND_FAULT_LOG'];
  if (log !== undefined) appendFileSync(log, `${JSON.stringify(line)}\n`);
}
