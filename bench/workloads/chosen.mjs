// Which module has the tasks of this round, and what are they called? The environment of the round says so, and the workers
// of every contestant inherit it: each library needs a worker file of its own, and none of them needs one for each question.
const { MILLPOND_BENCH_TASKS: file = 'tasks.mjs', MILLPOND_BENCH_TASK_NAMES: names } = process.env;

export const TASKS = new URL(file, import.meta.url);

/** Libraries that ask for the names get them without loading the module into the program, whose memory would be another. */
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

/** @param tasks `{ file, names }` of a benchmark, undefined for the usual ones */
export function environmentOf(tasks) {
  return tasks && { MILLPOND_BENCH_TASKS: tasks.file, MILLPOND_BENCH_TASK_NAMES: tasks.names.join() };
}
