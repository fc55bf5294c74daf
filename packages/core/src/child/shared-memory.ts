import { openDecoder, openEncoder } from '../codec/open-codec.js';
import { BOARD_BYTES, MemoryBoard } from '../wire/claim-board.js';
import type { InitMessage } from '../wire/messages.js';
import { MemoryLogWriter } from '../wire/result-log.js';
import type { Shared } from './host.js';

/** The board and the log of a worker in this process, in memory that it shares with its parent. */
export function openSharedMemory({ codec, maxPayloadBytes, board }: InitMessage): Shared {
  return {
    encoder: openEncoder(codec, maxPayloadBytes),
    decoder: openDecoder(codec),
    arena: undefined,
    board: board && new MemoryBoard(board),
    log: board && new MemoryLogWriter(board, BOARD_BYTES),
  };
}
