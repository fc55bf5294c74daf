import type { Clock, Timer } from '../base/clock.js';
import type { CallKeys, FunctionPolicies } from './function-policies.js';
import type { FunctionRun, RunEnd } from './function-run.js';

export interface HedgedRunParts {
  readonly policies: FunctionPolicies;
  readonly keys: CallKeys;
  readonly clock: Clock;
  /** Begins a further run, for which there is room. @param number 1 for the first of them */
  begin(number: number): FunctionRun;
}

/**
 * The end of a run, or of further ones that begin beside it when it takes long. The first result counts, and the other runs are
 * cancelled. A failure waits for the other runs.
 */
export function hedgedRun(first: FunctionRun, parts: HedgedRunParts): Promise<RunEnd> {
  const { policies } = parts;
  const { hedge } = policies;
  const afterMs = hedge?.afterMs(policies.ran);
  if (hedge === undefined || afterMs === undefined) return first.end;
  const { clock, keys, begin } = parts;
  return new Promise((resolve) => {
    const others = new Set<FunctionRun>();
    let begun = 0;
    let firstEnd: RunEnd | undefined;
    let timer: Timer | undefined;
    const finish = (end: RunEnd): void => {
      timer?.cancel();
      for (const run of [first, ...others]) run.cancel(otherRunEnded());
      others.clear();
      resolve(end);
    };
    const lookIn = (delayMs: number): void => {
      timer = clock.after(delayMs, () => due(delayMs));
    };
    const due = (delayMs: number): void => {
      if (policies.refuses(keys)) return;
      if (!policies.hasRoom(keys)) {
        // Each time after twice the wait, as in a pool, because many calls may take long at once.
        lookIn(2 * delayMs);
      } else if (!hedge.budget.takeOut()) {
        hedge.counts.refused++;
      } else {
        hedge.counts.begun++;
        follow(begin(++begun));
        if (begun < hedge.max) lookIn(afterMs);
      }
    };
    const follow = (run: FunctionRun): void => {
      others.add(run);
      void run.end.then((end) => {
        // Of a run that was cancelled, nothing is news.
        if (!others.delete(run)) return;
        if (end.how === 'ok') {
          hedge.counts.won++;
          finish(end);
        } else if (firstEnd !== undefined && others.size === 0) {
          finish(firstEnd);
        }
      });
    };
    lookIn(afterMs);
    void first.end.then((end) => {
      firstEnd = end;
      timer?.cancel();
      if (end.how !== 'failed' || others.size === 0) finish(end);
    });
  });
}

/** The reason of the signal in a run whose result is not wanted. */
function otherRunEnded(): Error {
  const error = new Error('The call has its result: another run of the function was faster.');
  error.name = 'AbortError';
  return error;
}
