import { isPoolError } from '@millpond/core';
import { plural } from '@millpond/core/internal';
import type { ExitCode } from '../exit-codes.js';
import { EXIT, exitCodeOfSignal } from '../exit-codes.js';
import { CliFailure } from '../failure.js';
import { openInput } from '../input/open.js';
import type { Io } from '../io.js';
import { paletteOf } from '../io.js';
import { exit, setTimeout } from '../natives.js';
import { divert } from '../output/sinks.js';
import { chooseMode } from '../progress/mode.js';
import { chooseDestination, protectFiles } from '../run/destination.js';
import { Narrator } from '../run/narrator.js';
import { openOutputs } from '../run/outputs.js';
import type { PlanSetup } from '../run/plan.js';
import { makePlan, renderPlan } from '../run/plan.js';
import type { SessionSetup } from '../run/session.js';
import { RunSession } from '../run/session.js';
import { watchSignals } from '../run/signals.js';
import type { Workload } from '../workload/load.js';
import { loadWorkload } from '../workload/load.js';
import type { PoolOverrides } from '../workload/pool-options.js';

/** Flags of `millpond run`. */
export interface RunFlags extends PoolOverrides {
  quiet?: boolean;
  json?: boolean;
  /** Relative to the working directory; "-" for standard output. */
  output?: string;
  limit?: number;
  failFast?: boolean;
  dryRun?: boolean;
  /** False for `--no-color`. */
  color: boolean;
}

/** Time after the second Ctrl-C in which results may still be written. */
const LAST_WRITES_MS = 500;

/**
 * `millpond run FILE`: checks everything that can be checked, then starts the pool.
 * @returns the exit code
 * @throws WorkloadError, CliFailure
 */
export async function run(file: string, flags: RunFlags, io: Io): Promise<ExitCode> {
  const workload = await loadWorkload(file);
  const destination = chooseDestination(workload, { output: flags.output, json: flags.json === true }, io.cwd());
  announceTerminalInput(workload, flags, io);
  const input = await openInput(workload, flags.dryRun ? undefined : io.stdin);
  try {
    await protectFiles(destination, [workload.path, workload.worker, ...input.files]);
    const setup: PlanSetup = { workload, input, destination, overrides: flags, limit: flags.limit };
    return await (flags.dryRun ? printPlan(setup, flags, io) : execute(setup, flags, io));
  } finally {
    input.close();
  }
}

async function printPlan(setup: PlanSetup, flags: RunFlags, io: Io): Promise<ExitCode> {
  const plan = await makePlan(setup);
  io.stdout.write(flags.json ? `${JSON.stringify(plan, null, 2)}\n` : renderPlan(plan));
  return EXIT.ok;
}

async function execute(setup: PlanSetup, flags: RunFlags, io: Io): Promise<ExitCode> {
  const { workload, destination } = setup;
  const outputs = await openOutputs(destination, flags.json === true, io.stdout);
  const mode = chooseMode({
    quiet: flags.quiet === true,
    isTTY: io.stderr.isTTY === true,
    resultsOnTerminal: io.stdout.isTTY === true && destination.kind !== 'file',
    env: io.env,
  });
  const narrator = new Narrator({
    workload,
    destination,
    outputs,
    stream: io.stderr,
    palette: paletteOf(io, flags),
    mode,
  });
  const session = openSession({
    ...setup,
    outputs,
    failFast: flags.failFast === true,
    say: (line) => narrator.say(line),
  });
  const undivert = workload.content.pool?.kind === 'inline' ? divert(io.stdout, io.stderr) : undefined;
  const unwatch = watchSignals({
    drain(signal) {
      const tasks = session.drain(signal);
      narrator.say(`finishing ${plural(tasks, 'task')}, Ctrl-C again to kill`);
    },
    kill(first) {
      session.kill();
      setTimeout(() => exit(exitCodeOfSignal(first)), LAST_WRITES_MS);
    },
  });
  try {
    narrator.start(session);
    const report = await session.run();
    await narrator.end(report, session);
    return report.exitCode;
  } finally {
    unwatch();
    narrator.stop();
    undivert?.();
  }
}

function openSession(setup: SessionSetup): RunSession {
  try {
    return new RunSession(setup);
  } catch (error) {
    if (!isPoolError(error, 'ERR_OPTION')) throw error;
    const { option } = error.details;
    // The message names the environment, because the file is not wrong.
    if (option === 'MILLPOND_WORKERS') throw new CliFailure(EXIT.usage, error.message);
    throw setup.workload.reject({
      path: option === 'worker' ? ['worker'] : ['pool', ...option.split('.')],
      message: error.message,
    });
  }
}

/** Without this note, a program that waits for input would look broken. */
function announceTerminalInput(workload: Workload, flags: RunFlags, io: Io): void {
  if (workload.content.input.stdin === undefined || io.stdin.isTTY !== true || flags.quiet || flags.dryRun) return;
  io.stderr.write('Reading items from the terminal; end with Ctrl-D.\n');
}
