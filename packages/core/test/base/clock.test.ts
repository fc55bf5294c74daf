import { afterEach, describe, expect, it, vi } from 'vitest';
import { hostNowMs, systemClock } from '../../src/base/clock.js';

vi.mock('../../src/base/natives.js', async (original) =>
  (await import('../support/live-natives.js')).withLiveTime(original),
);

afterEach(() => void vi.restoreAllMocks());

/** The delay that reached setTimeout. */
function delayOf(delayMs: number): unknown {
  const set = vi.spyOn(globalThis, 'setTimeout');
  systemClock.after(delayMs, () => {}).cancel();
  return set.mock.calls[0]?.[1];
}

describe('hostNowMs', () => {
  it('is the monotonic clock of the host, so that processes can compare', () => {
    const [seconds, nanoseconds] = process.hrtime();
    const differenceMs = hostNowMs() - (seconds * 1e3 + nanoseconds / 1e6);
    // A clock that began with this process would be off by the uptime of the host.
    expect(Math.abs(differenceMs)).toBeLessThan(1000);
  });

  it('never goes back', () => {
    let last = hostNowMs();
    for (let reading = 0; reading < 1000; reading++) {
      const now = hostNowMs();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });
});

describe('systemClock', () => {
  it('calls back no earlier than asked', async () => {
    const from = systemClock.now();
    const firedAt = await new Promise<number>((resolve) => {
      systemClock.after(3.2, () => resolve(systemClock.now()));
      // A timer of the system clock does not keep a program alive; this one does.
      setTimeout(() => {}, 1000).ref();
    });
    // setTimeout counts whole milliseconds from the loop's own cached time, hence the one.
    expect(firedAt - from).toBeGreaterThanOrEqual(2.2);
  });

  it('does not fire a timer that was called off', async () => {
    let fired = false;
    systemClock.after(0, () => (fired = true)).cancel();
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(fired).toBe(false);
  });

  it('waits in pieces for what setTimeout would fire at once, and takes negative delays as 0', () => {
    expect(delayOf(2 ** 40)).toBe(2 ** 31 - 1);
    vi.restoreAllMocks();
    expect(delayOf(Infinity)).toBe(2 ** 31 - 1);
    vi.restoreAllMocks();
    expect(delayOf(-5)).toBe(0);
  });
});
