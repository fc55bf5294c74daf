// A child process without a pool: answers each message with one message.
import * as tasks from './tasks.mjs';

process.on('message', ({ id, task, input }) => process.send({ id, value: tasks[task](input) }));
