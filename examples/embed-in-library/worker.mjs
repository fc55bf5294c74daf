// The program's worker module: its own tasks, and those of the library, in the same workers.
export * from './library/worker.mjs'; // a program outside of this folder says 'word-counter/worker'

export function shout(text) {
  return text.toUpperCase();
}
