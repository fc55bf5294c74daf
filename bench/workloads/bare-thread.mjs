// A thread without a pool: answers each message with one message.
import { parentPort } from 'node:worker_threads';
import { TASKS } from './chosen.mjs';

const tasks = await import(TASKS);

parentPort.on('message', ({ id, task, input }) => parentPort.postMessage({ id, value: tasks[task](input) }));
