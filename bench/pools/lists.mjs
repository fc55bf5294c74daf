// Baselines for a whole list of work without a pool. `pass(inputs)` works through the list once.
import { TASKS } from '../workloads/chosen.mjs';

export const IDEAL = 'two bare forks, half each';

export function plainLoop() {
  return {
    name: 'plain loop',
    kind: 'none',
    role: 'baseline',
    load: () => import(TASKS),
    create: ({ work }) => ({
      async pass(inputs) {
        const results = [];
        for (const input of inputs) {
          const result = work(input);
          results.push(result instanceof Promise ? await result : result);
        }
        return results;
      },
    }),
  };
}

/** For libraries that have threads of their own. */
export function allAtOnce() {
  return {
    name: 'all at once, no pool',
    kind: 'none',
    role: 'baseline',
    load: () => import(TASKS),
    create: ({ work }) => ({ pass: (inputs) => Promise.all(inputs.map((input) => work(input))) }),
  };
}

/** The least time of two processes: each has its half beforehand, and nothing comes back. */
export function ideal() {
  return {
    name: IDEAL,
    kind: 'process',
    role: 'baseline',
    load: () => import('node:child_process'),
    create({ fork }, { workers, count }) {
      const file = new URL('../workloads/bare-half.mjs', import.meta.url);
      const forks = Array.from({ length: workers }, (_, part) => fork(file, [part, workers, count].map(String)));
      const ready = Promise.all(forks.map(answer));
      return {
        ready,
        async pass() {
          const done = Promise.all(forks.map(answer));
          for (const each of forks) each.send('work');
          await done;
        },
      };
    },
  };
}

function answer(fork) {
  return new Promise((resolve, reject) => {
    fork.once('message', resolve);
    fork.once('exit', (code, signal) => reject(new Error(`A bare fork ended with ${signal ?? code}.`)));
  });
}
