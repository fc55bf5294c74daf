import { type PortValue, takeForPort } from '../codec/port-value.js';
import { anyViewWritten } from '../codec/written-objects.js';
import type { Transport, WorkerSpec } from '../transport/transport.js';
import { PROTOCOL_VERSION } from '../wire/frame.js';
import type { InitMessage } from '../wire/messages.js';

/** A worker's first frame: its identity, what to load, and what it shares with its parent. */
export function initMessage(
  { moduleUrl, workerId, concurrency, options }: WorkerSpec,
  transport: Transport,
): InitMessage {
  return {
    protocol: PROTOCOL_VERSION,
    moduleUrl,
    workerId,
    workerData: carried(options.workerData, transport),
    concurrency,
    busyPollMs: options.busyPollMs,
    board: transport.sharedBoard,
    hasBoard: transport.board !== undefined,
    guard: transport.wantsGuard,
    codec: options.codec,
    maxPayloadBytes: options.maxPayloadBytes,
    arena: transport.arena !== undefined,
    ownsOutput: options.stdio !== 'inherit',
    warmup: carried(options.warmup, transport),
  };
}

/** V8's serializer keeps Buffers, and a port does not. */
function carried(value: unknown, { channel }: Transport): PortValue {
  return channel.clones && mayHoldView(value) ? takeForPort(value, []).body : { value };
}

/** A look at a million objects takes 0.3 s, and their copy with its walk 1.2 s. */
function mayHoldView(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return anyViewWritten(value);
  } catch {
    // An accessor has thrown, or the stack is full. The copy reports its own error.
    return true;
  }
}
