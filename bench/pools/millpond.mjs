// Millpond, with the options that the questions need.
import { PLURAL } from '../kinds.mjs';
import { TASKS } from '../workloads/chosen.mjs';

/** As it comes, or with `options` or another worker module, which `setting` names. */
export function millpond(kind, setting, options, module = TASKS) {
  return {
    name: [`Millpond ${PLURAL[kind]}`, setting].filter(Boolean).join(', '),
    kind,
    role: 'subject',
    load: () => import('@millpond/core'),
    create({ Pool }, { workers }) {
      const pool = new Pool(module, { kind, workers, ...options });
      return {
        run: (task, input) => pool.run(task, input),
        hold: () => pool.pause(),
        map: (task, inputs) => pool.map(task, inputs),
      };
    },
  };
}

/** With a worker module that imports this package. */
export function millpondLifecycle(kind) {
  return millpond(kind, 'with defineWorker', {}, new URL('../workloads/with-lifecycle.mjs', import.meta.url));
}

/** With idempotent tasks: their results are not written where they outlive the worker. */
export function millpondIdempotent(kind) {
  const names = ['identity', 'byteLength', 'bytes', 'factorial', 'spin'];
  const tasks = Object.fromEntries(names.map((name) => [name, { idempotent: true }]));
  return millpond(kind, 'idempotent', { tasks });
}
