// Starts one round of one contestant, and returns how it ended.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { environmentOf } from './workloads/chosen.mjs';

const ROUND = join(import.meta.dirname, 'round.mjs');
/**
 * NODE_EXTRA_CA_CERTS costs every Node.js some 36 ms at its start, which would hide the cost of a pool. Libraries that look at
 * NODE_ENV are slow on purpose without it.
 */
const ENVIRONMENT = { ...process.env, NODE_ENV: 'production' };
delete ENVIRONMENT.NODE_EXTRA_CA_CERTS;
let running;

// Rounds are process groups of their own, so Ctrl-C does not reach them.
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => {
    if (running) killGroup(running);
    process.exit(code);
  });
}

/**
 * In a fresh Node.js, which no other round has warmed up or littered.
 * @returns `{ metrics }`, or `{ failure }` that says why there are none
 */
export async function runRound({ id, tasks, nodeFlags = [] }, contestant, settings) {
  const args = [...nodeFlags, ROUND, id, contestant.name, JSON.stringify(settings)];
  // A group of its own, so that workers of a killed round can be ended with it.
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    env: { ...ENVIRONMENT, ...environmentOf(tasks) },
  });
  running = child;
  let isTooLong = false;
  const limit = setTimeout(() => {
    isTooLong = true;
    killGroup(child);
  }, settings.timeoutMs);
  const { output, how } = await ending(child);
  clearTimeout(limit);
  running = undefined;
  if (isTooLong) return { failure: `not done after ${settings.timeoutMs / 1000} s` };
  return output === '' ? { failure: `ended with ${how} before its result` } : JSON.parse(output);
}

function ending(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    // Workers that outlive the round hold its output open, and `close` would not come.
    child.on('exit', () => killGroup(child));
    child.on('close', (code, signal) => resolve({ output, how: signal ?? `exit code ${code}` }));
  });
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // No process of the group is left.
  }
}
