import type { CapacityId } from '../model/ledgers.js';
import type { SegmentId, WaitId } from '../model/segments.js';
import type { TaskReport } from '../model/task-report.js';

// What readers see for the ids of the model, in every output.

export const SEGMENT_LABELS: Record<SegmentId, string> = {
  queueWait: 'wait in the queue',
  encode: 'into a frame',
  transportIn: 'way to the worker',
  decode: 'input decoded',
  workerWait: 'wait in the worker',
  execution: 'handler',
  reply: 'result encoded',
  transportOut: 'way back',
  settle: 'result decoded, settled',
};

export const WAIT_LABELS: Record<WaitId, string> = {
  inputEncode: 'input encoded',
  limit: 'for limits',
  batch: 'for its batch',
  backoff: 'between tries',
  cache: 'for an equal call',
};

export const CAPACITY_LABELS: Record<CapacityId, string> = {
  boot: 'starts',
  down: 'down',
  noWork: 'idle: no task',
  notParallel: 'idle: work for fewer workers',
  starved: 'idle: a task waited',
  limited: 'idle: limits, batches',
  paused: 'idle: paused',
  decode: 'decodes',
  encode: 'encodes',
  cpu: 'computes',
  gc: 'collects garbage',
  runQueue: 'waits for a core',
  loopIdle: 'awaits',
  offCpu: 'blocks',
  onLoop: 'holds its event loop',
  profiler: 'profiler',
  other: 'other',
  unattributed: 'unattributed',
};

export const EXECUTION_LABELS: Record<keyof TaskReport['execution'], string> = {
  cpuMs: 'computes',
  gcMs: 'collects garbage',
  runQueueMs: 'waits for a core',
  loopIdleMs: 'awaits',
  offCpuMs: 'blocks',
  onLoopMs: 'holds its event loop',
  unattributedMs: 'unattributed',
};
