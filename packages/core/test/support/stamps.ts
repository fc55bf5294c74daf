import type { TaskTrace } from '../../src/contract/trace.js';

const STAMPS = [
  'submittedAt',
  'assignedAt',
  'sentAt',
  'receivedAt',
  'decodedAt',
  'startedAt',
  'endedAt',
  'repliedAt',
  'returnedAt',
  'settledAt',
] as const satisfies readonly (keyof TaskTrace)[];

/** The ten stamps, in order. */
export function stamps(trace: TaskTrace | undefined): number[] {
  return STAMPS.map((name) => trace?.[name] ?? NaN);
}
