import { setTimeout as delay } from 'node:timers/promises';

/** Keeps a core busy: more workers help, up to the number of cores. */
export function compute(rounds) {
  let value = 1;
  for (let round = 0; round < rounds; round++) value = (Math.imul(value, 0x2c1b3c6d) + round) | 0;
  return value;
}

/** Waits, as for an answer from elsewhere: more tasks at once in each worker help. */
export async function wait(ms) {
  await delay(ms);
  return ms;
}
