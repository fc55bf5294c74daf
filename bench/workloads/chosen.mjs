// The module with the tasks of this round, and their names. They come from the round's environment, which the workers of every
// contestant inherit. So each library needs one worker file, and not one for each question.
const { MILLPOND_BENCH_TASKS: file = 'tasks.mjs', MILLPOND_BENCH_TASK_NAMES: names } = process.env;

export const TASKS = new URL(file, import.meta.url);

/** Names for libraries that ask for them, without loading the module into the program: that would change its memory. */
export const TASK_NAMES = names?.split(',') ?? [
  'identity',
  'byteLength',
  'bytes',
  'textLength',
  'text',
  'factorial',
  'factorials',
  'spin',
  'block',
  'whoAmI',
];

/** @param tasks `{ file, names }` of a benchmark, undefined for the default ones */
export function environmentOf(tasks) {
  return tasks && { MILLPOND_BENCH_TASKS: tasks.file, MILLPOND_BENCH_TASK_NAMES: tasks.names.join() };
}
