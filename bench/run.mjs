// Runs benchmarks: `node run.mjs [id …] [--quick]`. Every round of every contestant runs in a Node.js of its own.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, describeVersions } from './machine.mjs';
import { summarize } from './statistics.mjs';
import { renderTable } from './table.mjs';

const FULL = { rounds: 5, warmupMs: 500, measureMs: 1500 };
const QUICK = { rounds: 1, warmupMs: 20, measureMs: 50 };
const ENDING = '.bench.mjs';
// A round takes about 3 s; one that hangs is a fault, not a slow result.
const ROUND_TIMEOUT_MS = 60_000;

const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(ENDING))
  .map((file) => file.slice(0, -ENDING.length));
const { ids, quick } = readArguments();
const settings = quick ? QUICK : FULL;
for (const id of ids) await runBenchmark(id);

function readArguments() {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const unknown = positionals.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    console.error(`There is no benchmark "${unknown}". There are: ${known.join(', ')}.`);
    process.exit(2);
  }
  return { ids: positionals.length > 0 ? positionals : known, quick: values.quick };
}

async function runBenchmark(id) {
  const { default: benchmark } = await import(`./${id}${ENDING}`);
  console.log(`\n${id}: ${benchmark.question}`);
  const date = new Date();
  const machine = describeMachine();
  const roundsOf = new Map(benchmark.contestants.map((name) => [name, []]));
  // A B C A B C: what else the machine does meanwhile hits every contestant alike.
  for (let round = 1; round <= settings.rounds; round++) {
    process.stderr.write(`round ${round} of ${settings.rounds}\n`);
    for (const [name, rounds] of roundsOf) rounds.push(await runRound(id, name));
  }
  const contestants = summarize(roundsOf, benchmark.metrics);
  console.log(renderTable(contestants, benchmark.metrics));
  const result = {
    id,
    question: benchmark.question,
    date,
    settings,
    machine,
    versions: describeVersions(),
    contestants,
  };
  console.log(`written: ${relative(process.cwd(), write(result))}`);
}

/** One contestant, one round, one fresh process. @returns the metrics */
function runRound(id, contestant) {
  const args = [join(import.meta.dirname, 'round.mjs'), id, contestant, JSON.stringify(settings)];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: ROUND_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`${id}, ${contestant}: the round ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/** Full runs go to results/, where they may be committed; quick ones prove nothing and go to out/. */
function write(result) {
  const folder = join(import.meta.dirname, quick ? 'out' : 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${result.id}-${result.date.toISOString().slice(0, 10)}.json`);
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  return file;
}
