import type { ReportMessage } from '../../src/wire/messages.js';

const NOTHING: ReportMessage = {
  rssBytes: 0,
  scratchBytes: 0,
  heapUsedBytes: 0,
  youngUsedBytes: 0,
  heapLimitBytes: 0,
  cpu: 0,
  elu: 0,
  handlerMs: 0,
  loopMs: 0,
  cpuMs: 0,
  delayMs: 0,
  uses: [],
  sections: [],
};

/** A worker's report of itself, with 0 for all that a test does not name. */
export function reportOf(parts: Partial<ReportMessage>): ReportMessage {
  return { ...NOTHING, ...parts };
}
