// A server process of node:cluster, which renders the requested pages itself.
import { createServer } from 'node:http';
import { page } from '../workloads/pages.mjs';
import { answerWith } from './server.mjs';

createServer(answerWith(page)).listen(0, '127.0.0.1');
