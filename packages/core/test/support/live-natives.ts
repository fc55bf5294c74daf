/*
 * For `vi.mock('…/base/natives.js', …)`: time as the globals give it at each call, so that a unit test owns it.
 */
export const liveNatives = {
  setTimeout: (...args: Parameters<typeof setTimeout>) => setTimeout(...args),
  clearTimeout: (...args: Parameters<typeof clearTimeout>) => clearTimeout(...args),
  setInterval: (...args: Parameters<typeof setInterval>) => setInterval(...args),
  clearInterval: (...args: Parameters<typeof clearInterval>) => clearInterval(...args),
  now: () => performance.now(),
};
