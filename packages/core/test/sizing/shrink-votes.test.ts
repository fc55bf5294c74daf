import { describe, expect, it } from 'vitest';
import { grown, noVotes, shrunk, vote } from '../../src/sizing/shrink-votes.js';

/** Time for which an unneeded worker is kept after workers went and came back. Each pause is a multiple of that time. */
function keptFor(...pauses: number[]): number {
  let votes = noVotes(0);
  let nowMs = 0;
  for (const pause of pauses) {
    votes = shrunk(votes, nowMs);
    nowMs += pause * votes.keepMs;
    votes = grown(votes, nowMs);
  }
  return votes.keepMs;
}

describe('an unneeded worker is kept', () => {
  it('for twice as long after each mistake, up to a bound', () => {
    expect([keptFor(), keptFor(1), keptFor(1, 1), keptFor(1, 1, 1, 1, 1, 1)]).toEqual([
      10_000, 20_000, 40_000, 160_000,
    ]);
  });

  it('as long as before when workers come back after a usual pause: one long pause does not undo what was learned', () => {
    expect(keptFor(1, 1, 3, 9)).toBe(40_000);
  });

  it('for half as long after a very long pause, down to the first time', () => {
    expect([keptFor(1, 1, 11), keptFor(1, 1, 11, 11), keptFor(11)]).toEqual([20_000, 10_000, 10_000]);
  });

  it('for half as long once, though several steps of growth follow', () => {
    const twice = shrunk(grown(shrunk(grown(shrunk(noVotes(0), 0), 1000), 1000), 2000), 2000);
    expect(twice.keepMs).toBe(40_000);
    const once = grown(twice, 500_000);
    expect([once.keepMs, grown(once, 500_250).keepMs]).toEqual([20_000, 20_000]);
  });
});

describe('a worker that takes a core from others', () => {
  const goesAfterMs = (votes = noVotes(0)): number => {
    for (let nowMs = votes.neededAtMs; ; nowMs += 250) {
      const { votes: next, passed } = vote(votes, nowMs, true);
      if (passed) return nowMs - votes.neededAtMs;
      votes = next;
    }
  };

  it('goes as soon as three ticks agree, and later after each mistake', () => {
    const once = grown(shrunk(noVotes(0), 0), 1000);
    const twice = grown(shrunk(once, 1000), 2000);
    expect([goesAfterMs(), goesAfterMs(once), goesAfterMs(twice)]).toEqual([500, 10_000, 30_000]);
  });
});
