// The soak: a pool of processes and one of threads under mixed load, while ten workers a second die. Looks for what must not be:
//   a promise lost or settled twice; a task that is started twice without leave;
//   memory, open files or threads that grow; a child left behind.
//
//   node scripts/soak.mjs [--minutes 10] [--leak heap|buffers|native [--mib-per-minute 10]]
//
// It takes two minutes at least to judge growth. With --leak it loses memory by itself, and must fail. scripts/soak.mjs starts this
// script.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { grows, slopeOf } from './soak-growth.mjs';
import { children, holdings, markChildren } from './soak-holdings.mjs';
import { leak } from './soak-leaks.mjs';
import { Load } from './soak-load.mjs';
import { countStarts } from './soak-starts.mjs';

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    leak: { type: 'string' },
    'mib-per-minute': { type: 'string', default: '10' },
  },
});
const MINUTES = positive('minutes');
const leaks = given.leak === undefined ? [] : [leak(given.leak, positive('mib-per-minute'))];

/** Deaths a second of load, of both kinds together. A kill is a death that the worker's pool did not ask for. */
const KILLS_PER_SECOND = 10;
const KILL_EVERY_MS = 50;
const PRINT_EVERY_MS = 30_000;
/** A task that is still unsettled this long after the last submit is lost. */
const SETTLE_WITHIN_MS = 60_000;
/** Load between two rests: a twentieth of all, and no less than this. A rest takes some three seconds. */
const LEAST_LOAD_MS = 6000;
/** Time in which heaps find their size, and code is compiled: a third of all, and no more than this. */
const WARM_UP_MS = 60_000;

/*
 * Limits of growth. Under load, the resident memory of one run was anywhere between 155 and 210 MiB, and did not grow. It depends on
 * the tasks in flight, on the heaps of the threads alive, and on when V8 last collected. The slope of that over two minutes came to
 * between −11 and 46 MiB a minute. So all load stops for a moment, all workers go, and V8 collects. What the program holds then is
 * nearly the same each time. The heap stays within 1 MiB, other memory within 3 MiB, and open files and threads are exact.
 *
 * A series grows only if the lower end of its slope's interval is above the limit. It must also grow by more than noise in all. The
 * heap of a run of six minutes grew from 10.2 to 12.2 MiB. By heap snapshots, that is code that V8 compiled, and not more objects.
 */
const MIB = 2 ** 20;
const LIMITS = {
  heap: { what: 'the heap', perMinute: MIB, inAll: 3 * MIB, show: mib },
  buffers: { what: 'memory of Buffers', perMinute: MIB, inAll: 3 * MIB, show: mib },
  native: { what: 'other memory', perMinute: 2 * MIB, inAll: 8 * MIB, show: mib },
  files: { what: 'open files', perMinute: 0.5, inAll: 2, show: number },
  threads: { what: 'threads', perMinute: 0.5, inAll: 2, show: number },
};

// Without its starter nothing would end it.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
const startedAt = performance.now();
const endsAt = startedAt + MINUTES * 60_000;
markChildren();
const folder = mkdtempSync(join(tmpdir(), 'millpond-soak-'));
const loads = ['process', 'thread'].map((kind) => new Load(kind, join(folder, kind)));
const problems = [];
const readings = [];
/** Time without load so far; and the begin of the present rest. */
let restedMs = 0;
let restingSince;

/** Kills the workers that are due by now, of the kind with fewer deaths first. */
function killSome() {
  if (restingSince !== undefined) return;
  const due = () => total((load) => load.kills) < (loadedMs() / 1000) * KILLS_PER_SECOND;
  const inTurn = () => [...loads].sort((a, b) => a.kills - b.kills);
  while (due() && inTurn().some((load) => load.kill()));
}

/** Lets everything come to rest, and reads what the program holds then. */
async function rest() {
  restingSince = performance.now();
  for (const load of loads) load.pause();
  await until(() => loads.every(({ isAtRest }) => isAtRest));
  const busy = loads.filter(({ isAtRest }) => !isAtRest);
  if (busy.length > 0) problems.push(`no rest: ${busy.map(({ kind }) => kind).join(', ')}`);
  else readings.push({ atMs: restingSince - startedAt, ...(await holdings()) });
  for (const load of loads) load.goOn();
  restedMs += performance.now() - restingSince;
  restingSince = undefined;
}

async function until(condition) {
  const limit = performance.now() + SETTLE_WITHIN_MS;
  while (!condition() && performance.now() < limit) await wait(20);
}

function loadedMs() {
  return (restingSince ?? performance.now()) - startedAt - restedMs;
}

function total(read) {
  return loads.reduce((sum, load) => sum + read(load), 0);
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function number(value) {
  return value.toFixed(1);
}

function positive(name) {
  const value = Number(given[name]);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0; received ${given[name]}.`);
  return value;
}

const timers = [
  ...leaks,
  setInterval(killSome, KILL_EVERY_MS),
  setInterval(() => {
    const { heap, buffers, native, rss, files, threads } = readings.at(-1) ?? {};
    console.log(
      `${Math.round((performance.now() - startedAt) / 1000)} s, ${mib(process.memoryUsage().rss)}` +
        (rss === undefined
          ? ''
          : `; at rest ${mib(rss)}, heap ${mib(heap)}, Buffers ${mib(buffers)}, other ${mib(native)}, ${files} files, ${threads} threads`),
    );
    for (const load of loads) console.log(load.line());
  }, PRINT_EVERY_MS),
];

const running = Promise.all(loads.map((load) => load.run()));
while (performance.now() < endsAt && loads.every(({ failure }) => failure === undefined) && problems.length === 0) {
  const loadMs = Math.max(LEAST_LOAD_MS, MINUTES * 3000);
  await wait(Math.min(loadMs, Math.max(0, endsAt - performance.now())));
  await rest();
}
const killsPerSecond = total((load) => load.deaths) / (loadedMs() / 1000);
for (const load of loads) load.stop();
timers.forEach(clearInterval);
await Promise.race([running, wait(SETTLE_WITHIN_MS, undefined, { ref: false })]);
// Tasks submitted for their effect alone are still in flight.
await until(() => loads.every(({ lost }) => lost === 0));

console.log('end');
let startedTwice = 0;
for (const load of loads) {
  console.log(load.line());
  const { tasks, state } = load.pool.stats();
  const { submitted, completed, failed, cancelled, queued, dispatched } = tasks;
  if (load.lost > 0) problems.push(`${load.kind}: ${load.lost} lost`);
  if (load.twice > 0) problems.push(`${load.kind}: ${load.twice} settled twice`);
  if (state !== 'open') problems.push(`${load.kind}: the pool is ${state}: ${load.failure?.message}`);
  if (completed + failed + cancelled !== submitted || queued + dispatched !== 0) {
    problems.push(`${load.kind}: its counts do not add up: ${JSON.stringify(tasks)}`);
  }
  const { starts, twice, unasked } = countStarts(load.starts);
  console.log(`    handlers started ${starts} times, ${twice} attempts twice, ${unasked} again without a retry`);
  if (starts === 0) problems.push(`${load.kind}: no start was noted`);
  if (twice + unasked > 0) problems.push(`${load.kind}: ${twice + unasked} started twice`);
  startedTwice += twice + unasked;
  for (const [what, count] of load.unexpected) problems.push(`${load.kind}: ${count} times ${what}`);
}
await Promise.race([Promise.all(loads.map(({ pool }) => pool.close())), wait(20_000, undefined, { ref: false })]);
if (loads.some(({ pool }) => pool.stats().state !== 'closed')) problems.push('close() did not come to its end');
if (loads.some(({ deaths }) => deaths === 0)) problems.push('no worker of a kind has died: nothing was tried');

const steady = readings.filter(({ atMs }) => atMs > Math.min(WARM_UP_MS, (MINUTES * 60_000) / 3));
const growths = Object.entries(LIMITS).map(([name, limit]) => {
  const slope = slopeOf(steady.map(({ atMs, [name]: value }) => ({ atMs, value })));
  if (slope === undefined) {
    problems.push(`growth of ${limit.what} is unknown after ${steady.length} readings: let it run longer`);
    return `${limit.what} unknown`;
  }
  const { perMinute, least } = slope;
  if (grows(slope, limit)) problems.push(`${limit.what} grows by ${limit.show(perMinute)} a minute`);
  return `${limit.what} ${limit.show(perMinute)} (at least ${limit.show(least)})`;
});

const left = children();
if (left.length > 0) problems.push(`children left: ${left.join(', ')}`);
for (const pid of left) process.kill(Number(pid), 'SIGKILL');

console.log(
  `submitted ${total((load) => load.submitted)}, settled ${total((load) => load.settled)}, lost ${total((load) => load.lost)}, ` +
    `settled twice ${total((load) => load.twice)}, started twice ${startedTwice}, deaths ${total((load) => load.deaths)}, ` +
    `${killsPerSecond.toFixed(1)} kills a second`,
);
console.log(`growth a minute, by ${steady.length} readings at rest: ${growths.join(', ')}`);
rmSync(folder, { recursive: true });
console.log(problems.length === 0 ? 'passed' : `FAILED: ${problems.join('; ')}`);
process.exitCode = problems.length === 0 ? 0 : 1;
