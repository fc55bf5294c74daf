// The handlers of scripts/soak.mjs.
import { setTimeout as wait } from 'node:timers/promises';

export const tiny = (n) => n;

export function busy(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

export const idle = (ms) => wait(ms, ms);

export const big = (bytes) => bytes.toReversed();

export function fail(message) {
  throw new TypeError(message);
}

export async function exit(code) {
  await wait(1);
  process.exit(code);
}

/** Hears the signal late: whoever cancels it or lets it time out waits for nothing. */
export async function slow(ms, ctx) {
  await wait(ms, undefined, { signal: ctx.signal });
  return ms;
}
