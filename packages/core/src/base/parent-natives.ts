import type * as workerThreads from 'node:worker_threads';
import { getBuiltinModule } from './natives.js';

/*
 * What natives.ts is for all code, for the parent only: a worker that loaded these modules would start later, and be larger. They
 * come past the module registry of jest: a test that mocks how its own code starts processes has a pool all the same.
 */
export const { spawn, spawnSync } = getBuiltinModule('node:child_process');
export const { availableParallelism, freemem, totalmem, tmpdir } = getBuiltinModule('node:os');
export const { MessageChannel, Worker } = getBuiltinModule('node:worker_threads');
export type Worker = workerThreads.Worker;
