import { isThenable } from '../base/is-thenable.js';
import { clearTimeout, collectGarbage, printError, setTimeout } from '../base/natives.js';
import { getHeapStatistics } from '../base/v8-natives.js';
import type { PressureLevel } from '../contract/worker-module.js';
import type { ParentTopics, ReliefRequest } from '../wire/topics.js';
import { ownBytes } from './own-memory.js';

type Answer = ParentTopics['relieve']['answer'];

/**
 * Frees memory of this worker: by its hook, then by a collection of garbage where one can be asked for.
 * @param hook undefined where the module has none
 */
export async function relieve(
  { level, hookMs }: ReliefRequest,
  hook: ((level: PressureLevel) => unknown) | undefined,
): Promise<Answer> {
  const [beforeBytes, heapBeforeBytes] = [ownBytes(), heapBytes()];
  const outcome = hook === undefined ? 'none' : await endOf(() => hook(level), hookMs);
  // Another thread frees the memory of buffers, and the second collection waits for it.
  collectGarbage?.();
  collectGarbage?.();
  const after = { afterBytes: ownBytes(), heapAfterBytes: heapBytes() };
  return { hook: outcome, collected: collectGarbage !== undefined, beforeBytes, heapBeforeBytes, ...after };
}

/** Calls the hook, and waits for its promise for a while. What it throws must not end the worker. */
async function endOf(call: () => unknown, withinMs: number): Promise<Exclude<Answer['hook'], 'none'>> {
  const failed = (error: unknown): 'failed' => {
    printError('onMemoryPressure failed:', error);
    return 'failed';
  };
  try {
    const result = call();
    if (!isThenable(result)) return 'done';
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), withinMs);
    });
    const ended = Promise.resolve(result).then(() => 'done' as const, failed);
    const outcome = await Promise.race([ended, late]);
    clearTimeout(timer);
    return outcome;
  } catch (error) {
    return failed(error);
  }
}

function heapBytes(): number {
  return getHeapStatistics().used_heap_size;
}
