import type { ProfileTerms } from '../contract/profile-messages.js';

const LEVELS: readonly ProfileTerms['level'][] = ['stats', 'trace', 'cpu'];

/** Terms that serve all profilers of a pool; undefined without any. */
export function unionOf(all: Iterable<ProfileTerms>): ProfileTerms | undefined {
  let union: ProfileTerms | undefined;
  for (const terms of all) union = union === undefined ? terms : unionOfTwo(union, terms);
  return union;
}

function unionOfTwo(a: ProfileTerms, b: ProfileTerms): ProfileTerms {
  const level = LEVELS[Math.max(LEVELS.indexOf(a.level), LEVELS.indexOf(b.level))] ?? 'stats';
  // The time between samples counts for those that sample.
  const sampling = [a, b].filter((each) => each.level === level);
  return {
    level,
    io: a.io || b.io,
    sampleUs: Math.min(...sampling.map(({ sampleUs }) => sampleUs)),
    heap: sampling.some(({ heap }) => heap),
  };
}
