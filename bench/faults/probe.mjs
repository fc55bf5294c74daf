// Records what settles when one contestant meets one fault. Arguments: contestant, fault. The probe is a process of its own. It
// writes each event as a line of JSON to file descriptor 3. A line on stdin means that nothing has happened for long. The later
// task is then sent although others have not settled.
import { writeSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { CONTESTANTS } from './contestants.mjs';
import { FAULTS } from './faults.mjs';

const [contestant, faultId] = process.argv.slice(2);
const fault = FAULTS[faultId];
const folder = process.env.FAULTS_FOLDER;
// Reading stdin also keeps this program alive, as a server would.
const nudged = new Promise((resolve) => process.stdin.once('data', resolve));

process.env.FAULTS_PROGRAM = String(process.pid);
const pool = await startPool();
if (!fault.isBroken) await submit('first', 'double', 1);
const settled = Promise.all(fault.play({ submit, folder, log }));
await Promise.race([settled, nudged]);
if (fault.isLeft) {
  log({ event: 'left' });
  process.stdin.destroy();
} else {
  await finish();
}

async function finish() {
  // With a broken module, this task is guilty too.
  await submit(fault.isBroken ? 'guilty' : 'later', 'double', 1);
  if (fault.countsWorkers) await Promise.all([1, 2].map(() => submit('meeting', 'meet', folder)));
  await settled;
  log({ event: 'closing' });
  await pool.close();
  log({ event: 'closed' });
  process.exit();
}

async function startPool() {
  const { workers = 1, isBroken, heapMb, asItComes } = fault;
  return CONTESTANTS[contestant].start({ workers, isBroken, heapMb, asItComes });
}

/** Resolves when the call has settled, either way. A result is right if it is the expected one, or if none is expected. */
async function submit(role, name, input, options, expected = name === 'double' ? input * 2 : undefined) {
  const id = input?.id;
  try {
    const value = await pool.run(name, input, options);
    const isRight = expected === undefined || isDeepStrictEqual(value, expected);
    log({ event: 'settled', role, id, how: 'resolved', isRight, value: describe(value) });
  } catch (error) {
    log({ event: 'settled', role, id, how: 'rejected', error: describeError(error) });
  }
}

function describe(value) {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function describeError(error) {
  if (typeof error !== 'object' || error === null) return { isError: false, text: String(error) };
  const { name, message, code, cause, limit } = error;
  return {
    isError: error instanceof Error,
    class: error.constructor?.name,
    name,
    message,
    code,
    cause: cause instanceof Error ? cause.message : cause && typeof cause,
    limit,
  };
}

function log(record) {
  writeSync(3, `${JSON.stringify(record)}\n`);
}
