// Runs benchmarks: `node run.mjs [id | number …] [--quick | --rounds N]`. Full runs are written to results/, and make
// docs/performance.md anew. Quick runs only show that everything runs; runs with fewer rounds give a first idea. Both are
// written to out/, which git ignores.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { choose, loadBenchmarks } from './benchmarks.mjs';
import { evaluateGoals } from './goals.mjs';
import { describeMachine, describeVersions } from './machine.mjs';
import { whatIsMissing } from './needs.mjs';
import { writePage } from './performance.mjs';
import { runRound } from './run-round.mjs';
import { summarize } from './statistics.mjs';
import { renderGoals, renderTable } from './table.mjs';

// V8 compiles for two seconds, in every pool. Rates of records by half second, as shares of the later rate: Millpond's processes
// 0.12, 0.68, 0.86 and 0.92. Poolifier's: 0.35, 0.58 and 0.96. The cost of a start is another question (start-up.bench.mjs).
const FULL = { rounds: 5, warmupMs: 2000, measureMs: 1500, timeoutMs: 60_000 };
const QUICK = { rounds: 1, warmupMs: 10, measureMs: 30, timeoutMs: 30_000 };

const { benchmarks, isQuick, rounds: givenRounds } = await readArguments();
// Fewer rounds give a first idea, and no results to publish.
const isFull = !isQuick && givenRounds === undefined;
const results = join(import.meta.dirname, isFull ? 'results' : 'out');
const pages = isFull ? join(import.meta.dirname, '../docs') : results;
mkdirSync(results, { recursive: true });
for (const benchmark of benchmarks) await run(benchmark);
console.log(`\nwritten: ${relative(process.cwd(), writePage(results, pages))}`);

async function readArguments() {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } },
    allowPositionals: true,
  });
  try {
    return {
      benchmarks: choose(await loadBenchmarks(), positionals),
      isQuick: values.quick,
      rounds: readRounds(values),
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    return process.exit(2);
  }
}

function readRounds({ rounds }) {
  if (rounds === undefined) return undefined;
  if (/^[1-9]\d*$/.test(rounds)) return Number(rounds);
  throw new RangeError(`--rounds must be a whole number from 1 on, got ${rounds}`);
}

async function run(benchmark) {
  const { id, numbers, question, method, metrics, goals } = benchmark;
  console.log(`\n${numbers.join(', ')} ${id}: ${question}`);
  const lack = whatIsMissing(benchmark);
  if (lack !== undefined) {
    console.log(`Skipped: ${lack}.`);
    return;
  }
  const settings = isQuick ? { ...QUICK, ...benchmark.quick } : { ...FULL, ...benchmark.full };
  settings.rounds = givenRounds ?? settings.rounds;
  const date = new Date();
  const machine = describeMachine();
  const rounds = await runRounds(benchmark, settings);
  const contestants = summarize(rounds, metrics);
  const reached = evaluateGoals(goals, contestants);
  console.log(renderTable(contestants, metrics, benchmark));
  console.log(isQuick ? 'Quick: these numbers mean nothing, and goals are not judged by them.' : renderGoals(reached));
  const versions = describeVersions();
  const result = {
    id,
    numbers,
    question,
    method,
    date,
    settings,
    machine,
    versions,
    metrics,
    outlined: benchmark.outlined,
    group: benchmark.group,
    isCompact: benchmark.isCompact,
    contestants,
    goals: reached,
    timeLines: timeLinesOf(rounds),
  };
  const file = join(results, `${id}-${date.toISOString().slice(0, 10)}.json`);
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(`written: ${relative(process.cwd(), file)}`);
}

/** A B C A B C: other load on the machine hits every contestant alike. A contestant that fails once is out. */
async function runRounds(benchmark, settings) {
  const entries = contestantsOf(benchmark).map((contestant) => ({
    contestant,
    metrics: [],
    failure: whatIsMissing(contestant),
  }));
  for (let round = 1; round <= settings.rounds; round++) {
    process.stderr.write(`round ${round} of ${settings.rounds}\n`);
    for (const entry of entries.filter(({ failure }) => failure === undefined)) {
      const { metrics, failure } = await runRound(benchmark, entry.contestant, settings);
      if (failure === undefined) entry.metrics.push(metrics);
      else fail(entry, failure);
    }
  }
  return entries;
}

/** The last round of each contestant that sizes itself, over time. Undefined where no round has a time line. */
function timeLinesOf(entries) {
  const told = entries.filter(({ contestant, metrics }) => contestant.role === 'subject' && metrics.at(-1)?.timeLine);
  if (told.length === 0) return undefined;
  return told.map(({ contestant, metrics }) => ({ name: contestant.name, line: metrics.at(-1).timeLine }));
}

/** A peer that fails is a result. Millpond or a baseline that fails means a broken benchmark, so the run fails. */
function fail(entry, failure) {
  entry.failure = failure;
  console.error(`${entry.contestant.name}: ${failure}`);
  if (entry.contestant.role !== 'peer') process.exitCode = 1;
}

function contestantsOf({ contestants, quickContestants = () => true }) {
  if (!isQuick) return contestants;
  return contestants.filter((each) => each.role !== 'peer' || each.isForQuick).filter(quickContestants);
}
