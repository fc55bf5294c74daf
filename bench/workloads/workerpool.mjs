// The tasks, registered as workerpool wants them.
import workerpool from 'workerpool';
import { TASKS } from './chosen.mjs';

workerpool.worker({ ...(await import(TASKS)) });
