// How many identity tasks a second move through 2 workers with 1,000 in flight?
import { CONTESTANTS } from './contestants.mjs';

const IN_FLIGHT = 1000;
// Looking at the clock costs more than a direct call.
const LOOK_EVERY = 64;

export default {
  question: 'How many identity tasks a second move through 2 workers with 1,000 in flight?',
  metrics: [{ key: 'tasksPerSecond', unit: 'tasks/s', better: 'higher' }],
  contestants: Object.keys(CONTESTANTS),

  /** A thousand callers, each of which calls again as soon as it has its answer. */
  async measure(call, forMs) {
    const startMs = performance.now();
    let isOver = false;
    let done = 0;
    const caller = async () => {
      while (!isOver) {
        await call(done);
        done++;
        if (done % LOOK_EVERY === 0 && performance.now() - startMs >= forMs) isOver = true;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
    // Up to the last answer, and with it: none is counted without its time.
    return { tasksPerSecond: done / ((performance.now() - startMs) / 1000) };
  },
};
