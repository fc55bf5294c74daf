// A client program that requests pages from a server and reports how long each took: `node load.mjs <port>`. Each message to it
// is one question. `{ connections, forMs }` has callers that call again as soon as they have their answer.
// `{ perSecond, forMs }` sends requests at this rate, whether or not earlier ones have their answer.
import { Agent, get } from 'node:http';
import { percentile } from '../statistics.mjs';

const port = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true });
let requests = 0;

process.on('message', async (question) => {
  process.send(await (question.connections === undefined ? open(question) : closed(question)));
});
process.on('disconnect', () => process.exit());

async function closed({ connections, forMs }) {
  const startMs = performance.now();
  let done = 0;
  const caller = async () => {
    while (performance.now() - startMs < forMs) {
      await ask();
      done++;
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  return { perSecond: (done / (performance.now() - startMs)) * 1000 };
}

/** A request's time counts from when it was due: a request that could not leave in time has waited, too. */
async function open({ perSecond, forMs }) {
  const tookMs = [];
  const startMs = performance.now();
  const dueMs = (index) => startMs + (index * 1000) / perSecond;
  const count = Math.ceil((forMs / 1000) * perSecond);
  const timed = async (index) => {
    await ask();
    tookMs.push(performance.now() - dueMs(index));
  };
  const all = [];
  for (let index = 0; index < count;) {
    while (index < count && dueMs(index) <= performance.now()) all.push(timed(index++));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(all);
  return { p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99) };
}

function ask() {
  return new Promise((resolve, reject) => {
    get({ agent, host: '127.0.0.1', port, path: `/${requests++}` }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`The server answered ${response.statusCode}.`));
      response.resume().on('end', resolve);
    }).on('error', reject);
  });
}
