import type { Transport, WorkerSpec } from '../transport/transport.js';
import { PROTOCOL_VERSION } from '../wire/frame.js';
import type { InitMessage } from '../wire/messages.js';

/** A worker's first frame: its identity, what to load, and what it shares with its parent. */
export function initMessage(
  { moduleUrl, workerId, concurrency, options, startData }: WorkerSpec,
  transport: Transport,
): InitMessage {
  return {
    protocol: PROTOCOL_VERSION,
    moduleUrl,
    workerId,
    workerData: startData.workerData,
    concurrency,
    busyPollMs: options.busyPollMs,
    board: transport.sharedBoard,
    hasBoard: transport.board !== undefined,
    guard: transport.wantsGuard,
    codec: options.codec,
    maxPayloadBytes: options.maxPayloadBytes,
    arena: transport.arena !== undefined,
    ownsOutput: options.stdio !== 'inherit',
    warmup: startData.warmup,
  };
}
