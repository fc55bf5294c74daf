import type { Step } from './try.js';
import { whenEnded } from './try.js';
import { WaitingLine } from './waiting-line.js';

/**
 * Bounds the tries that run at once. A place is free when the function has ended. After a timeout or an abort, that may be later than
 * the end of the try.
 */
export function bulkheadStep(concurrency: number): Step {
  const line = new WaitingLine<undefined>();
  let free = concurrency;
  const release = (): void => {
    if (line.size > 0) line.grantHead();
    else free++;
  };
  return (next) => async (tried) => {
    if (free > 0) free--;
    else await line.wait(undefined, tried.signal, () => {});
    try {
      return await next(tried);
    } finally {
      whenEnded(tried, release);
    }
  };
}
