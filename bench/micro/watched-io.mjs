// What a watched request and a watched command cost, beside ones that are not watched: `node bench/micro/watched-io.mjs`, after a
// build. Rounds with and without the watch take turns, so that both see the same machine. Processor time is what the watch adds; the
// time that an operation takes shows how much of it that is. Redis is measured where it is installed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { createRequire } from 'node:module';
import { IoWatch } from '../../packages/core/dist/child/io/io-watch.js';
import { installedServers, startServers } from '../../scripts/servers.mjs';

const require = createRequire(import.meta.url);
const ROUNDS = 60;
const OPERATIONS = 300;
const AT_ONCE = 10;
const SERVER = `const server = require('node:http').createServer((q, r) => r.end('hello')).listen(0, '127.0.0.1', () => {
  console.log(server.address().port);
});
process.stdin.on('end', () => process.exit()).resume();`;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const quantile = (values, share) => values.toSorted((a, b) => a - b)[Math.floor(values.length * share)];

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
  const watch = new IoWatch(() => 'task');
  const rounds = { plain: [], watched: [] };
  for (let n = 0; n < 20; n++) await round(operation);
  for (let n = 0; n < ROUNDS; n++) {
    for (const kind of n % 2 === 0 ? ['plain', 'watched'] : ['watched', 'plain']) {
      if (kind === 'watched') watch.start();
      rounds[kind].push(await round(operation));
      watch.take();
      watch.stop();
    }
  }
  const ratios = (key) => rounds.plain.map((plain, n) => rounds.watched[n][key] / plain[key]);
  const show = (key) =>
    `${median(ratios(key)).toFixed(3)} (${quantile(ratios(key), 0.25).toFixed(2)} to ${quantile(ratios(key), 0.75).toFixed(2)})`;
  const plain = median(rounds.plain.map(({ cpuUs }) => cpuUs));
  const added = median(rounds.plain.map((each, n) => rounds.watched[n].cpuUs - each.cpuUs));
  console.log(
    `${name}: time ×${show('us')}; processor ×${show('cpuUs')}, ${plain.toFixed(0)} µs and ${added.toFixed(1)} µs more`,
  );
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
const begin = performance.now();
for (let n = 0; n < 100_000; n++) sqlShape(statement, DIALECTS.mysql);
console.log(
  `shape of a statement of ${statement.length} characters: ${((performance.now() - begin) / 100).toFixed(2)} µs`,
);
process.exit();
