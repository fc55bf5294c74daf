// A thread without a pool: answers each message with one message.
import { parentPort } from 'node:worker_threads';
import { identity } from './identity.mjs';

parentPort.on('message', ({ id, value }) => parentPort.postMessage({ id, value: identity(value) }));
parentPort.postMessage('ready');
