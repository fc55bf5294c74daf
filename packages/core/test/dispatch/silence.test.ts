import { describe, expect, it } from 'vitest';
import { goOn, patienceMs, type Silence, startSilence } from '../../src/dispatch/silence.js';
import { SilenceWatch } from '../../src/dispatch/silence-watch.js';
import type { ThreadState } from '../../src/sizing/thread-state.js';
import type { Worker } from '../../src/worker/worker.js';
import { FakeClock } from '../support/fake-clock.js';

const sleeping = (cpuMs = 0): ThreadState => ({ letter: 'S', cpuMs });
const running = (cpuMs: number): ThreadState => ({ letter: 'R', cpuMs });

/** The silence after looks at these times, each with what the system says of the worker's thread then. */
function after(looks: [atMs: number, state?: ThreadState][], isOutputBlocked = false): Silence {
  const [[startMs, startState] = [0], ...rest] = looks;
  return rest.reduce(
    (silence, [atMs, state]) => goOn(silence, atMs, state, isOutputBlocked),
    startSilence(startMs, startState),
  );
}

describe('a silence', () => {
  it('counts in full where the worker sleeps or is stopped, and where the system tells nothing', () => {
    expect(
      after([
        [0, sleeping()],
        [250, sleeping()],
        [500, { letter: 'T', cpuMs: 0 }],
      ]).countedMs,
    ).toBe(500);
    expect(after([[0], [250], [500]]).countedMs).toBe(500);
  });

  it('counts by the processor time of a worker that runs: a busy machine is not its fault', () => {
    expect(
      after([
        [0, running(1000)],
        [250, running(1010)],
        [500, running(1240)],
      ]).countedMs,
    ).toBe(240);
    // Never more than the time that has passed, nor less than nothing.
    expect(
      after([
        [0, running(0)],
        [250, running(9000)],
        [500, running(0)],
      ]).countedMs,
    ).toBe(250);
  });

  it('does not count while the output of the worker waits for its reader', () => {
    expect(
      after(
        [
          [0, sleeping()],
          [250, sleeping()],
          [500, sleeping()],
        ],
        true,
      ).countedMs,
    ).toBe(0);
  });

  it('counts less than any patience for one late look: what has arrived is read before the next', () => {
    const silence = after([
      [0, sleeping()],
      [60_000, sleeping()],
    ]);
    expect(silence.countedMs).toBeLessThan(patienceMs(0, 1));
    expect(
      after([
        [0, running(0)],
        [60_000, running(60_000)],
      ]).countedMs,
    ).toBeLessThan(patienceMs(0, 1));
  });

  it('comes to an end though all looks are late, as they are on a machine with work for many more cores', () => {
    const looks = Array.from({ length: 30 }, (_, look): [number, ThreadState] => [look * 700, running(look * 140)]);
    expect(after(looks).countedMs).toBeGreaterThan(patienceMs(600, Infinity));
  });
});

describe('the watch', () => {
  it('looks on at a worker that has something in flight, from its last word until it is replaced', () => {
    const clock = new FakeClock();
    const worker = {
      inFlight: 1,
      received: { heardAtMs: clock.now() },
      assigned: { hasBegun: () => false },
      isOutputBlocked: false,
      tasks: () => [],
    };
    const stuck: unknown[] = [];
    const watch = new SilenceWatch({
      clock,
      workers: [worker as unknown as Worker],
      stateOf: () => undefined,
      stuck: (one) => stuck.push(one),
    });
    let looks = 0;
    while (watch.look()) {
      expect(++looks).toBeLessThan(20);
      clock.advance(250);
    }
    expect([stuck, looks]).toEqual([[worker], 5]);
    worker.received.heardAtMs = clock.now();
    expect(watch.look()).toBe(true);
    worker.inFlight = 0;
    expect(watch.look()).toBe(false);
  });
});

describe('patience', () => {
  it('is a second and twice the usual start, or the shortest limit of what waits, or 250 ms', () => {
    expect([patienceMs(0, Infinity), patienceMs(300, Infinity), patienceMs(300, 700), patienceMs(300, 5)]).toEqual([
      1000, 1600, 700, 250,
    ]);
  });
});
