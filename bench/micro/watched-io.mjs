// What a watched request and a watched command cost, beside ones that are not watched: `node bench/micro/watched-io.mjs`, after a
// build. Rounds with the watch, without it, and with listeners that do nothing take turns: all see the same machine. Redis is measured where it is installed.
import { spawn } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { createRequire } from 'node:module';
import { IoWatch } from '../../packages/core/dist/child/io/io-watch.js';
import { installedServers, startServers } from '../../scripts/servers.mjs';

const require = createRequire(import.meta.url);
const ROUNDS = 12;
const OPERATIONS = 2000;
const AT_ONCE = 10;
const SERVER = `const server = require('node:http').createServer((q, r) => r.end('hello')).listen(0, '127.0.0.1', () => {
  console.log(server.address().port);
});
process.stdin.on('end', () => process.exit()).resume();`;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Names of the channels on which a watch listens. */
function channelsOf() {
  const names = [];
  const { subscribe } = diagnostics;
  diagnostics.subscribe = (name, listener) => {
    names.push(name);
    subscribe(name, listener);
  };
  const watch = new IoWatch(() => 'task');
  watch.start();
  watch.stop();
  diagnostics.subscribe = subscribe;
  return names;
}

const CHANNELS = channelsOf();
const nothing = () => {};

/** What listens during a round. @returns what ends that */
const KINDS = {
  plain: () => nothing,
  /** The clients' own work for their channels. */
  'listened to': () => {
    for (const name of CHANNELS) diagnostics.subscribe(name, nothing);
    return () => {
      for (const name of CHANNELS) diagnostics.unsubscribe(name, nothing);
    };
  },
  watched: () => {
    const watch = new IoWatch(() => 'task');
    watch.start();
    return () => {
      watch.take();
      watch.stop();
    };
  },
};

async function round(operation) {
  let left = OPERATIONS;
  const begin = performance.now();
  const cpu = process.cpuUsage();
  const run = async () => {
    while (left-- > 0) await operation();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  const { user, system } = process.cpuUsage(cpu);
  return { us: ((performance.now() - begin) * 1000) / OPERATIONS, cpuUs: (user + system) / OPERATIONS };
}

async function measure(name, operation) {
  const rounds = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
  for (let n = -2; n < ROUNDS; n++) {
    const kinds = Object.keys(KINDS);
    for (const kind of n % 2 === 0 ? kinds : kinds.reverse()) {
      const end = KINDS[kind]();
      const result = await round(operation);
      end();
      if (n >= 0) rounds[kind].push(result);
    }
  }
  const { plain } = rounds;
  console.log(`${name}: ${median(plain.map(({ cpuUs }) => cpuUs)).toFixed(1)} µs of processor time`);
  for (const kind of Object.keys(KINDS).slice(1)) {
    const ratio = (key) => median(plain.map((each, n) => rounds[kind][n][key] / each[key])).toFixed(2);
    const more = median(plain.map((each, n) => rounds[kind][n].cpuUs - each.cpuUs)).toFixed(1);
    console.log(`  ${kind}: ${more} µs more, ×${ratio('cpuUs')}; time ×${ratio('us')}`);
  }
}

const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
const [text] = await once(server.stdout, 'data');
const url = `http://127.0.0.1:${Number(String(text))}`;
const agent = new Agent({ keepAlive: true });
await measure('node:http', async () => {
  const request = get(url, { agent });
  const [response] = await once(request, 'response');
  response.resume();
  await once(request, 'close');
});
const { request, Agent: UndiciAgent } = require('undici');
const dispatcher = new UndiciAgent();
await measure('undici', async () => (await request(url, { dispatcher })).body.dump());
await measure('fetch', async () => (await fetch(url)).text());
agent.destroy();
await dispatcher.close();
server.stdin.end();

if (installedServers().redis) {
  const { redis, stop } = await startServers({ redis: true });
  const client = require('redis').createClient({ socket: redis, password: redis.password });
  await client.connect();
  await measure('node-redis GET', () => client.get('key'));
  await client.close();
  const other = new (require('ioredis').Redis)(redis);
  await measure('ioredis GET', () => other.get('key'));
  await other.quit();
  await stop();
}

const { sqlShape, DIALECTS } = await import('../../packages/core/dist/child/io/sql-shape.js');
const statement =
  "SELECT o.id, o.name, SUM(l.price) FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.id IN (1, 2, 3) AND o.state = 'open'";
for (let n = 0; n < 20_000; n++) sqlShape(statement, DIALECTS.mysql);
const cpu = process.cpuUsage();
for (let n = 0; n < 100_000; n++) sqlShape(statement, DIALECTS.mysql);
const { user, system } = process.cpuUsage(cpu);
console.log(`a statement of ${statement.length} characters: ${((user + system) / 100_000).toFixed(2)} µs`);
process.exit();
