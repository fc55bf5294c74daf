import type * as workerThreads from 'node:worker_threads';
import { getBuiltinModule } from './natives.js';

/*
 * Natives (see natives.ts) for the parent only: a worker that loaded these modules would start later, and be larger. They bypass
 * the module registry of jest: a pool works even in a test that mocks the start of processes.
 */
export const { spawn, spawnSync } = getBuiltinModule('node:child_process');
export const { availableParallelism, freemem, totalmem, tmpdir } = getBuiltinModule('node:os');
export const { MessageChannel, Worker } = getBuiltinModule('node:worker_threads');
export const { compileFunction } = getBuiltinModule('node:vm');
export type Worker = workerThreads.Worker;
