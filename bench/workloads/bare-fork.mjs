// A child process without a pool: answers each message with one message.
import { identity } from './identity.mjs';

process.on('message', ({ id, value }) => process.send({ id, value: identity(value) }));
process.send('ready');
