import type { CpuNode, CpuProfile } from '../../contract/profile-messages.js';

/** Difference between V8's clock and ours from which the profile is moved, ms. They are the same clock on Linux. */
const MOST_APART_MS = 100;

/**
 * A profile with the fields of the contract alone, and its times on the host clock.
 * @param endMs time at which it was taken, host clock
 */
export function cleanProfile(profile: CpuProfile, endMs: number): CpuProfile {
  const { startTime, endTime, samples, timeDeltas } = profile;
  const apartUs = endMs * 1000 - endTime;
  const shiftUs = Math.abs(apartUs) > MOST_APART_MS * 1000 ? apartUs : 0;
  return {
    nodes: profile.nodes.map(cleanNode),
    startTime: startTime + shiftUs,
    endTime: endTime + shiftUs,
    samples,
    timeDeltas,
  };
}

/** V8 also counts ticks by line, and says why code was not optimized. */
function cleanNode({ id, callFrame, hitCount, children }: CpuNode): CpuNode {
  return {
    id,
    callFrame,
    ...(hitCount === undefined ? {} : { hitCount }),
    ...(children === undefined ? {} : { children }),
  };
}
