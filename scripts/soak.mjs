// Runs a pool of processes and one of threads under mixed load, while ten workers a second die. Looks for what must not be:
//   a promise lost or settled twice; a task that is started twice without leave;
//   memory or file descriptors that grow; a child left behind.
//
//   node scripts/soak.mjs [--minutes 10]
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isPoolError, Pool } from '@millpond/core';
import { countStarts, notingStarts } from './soak-starts.mjs';

const { values: given } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const MINUTES = Number(given.minutes);
if (!(MINUTES > 0)) throw new Error(`--minutes must be a number above 0; received ${given.minutes}.`);

/** Deaths a second, of both kinds together. A kill is a death that the worker's pool did not ask for. */
const KILLS_PER_SECOND = 10;
const KILL_EVERY_MS = 50;
const IN_FLIGHT = 64;
const WORKERS = 6;
/** A task that ends its thread is a suspect beside others and must run twice. More of them would only queue up. */
const EXITS_IN_FLIGHT = 4;
const PRINT_EVERY_MS = 30_000;
const SAMPLE_EVERY_MS = 1000;
/** Samples of one window. Eight windows then fit into the measured part of two minutes. */
const WINDOW_SAMPLES = 10;
const BIG = Buffer.alloc(256 * 1024, 1);
/** A task that is still unsettled this long after the last submit is lost. */
const SETTLE_WITHIN_MS = 60_000;

/*
 * Limits of growth. The heap after a collection is flat. Yet starts and ends of threads move resident memory, through the allocator
 * and the collector. So a slope is that of the least values of short windows. Lost memory stays in each of them, and a peak does
 * not. By all samples, runs of two minutes of the same code came to between −11 and 46 MiB. A slope counts only if it comes to clearly
 * more than noise over the measured time. It must also reach 2 MiB a minute, which is 10 KB for each death. Descriptors are exact,
 * but a sample finds some workers half started: 6 each. One lost in a hundred deaths would be 2 a minute.
 */
const LEAK = {
  rss: { perMinute: 2 * 2 ** 20, inAll: 32 * 2 ** 20 },
  fds: { perMinute: 1, inAll: 6 },
};

const startedAt = performance.now();
const endsAt = startedAt + MINUTES * 60_000;
const MARK = 'MILLPOND_SOAK';
process.env[MARK] = String(process.pid);
const folder = mkdtempSync(join(tmpdir(), 'millpond-soak-'));

class Load {
  constructor(kind) {
    this.kind = kind;
    this.submitted = 0;
    this.settled = 0;
    this.twice = 0;
    this.deaths = 0;
    /** Tasks in flight that end their thread. */
    this.exits = 0;
    /** Processes that got a SIGKILL and have not ended yet. */
    this.dying = new Set();
    this.failure = undefined;
    this.byEnd = new Map();
    this.unexpected = new Map();
    /** File in which its workers note the calls of handlers. */
    this.starts = join(folder, kind);
    this.pool = new Pool(new URL('soak-worker.mjs', import.meta.url), {
      name: `soak-${kind}`,
      kind,
      workers: WORKERS,
      concurrency: 4,
      stdio: 'ignore',
      env: notingStarts(this.starts),
      graceMs: 100,
      retry: { attempts: 3, backoff: { baseMs: 5, maxMs: 50 } },
      crash: { attempts: 100 },
      restart: { max: 1_000_000 },
    });
    this.pool.on('failed', (error) => (this.failure = error));
    this.pool.on('worker:exited', ({ pid, expected }) => {
      this.deaths += Number(!expected);
      this.dying.delete(pid);
    });
  }

  /** Keeps IN_FLIGHT tasks in flight until time is up. */
  async run() {
    const lane = async () => {
      while (performance.now() < endsAt && this.pool.stats().state === 'open') {
        await this.submit(...pick());
        // A tiny task settles within the turn of its answer; the timers need their turn, too.
        await new Promise(setImmediate);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  }

  submit(name, input, options = {}) {
    const abort = options.abortAfterMs === undefined ? undefined : new AbortController();
    const { abortAfterMs, ...runOptions } = options;
    const timer = abort && setTimeout(() => abort.abort(new Error('aborted by the soak')), abortAfterMs);
    let times = 0;
    const settle = (end) => {
      times++;
      if (times > 1) this.twice++;
      else this.settled++;
      clearTimeout(timer);
      this.byEnd.set(end, (this.byEnd.get(end) ?? 0) + 1);
    };
    this.submitted++;
    return this.pool.run(name, input, abort ? { ...runOptions, signal: abort.signal } : runOptions).then(
      () => settle('ok'),
      (error) => settle(this.endOf(name, error)),
    );
  }

  endOf(name, error) {
    if (isPoolError(error)) return error.code;
    const { message } = error;
    if (message === 'aborted by the soak' || message === 'fails as it should') return message;
    this.unexpected.set(`${name}: ${message}`, (this.unexpected.get(`${name}: ${message}`) ?? 0) + 1);
    return 'another error';
  }

  /** Ends a worker that has finished a task, if there is one. A worker that never worked is replaced only after a wait. */
  kill() {
    if (this.kind === 'thread') {
      if (this.exits >= EXITS_IN_FLIGHT) return false;
      this.exits++;
      void this.submit('exit', 9, { retry: 0 }).then(() => this.exits--);
      return true;
    }
    const alive = this.pool.stats().workerList.filter(({ pid, tasksDone }) => tasksDone > 0 && !this.dying.has(pid));
    const victim = alive[Math.floor(Math.random() * alive.length)];
    if (victim === undefined) return false;
    this.dying.add(victim.pid);
    try {
      process.kill(victim.pid, 'SIGKILL');
    } catch {
      // The worker has just ended by itself; the event for its exit is about to come.
    }
    return true;
  }

  /** Deaths, and those that are sure to come. */
  get kills() {
    return this.deaths + this.exits + this.dying.size;
  }

  get lost() {
    return this.submitted - this.settled;
  }

  line() {
    const ends = [...this.byEnd].sort(([, a], [, b]) => b - a).map(([end, count]) => `${end} ${count}`);
    return (
      `  ${this.kind}: submitted ${this.submitted}, settled ${this.settled}, twice ${this.twice}, deaths ${this.deaths}` +
      `\n    ${ends.join(', ')}`
    );
  }
}

function pick() {
  const dice = Math.random();
  if (dice < 0.5) return ['tiny', 1];
  if (dice < 0.6) return ['once', 5, { retry: 0 }];
  if (dice < 0.7) return ['busy', 10];
  if (dice < 0.8) return ['idle', 10];
  if (dice < 0.85) return ['big', BIG];
  if (dice < 0.9) return ['fail', 'fails as it should', { retry: 0 }];
  if (dice < 0.95) return ['slow', 200, { timeoutMs: 20, retry: 0 }];
  if (dice < 0.999) return ['slow', 200, { abortAfterMs: 10 }];
  return ['exit', 3, { retry: 0 }];
}

/** Median of the slopes between all pairs of points, which one odd sample does not move. */
function slopePerMinute(samples, read) {
  const slopes = [];
  for (let a = 0; a < samples.length; a++) {
    for (let b = a + 1; b < samples.length; b++) {
      slopes.push((read(samples[b]) - read(samples[a])) / ((samples[b].atMs - samples[a].atMs) / 60_000));
    }
  }
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}

/** The least value of each window. */
function floors(samples, read) {
  const windows = Array.from({ length: Math.floor(samples.length / WINDOW_SAMPLES) }, (_, at) =>
    samples.slice(at * WINDOW_SAMPLES, (at + 1) * WINDOW_SAMPLES),
  );
  return windows.map((window) => ({ atMs: window[0].atMs, least: Math.min(...window.map(read)) }));
}

function grows(slope, minutes, { perMinute, inAll }) {
  return slope > perMinute && slope * minutes > inAll;
}

function openFiles() {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}

/** Live processes that this one started, zombies not counted. */
function children() {
  if (!existsSync('/proc/self/environ')) return [];
  const read = (path) => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return ''; // gone meanwhile
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).includes(`${MARK}=${process.pid}\0`))
    .filter((pid) => !/\) [ZX] /.test(read(`/proc/${pid}/stat`)));
}

/** Kills the workers that are due by now, of the kind with fewer deaths first. */
function killSome() {
  const due = () => total((load) => load.kills) < ((performance.now() - startedAt) / 1000) * KILLS_PER_SECOND;
  const inTurn = () => [...loads].sort((a, b) => a.kills - b.kills);
  while (due() && inTurn().some((load) => load.kill()));
}

const total = (read) => loads.reduce((sum, load) => sum + read(load), 0);
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const loads = [new Load('process'), new Load('thread')];
const samples = [];
const timers = [
  setInterval(killSome, KILL_EVERY_MS),
  setInterval(() => {
    samples.push({ atMs: performance.now(), rss: process.memoryUsage().rss, fds: openFiles() });
  }, SAMPLE_EVERY_MS),
  setInterval(() => {
    console.log(
      `${Math.round((performance.now() - startedAt) / 1000)} s, ${mib(process.memoryUsage().rss)}, ${openFiles()} files`,
    );
    for (const load of loads) console.log(load.line());
  }, PRINT_EVERY_MS),
];

const problems = [];
await Promise.race([
  Promise.all(loads.map((load) => load.run())),
  wait(MINUTES * 60_000 + SETTLE_WITHIN_MS, undefined, { ref: false }),
]);
timers.forEach(clearInterval);
const killsPerSecond = total((load) => load.deaths) / ((performance.now() - startedAt) / 1000);
// Tasks submitted for their effect alone are still in flight.
const limit = performance.now() + SETTLE_WITHIN_MS;
while (loads.some(({ lost }) => lost > 0) && performance.now() < limit) await wait(50);

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

// The first third is the warm-up: heaps find their size, and code is compiled.
const steady = samples.slice(Math.floor(samples.length / 3));
const minutes = steady.length === 0 ? 0 : (steady.at(-1).atMs - steady[0].atMs) / 60_000;
const rss = slopePerMinute(
  floors(steady, (sample) => sample.rss),
  ({ least }) => least,
);
const rssOfAll = slopePerMinute(steady, (sample) => sample.rss);
const fds = slopePerMinute(steady, (sample) => sample.fds);
if (grows(rss, minutes, LEAK.rss)) problems.push(`memory grows by ${mib(rss)} a minute`);
if (grows(fds, minutes, LEAK.fds)) problems.push(`open files grow by ${fds.toFixed(1)} a minute`);

const left = children();
if (left.length > 0) problems.push(`children left: ${left.join(', ')}`);
for (const pid of left) process.kill(Number(pid), 'SIGKILL');

console.log(
  `submitted ${total((load) => load.submitted)}, settled ${total((load) => load.settled)}, lost ${total((load) => load.lost)}, ` +
    `settled twice ${total((load) => load.twice)}, started twice ${startedTwice}, deaths ${total((load) => load.deaths)}, ` +
    `${killsPerSecond.toFixed(1)} kills a second, ` +
    `memory ${mib(rss)} a minute (${mib(rssOfAll)} by all samples), open files ${fds.toFixed(1)} a minute (over ${minutes.toFixed(1)} minutes)`,
);
rmSync(folder, { recursive: true });
console.log(problems.length === 0 ? 'passed' : `FAILED: ${problems.join('; ')}`);
process.exitCode = problems.length === 0 ? 0 : 1;
