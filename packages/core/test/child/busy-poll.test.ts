import { describe, expect, it } from 'vitest';
import { BusyPoll, SoonAgain } from '../../src/child/busy-poll.js';

/** Turns of the event loop, as many as a poll might take. */
const manyTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** A poll whose clock goes on by `stepMs` whenever it is read, and the readings so far. */
function open({ limitMs = 0.1, stepMs = 0.001 } = {}) {
  let readings = 0;
  let nowMs = 1000;
  const poll = new BusyPoll(limitMs, () => {
    readings++;
    return (nowMs += stepMs);
  });
  /** An answer, and after a gap the next task. */
  const gap = (ms: number): void => {
    poll.rest();
    nowMs += ms;
    poll.wake(nowMs);
  };
  const gaps = (count: number, ms: number): void => {
    for (let index = 0; index < count; index++) gap(ms);
  };
  /** Whether it polls after an answer that nothing follows. */
  const polls = async (): Promise<boolean> => {
    await manyTurns();
    poll.rest();
    const before = readings;
    await manyTurns();
    return readings > before;
  };
  return { poll, gaps, polls, slow: (ms: number) => (stepMs = ms) };
}

describe('a worker that has answered', () => {
  it('goes to sleep, until the next task has come soon for 32 times', async () => {
    const { gaps, polls } = open();
    gaps(31, 0.01);
    expect(await polls()).toBe(false);
    gaps(1, 0.01);
    expect(await polls()).toBe(true);
  });

  it('polls for so long, and then sleeps', async () => {
    const { poll, gaps } = open();
    gaps(32, 0.01);
    poll.rest();
    await manyTurns();
    poll.wake(2000);
    expect(poll.takePolledMs()).toBe(0.1);
    expect(poll.takePolledMs()).toBe(0);
  });

  it('sleeps again after a few polls in vain, and is sooner convinced again', async () => {
    const { gaps, polls } = open();
    gaps(64, 0.01);
    gaps(5, 20);
    expect(await polls()).toBe(false);
    gaps(9, 0.01);
    expect(await polls()).toBe(true);
  });

  it('never polls with a limit of 0', async () => {
    const { gaps, polls } = open({ limitMs: 0 });
    gaps(100, 0);
    expect(await polls()).toBe(false);
  });

  it('stops polling where another process takes the core away', async () => {
    const { gaps, polls, slow } = open({ limitMs: 10 });
    gaps(64, 0.01);
    slow(2);
    await polls();
    slow(0.001);
    expect(await polls()).toBe(false);
  });
});

describe('whether the next task is expected soon', () => {
  it('is believed while at most one in nine comes late', () => {
    const soon = new SoonAgain(0.1);
    for (let gap = 0; gap < 64; gap++) soon.note(0.1);
    for (let gap = 1; gap <= 9000; gap++) {
      soon.note(gap % 9 === 0 ? 5 : 0.05);
      expect(soon.isExpected).toBe(true);
    }
    for (let gap = 1; gap <= 9000; gap++) soon.note(gap % 8 === 0 ? 5 : 0.05);
    expect(soon.isExpected).toBe(false);
  });
});
