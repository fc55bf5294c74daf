// The same tasks in a module that defines a worker, as a module with a set-up does. Its imports are part of the measurement.
import { defineWorker } from '@millpond/core/worker';

export * from './tasks.mjs';
export const worker = defineWorker({ setup: () => 'ready' });
