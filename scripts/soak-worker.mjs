// The handlers of scripts/soak.mjs. Each notes that it was called.
import { setTimeout as wait } from 'node:timers/promises';
import { noteStart } from './soak-starts.mjs';

export function tiny(n, ctx) {
  noteStart(ctx);
  return n;
}

export function busy(ms, ctx) {
  noteStart(ctx);
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

export async function idle(ms, ctx) {
  noteStart(ctx);
  return wait(ms, ms);
}

/** Has no retry: a try that a death interrupts is the last one. */
export async function once(ms, ctx) {
  noteStart(ctx, true);
  return wait(ms, ms);
}

export function big(bytes, ctx) {
  noteStart(ctx);
  return bytes.toReversed();
}

export function fail(message, ctx) {
  noteStart(ctx, true);
  throw new TypeError(message);
}

export async function exit(code, ctx) {
  noteStart(ctx, true);
  await wait(1);
  process.exit(code);
}

/** Ends as soon as it hears the signal. */
export async function slow(ms, ctx) {
  noteStart(ctx);
  await wait(ms, undefined, { signal: ctx.signal });
  return ms;
}
