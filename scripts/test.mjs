// Runs everything that must hold before a commit: the checks, then all tests. Stops at the first failure.
// With arguments it runs tests only and hands them to vitest: `npm test -- --project unit`.
// The last line is `N passed, N failed`; a failed check counts as one.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// npm scripts, slowest first. None needs another's result, so as many run at once as a small CI machine has cores.
const CHECKS = [
  'lint',
  'docs',
  'typecheck',
  'check:format',
  'check:packages',
  'check:api',
  'check:dead',
  'check:layers',
  'check:english',
];
const AT_ONCE = 2;

const RESULTS = '.cache/vitest.json';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const vitestArguments = process.argv.slice(2);
// vitest's own time limit ends a test that waits, not one that spins. The fault tests wait a lot; hosts are built first.
const isSlow = ['browser', 'faults', 'hosts', 'slow'].some((project) => vitestArguments.includes(project));
const TESTS_TIMEOUT_MS = 15 * 60_000;
const DEFAULT_PROJECTS = ['--project', 'unit', '--project', 'behaviour'];
const checksHold = vitestArguments.length > 0 || (await runChecks());
const { passed, failed } = checksHold
  ? await runTests(vitestArguments.length > 0 ? vitestArguments : DEFAULT_PROJECTS)
  : { passed: 0, failed: 1 };
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runChecks() {
  const waiting = [...CHECKS];
  let allHold = true;
  const runInTurn = async () => {
    while (allHold && waiting.length > 0) {
      if (!(await holds(waiting.shift()))) allHold = false;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runInTurn));
  return allHold;
}

async function holds(check) {
  const startMs = performance.now();
  const { code, output } = await run(`npm run --silent ${check}`, [], { shell: true });
  console.log(`${check}: ${code === 0 ? 'ok' : 'FAILED'} (${secondsSince(startMs)})`);
  if (code !== 0) console.log(`${output}\nThe check failed. Once mended, repeat it alone with: npm run ${check}`);
  return code === 0;
}

async function runTests(args) {
  console.log('tests:');
  const startMs = performance.now();
  mkdirSync('.cache', { recursive: true });
  rmSync(RESULTS, { force: true });
  // These tests watch cores and memory, and kill: two files at once would see each other.
  if (isSlow) args = ['--maxWorkers=1', ...args];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`];
  const { code } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args], {
    stdio: 'inherit',
    detached: true, // leads a process group, so that killGroup() reaches the processes that tests run in
    onStart(vitest) {
      setTimeout(() => {
        console.log(`tests: still running after ${TESTS_TIMEOUT_MS / 60_000} minutes, so they are killed`);
        killGroup(vitest);
      }, TESTS_TIMEOUT_MS).unref();
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => killGroup(vitest));
    },
  });
  console.log(`tests: ${code === 0 ? 'ok' : 'FAILED'} (${secondsSince(startMs)})`);
  const { numPassedTests: passed, numFailedTests: failed } = readResults();
  // A file that does not load, an unhandled error or a hang fails the run without failing a test.
  return { passed, failed: code === 0 ? failed : Math.max(failed, 1) };
}

function readResults() {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1 };
  }
}

/** Runs a command to its end. `output` is what it printed, unless its stdio went elsewhere. */
function run(command, args, { onStart, ...options }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    onStart?.(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

function killGroup(leader) {
  try {
    process.kill(-leader.pid, 'SIGKILL');
  } catch {
    leader.kill('SIGKILL'); // Windows has no process groups
  }
}

function secondsSince(startMs) {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}
