// The same tasks in a module that defines a worker, as one with a set-up does: what it imports for that counts.
import { defineWorker } from '@millpond/core/worker';

export * from './tasks.mjs';
export const worker = defineWorker({ setup: () => 'ready' });
