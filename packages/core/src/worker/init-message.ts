import type { Transport, WorkerSpec } from '../transport/transport.js';
import { PROTOCOL_VERSION } from '../wire/frame.js';
import type { InitMessage } from '../wire/messages.js';

/** A worker's first frame: its identity, what to load, and what it shares with its parent. */
export function initMessage(
  { moduleUrl, workerId, slot, concurrency, options, startData, profile }: WorkerSpec,
  transport: Transport,
): InitMessage {
  return {
    protocol: PROTOCOL_VERSION,
    moduleUrl,
    workerId,
    slot,
    poolName: options.name,
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
    nice: options.nice,
    warmup: startData.warmup,
    profile,
  };
}
