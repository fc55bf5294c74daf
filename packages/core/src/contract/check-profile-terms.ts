import { wrongArgument } from './arguments.js';
import { isRecord } from './checks.js';
import type { ProfileTerms } from './profile-messages.js';

const LEVELS: readonly unknown[] = ['stats', 'trace', 'cpu'];
const LEAST_SAMPLE_US = 100;
const MOST_SAMPLE_US = 1_000_000;

/** A copy of the terms of a profiler. @throws ERR_OPTION if they are wrong */
export function checkProfileTerms(terms: ProfileTerms): ProfileTerms {
  if (!isRecord(terms) || !LEVELS.includes(terms.level)) {
    throw wrongArgument('terms', 'terms of a profiler with a level "stats", "trace" or "cpu"', terms);
  }
  const { level, io, sampleUs, heap } = terms;
  if (!Number.isInteger(sampleUs) || sampleUs < LEAST_SAMPLE_US || sampleUs > MOST_SAMPLE_US) {
    throw wrongArgument('terms.sampleUs', `a whole number of ${LEAST_SAMPLE_US} to ${MOST_SAMPLE_US}`, sampleUs);
  }
  return { level, io: io === true, sampleUs, heap: heap === true };
}
