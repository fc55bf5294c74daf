// The tasks, registered as poolifier wants them in a thread.
import { ThreadWorker } from 'poolifier';
import { TASKS } from './chosen.mjs';

export default new ThreadWorker({ ...(await import(TASKS)) });
