import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareOut, TaskProfile, type TaskTimes } from '../../src/sizing/task-profile.js';

const use = (handlerMs: number, calledMs: number, sampledMs = 0, sampledCpuMs = 0): TaskTimes => ({
  handlerMs,
  calledMs,
  sampledMs,
  sampledCpuMs,
});

/** The word for tasks of each of these uses, in one worker that did this meanwhile. */
function words(uses: TaskTimes[], worker: { loopMs: number; cpuMs: number; delayMs?: number }): unknown[] {
  return shareOut(uses, { delayMs: 0, ...worker }).map((sums) => {
    const load = new TaskProfile();
    load.add(sums);
    return load.kind;
  });
}

describe('tasks of several names in one worker', () => {
  it('differ by what they did themselves', () => {
    const computing = use(100, 100, 50, 49);
    const blocking = use(100, 100, 50, 1);
    const waiting = use(5000, 2);
    expect(words([computing, blocking, waiting], { loopMs: 240, cpuMs: 130 })).toEqual([
      'computing',
      'blocking',
      'waiting',
    ]);
  });

  it('that compute after they have waited are mixed', () => {
    expect(words([use(300, 1), use(50, 50)], { loopMs: 151, cpuMs: 150 })).toEqual(['mixed', 'computing']);
  });

  it('are like their worker where no call of theirs was sampled', () => {
    expect(words([use(200, 200)], { loopMs: 200, cpuMs: 4 })).toEqual(['blocking']);
    expect(words([use(200, 200)], { loopMs: 200, cpuMs: 190 })).toEqual(['computing']);
  });

  it('do not block because their worker waited for a core', () => {
    expect(words([use(200, 200, 100, 50)], { loopMs: 200, cpuMs: 100, delayMs: 100 })).toEqual(['computing']);
  });

  it('are not known from next to nothing', () => {
    expect(words([use(5, 5)], { loopMs: 5, cpuMs: 5 })).toEqual([undefined]);
    expect(words([use(0, 0)], { loopMs: 0, cpuMs: 0 })).toEqual([undefined]);
  });

  it('have the loop for as long as it was active, however short they waited', () => {
    const least = Number.MIN_VALUE;
    expect(shareOut([use(16 * least, 0)], { loopMs: 1 / 30, cpuMs: 0, delayMs: 0 })).toMatchObject([
      { loopMs: 1 / 30 },
    ]);
  });

  it('have all of the loop together, and no more, but for what calls took by themselves', () => {
    const some = fc.double({ min: 0, max: 1e6, noNaN: true });
    const uses = fc.array(fc.record({ handlerMs: some, calledMs: some, sampledMs: some, sampledCpuMs: some }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(uses, some, some, (each, loopMs, cpuMs) => {
        const shares = shareOut(each, { loopMs, cpuMs, delayMs: 0 });
        const total = shares.reduce((sum, share) => sum + share.loopMs, 0);
        const called = each.reduce((sum, { calledMs }) => sum + calledMs, 0);
        expect(total).toBeLessThanOrEqual(Math.max(loopMs, called) * (1 + 1e-9) + 1e-9);
        for (const share of shares) expect(share.loopMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

it('what tasks of a name are like is what they were like last', () => {
  const load = new TaskProfile();
  expect(load.kind).toBeUndefined();
  const sums = { spanMs: 0, delayMs: 0, handlerMs: 250, loopMs: 250, cpuMs: 250 };
  for (let n = 0; n < 20; n++) load.add(sums);
  expect(load.kind).toBe('computing');
  for (let n = 0; n < 20; n++) load.add({ ...sums, cpuMs: 10 });
  expect(load.kind).toBe('blocking');
});

it('the share of their time in handlers in which tasks had their event loop is all of it until it is known', () => {
  const load = new TaskProfile();
  expect(load.loopShare).toBe(1);
  for (let n = 0; n < 20; n++) load.add({ spanMs: 0, delayMs: 0, handlerMs: 250, loopMs: 50, cpuMs: 50 });
  expect(load.loopShare).toBeCloseTo(0.2, 10);
});
