// A thread without a pool: answers each message with one message.
import { parentPort } from 'node:worker_threads';
import * as tasks from './tasks.mjs';

parentPort.on('message', ({ id, task, input }) => parentPort.postMessage({ id, value: tasks[task](input) }));
