import { SharedArrayBuffer } from '../base/natives.js';
import { BOARD_BYTES, freshBoard } from '../wire/claim-board.js';
import { LOG_BYTES } from '../wire/result-log.js';

/** A board and a result log for a worker in this process, in their state before it starts. */
export function sharedBoard(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(BOARD_BYTES + LOG_BYTES);
  new Uint8Array(memory).set(freshBoard());
  return memory;
}
