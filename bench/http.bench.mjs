// What does a pool do for a server that renders pages?
//
// Rendering takes some 0.3 ms, and the text has 13 KB. Server, workers and the client program share the two cores, as in a
// container of that size. Without a pool one core renders. node:cluster has a server in each process, so no text crosses
// between processes. It is the better answer where each process has all that a request needs.
import { strictEqual } from 'node:assert';
import { fork } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { forRealTasks } from './contestants.mjs';
import { named, timesBest, timesCost } from './goals.mjs';
import { answerWith } from './http/server.mjs';
import { jestWorker } from './pools/jest-worker.mjs';
import { millpond } from './pools/millpond.mjs';
import { piscina } from './pools/piscina.mjs';
import { tinypool } from './pools/tinypool.mjs';
import { WORKERS } from './warm-round.mjs';

const CONNECTIONS = 16;
const PER_SECOND = 1200;
const RATE = { key: 'perSecond', unit: 'requests/s', better: 'higher' };
const P50 = { key: 'p50Ms', unit: `ms p50 at ${PER_SECOND.toLocaleString('en')}/s`, better: 'lower' };
const P99 = { key: 'p99Ms', unit: `ms p99 at ${PER_SECOND.toLocaleString('en')}/s`, better: 'lower' };

export default {
  numbers: ['B18'],
  question: 'What does a pool do for a server that renders pages?',
  method: `Each request renders for some 0.3 ms, and the answer is 13 KB of text. First ${CONNECTIONS} connections send again as soon as they have their answer. Then ${PER_SECOND.toLocaleString('en')} requests a second are sent, whether or not earlier ones have their answer. Time counts from when each was due. ${WORKERS} workers; the client program runs on the same cores.`,
  tasks: { file: 'pages.mjs', names: ['page'] },
  metrics: [RATE, P50, P99],
  contestants: [
    { name: 'no pool', kind: 'none', role: 'baseline', serve: serveAlone },
    { name: 'node:cluster', kind: 'process', role: 'baseline', serve: serveCluster },
    ...forRealTasks([
      millpond('process'),
      ...tinypool('process'),
      ...jestWorker('process'),
      millpond('thread'),
      ...tinypool('thread'),
      ...piscina(),
      ...jestWorker('thread'),
    ]).map((each) => ({ ...each, serve: servePool })),
  ],
  full: { rounds: 3, warmupMs: 2000, measureMs: 4000 },
  quick: { warmupMs: 50, measureMs: 100 },
  goals: [
    timesBest({
      number: 'B18',
      text: 'requests a second with threads against no pool',
      metric: RATE,
      us: named('Millpond threads'),
      them: named('no pool'),
      atLeast: 1,
    }),
    timesCost({
      number: 'B18',
      text: 'p99 with threads against the best thread pool',
      metric: P99,
      us: named('Millpond threads'),
      them: (each) => each.role === 'peer' && each.kind === 'thread',
      atMost: 1,
    }),
  ],

  async round(contestant, { warmupMs, measureMs }) {
    const port = await contestant.serve(contestant);
    await check(port);
    const load = fork(new URL('./http/load.mjs', import.meta.url), [String(port)]);
    const ask = async (question) => {
      load.send(question);
      const [answer] = await once(load, 'message');
      return answer;
    };
    await ask({ connections: CONNECTIONS, forMs: warmupMs });
    const { perSecond } = await ask({ connections: CONNECTIONS, forMs: measureMs });
    const { p50Ms, p99Ms } = await ask({ perSecond: PER_SECOND, forMs: measureMs });
    return { perSecond, p50Ms, p99Ms };
  },
};

async function serveAlone() {
  const { page } = await import('./workloads/pages.mjs');
  return listen(page);
}

async function servePool(contestant) {
  const pool = contestant.create(await contestant.load(), { workers: WORKERS });
  return listen((number) => pool.run('page', number));
}

async function serveCluster() {
  cluster.setupPrimary({ exec: fileURLToPath(new URL('./http/cluster-worker.mjs', import.meta.url)) });
  const workers = Array.from({ length: WORKERS }, () => cluster.fork());
  const [address] = await Promise.all(workers.map(async (worker) => (await once(worker, 'listening'))[0]));
  return address.port;
}

async function listen(page) {
  const server = createServer(answerWith(page)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

async function check(port) {
  const { page } = await import('./workloads/pages.mjs');
  const answers = await Promise.all(Array.from({ length: 2 * WORKERS }, (_, i) => textOf(port, i)));
  answers.forEach((answer, i) => strictEqual(answer, page(i)));
}

function textOf(port, number) {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: `/${number}` }, async (response) => {
      let text = '';
      for await (const part of response.setEncoding('utf8')) text += part;
      resolve(text);
    }).on('error', reject);
  });
}
