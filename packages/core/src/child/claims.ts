import { writeSync } from 'node:fs';
import { RECORD_BYTES, slotOf, writeStart } from '../wire/claim-board.js';

/** Notes the start of a task where the parent can read it; see wire/claim-board.ts. */
export type Claim = (id: number, nowMs: number) => void;

export function claimInMemory(board: SharedArrayBuffer): Claim {
  const records = new Float64Array(board);
  return (id, nowMs) => writeStart(records, id, nowMs);
}

export function claimInFile(fd: number): Claim {
  const record = new Float64Array(2);
  const bytes = new Uint8Array(record.buffer);
  return (id, nowMs) => {
    record[0] = id;
    record[1] = nowMs;
    writeSync(fd, bytes, 0, RECORD_BYTES, slotOf(id) * RECORD_BYTES);
  };
}
