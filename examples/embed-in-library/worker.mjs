// The program's worker module: its own tasks and the library's, in the same workers.
export * from './library/worker.mjs'; // A program outside of this folder says 'word-counter/worker'.

export function shout(text) {
  return text.toUpperCase();
}
