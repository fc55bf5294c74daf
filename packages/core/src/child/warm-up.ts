import { didYouMean } from '../base/nearest.js';
import type { WarmupTask } from '../wire/messages.js';
import { readStartValue } from '../wire/start-value.js';
import { RunningTask, type WorkerScope } from './running-task.js';
import type { LoadedModule } from './worker-module.js';

/**
 * Runs the warm-up tasks of the options, one after another, like other tasks. Their results, progress and section times are thrown
 * away: they belong to no task.
 * @throws the error of a handler, with the name of its task; or an error for a missing handler
 */
export async function runWarmupTasks(
  tasks: readonly WarmupTask[],
  module: LoadedModule,
  scope: WorkerScope,
): Promise<void> {
  for (const { name, input: start, times } of tasks) {
    const handler = module.handlers.find(([known]) => known === name)?.[1];
    if (handler === undefined) {
      const known = module.handlers.map(([each]) => each);
      const hint = didYouMean(name, known);
      throw new RangeError(
        `warmup.tasks names "${name}", which the worker does not export (it exports ${known.join(', ')}).${hint}`,
      );
    }
    const input = readStartValue(start);
    for (let run = 1; run <= times; run++) {
      try {
        // The same input each time. A handler that changes it warms up on the changed one, as it would in a frame.
        await handler(input, new RunningTask(scope, NO_ID, name, 0, 1));
      } catch (cause) {
        const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
        throw new Error(`The warm-up task "${name}" failed in run ${run} of ${times}: ${what}`, { cause });
      }
    }
  }
  scope.sections.end(NO_ID, true);
  scope.sections.take();
  scope.sections.takeMistakes();
}

/** The id of no task: nothing is sent under it. */
const NO_ID = 0;
