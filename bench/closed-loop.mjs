// How much gets done when every caller calls again as soon as it has its answer?

// Looking at the clock costs more than a direct call.
const LOOK_EVERY = 64;

/** @returns calls done, and the time up to the last answer: none is counted without its time */
export async function closedLoop(call, { inFlight, forMs }) {
  const startMs = performance.now();
  const lookEvery = Math.min(LOOK_EVERY, inFlight);
  let isOver = false;
  let done = 0;
  const caller = async () => {
    while (!isOver) {
      await call(done);
      done++;
      if (done % lookEvery === 0 && performance.now() - startMs >= forMs) isOver = true;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const tookMs = performance.now() - startMs;
  return { done, tookMs, perSecond: (done / tookMs) * 1000 };
}
