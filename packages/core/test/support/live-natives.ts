import { afterEach, beforeEach, vi } from 'vitest';

/** Time as the globals give it at each call, so that a unit test owns it. */
const liveNatives = {
  setTimeout: (...args: Parameters<typeof setTimeout>) => setTimeout(...args),
  clearTimeout: (...args: Parameters<typeof clearTimeout>) => clearTimeout(...args),
  setInterval: (...args: Parameters<typeof setInterval>) => setInterval(...args),
  clearInterval: (...args: Parameters<typeof clearInterval>) => clearInterval(...args),
  now: () => performance.now(),
};

/** For `vi.mock('…/base/natives.js', …)`: the module with live time. */
export async function withLiveTime(original: () => Promise<object>): Promise<object> {
  return { ...(await original()), ...liveNatives };
}

/** Gives each test of the file timers that it moves itself. */
export function fakeTimersInEachTest(): void {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
}
