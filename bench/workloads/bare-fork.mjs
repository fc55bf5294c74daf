// A child process without a pool: answers each message with one message.
import { TASKS } from './chosen.mjs';

const tasks = await import(TASKS);

process.on('message', ({ id, task, input }) => process.send({ id, value: tasks[task](input) }));
