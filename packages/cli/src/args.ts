import { createRequire } from 'node:module';
import { plural } from '@millpond/core/internal';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { CLINIC_TOOLS, type ClinicTool, runUnderClinic } from './clinic/run-under-clinic.js';
import { init } from './commands/init.js';
import type { RunFlags } from './commands/run.js';
import { run } from './commands/run.js';
import { validate } from './commands/validate.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT } from './exit-codes.js';
import { CliFailure } from './failure.js';
import type { Io } from './io.js';
import { paletteOf } from './io.js';
import { readFileSync } from './natives.js';
import { formatProblems, WorkloadError } from './workload/problems.js';

/**
 * Runs one command line.
 * @param argv as process.argv: two entries, then the arguments
 * @returns the exit code; failures were printed to standard error
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram(argv, io, (code) => (exitCode = code));
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return explain(error, io, !argv.includes('--no-color'));
  }
}

/** Prints a failure and returns its exit code. An unknown error is a bug of ours and keeps its stack. */
function explain(error: unknown, io: Io, color: boolean): ExitCode {
  // Commander has printed its own message; 0 is --help and --version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const palette = paletteOf(io, { color });
  if (error instanceof WorkloadError) {
    const { file, problems, source } = error;
    const count = plural(problems.length, 'problem');
    io.stderr.write(
      `${formatProblems(file, problems, source, palette)}\n${palette.red(`${count} in ${file}`)}; nothing was run.\n`,
    );
    return EXIT.usage;
  }
  if (error instanceof CliFailure) {
    io.stderr.write(`${palette.red('millpond')}: ${error.message}\n`);
    return error.exitCode;
  }
  io.stderr.write(
    `${palette.red('millpond')}: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.broken;
}

function buildProgram(argv: readonly string[], io: Io, done: (code: ExitCode) => void): Command {
  const program = new Command('millpond')
    .description('Runs workload files over a pool of Node.js workers.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .showHelpAfterError('(millpond --help shows what there is)')
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .addHelpText('after', EXAMPLES);
  addRun(program, argv, io, done);
  program
    .command('validate')
    .description('check a workload file, its worker and its input; start nothing')
    .argument('<file>', 'workload file, YAML or JSON')
    .option('--no-color', 'print without colour')
    .action(async (file: string) => done(await validate(file, io)));
  program
    .command('init')
    .description('write a workload file, a worker and an input to start from')
    .argument('[dir]', 'folder to write to; made when it is missing', '.')
    .action(async (dir: string) => done(await init(dir, io)));
  return program;
}

function addRun(program: Command, argv: readonly string[], io: Io, done: (code: ExitCode) => void): void {
  program
    .command('run')
    .description('run a workload file')
    .argument('<file>', 'workload file, YAML or JSON')
    .option('-o, --output <file>', 'write results here instead of to output.jsonl; - is standard output')
    .option('--limit <n>', 'take only the first n items', wholeNumber)
    .option('--fail-fast', 'take no new items after the first failure, and finish the running ones')
    .option('--workers <n>', 'number of workers, or auto', workerCount)
    .option('--timeout <ms>', 'longest execution of one item in milliseconds', wholeNumber)
    .option('-n, --dry-run', 'show what would be done; start nothing')
    .option('--json', 'print events as JSON lines on standard output; results go to the output file, if there is one')
    .addOption(
      new Option(
        '--clinic <tool>',
        'run under an installed clinic, which sees this process only, not its workers',
      ).choices(CLINIC_TOOLS),
    )
    .option('-q, --quiet', 'print no progress and no summary')
    .option('--no-color', 'print without colour')
    .addHelpText('after', RUN_EXAMPLES)
    .action(async (file: string, options: Omit<RunFlags, 'timeoutMs'> & { timeout?: number; clinic?: ClinicTool }) => {
      const { timeout, clinic, ...flags } = options;
      if (clinic !== undefined) {
        done(await runUnderClinic(clinic, argv, io));
        return;
      }
      done(await run(file, { ...flags, ...(timeout === undefined ? {} : { timeoutMs: timeout }) }, io));
    });
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1 || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  }
  return Number(text);
}

function workerCount(text: string): number | 'auto' {
  if (text === 'auto') return text;
  try {
    return wholeNumber(text);
  } catch {
    // The same error, with the other value that this flag takes.
    throw new InvalidArgumentError('It must be a whole number of at least 1, or auto.');
  }
}

function readVersion(): string {
  const file = createRequire(import.meta.url).resolve('@millpond/cli/package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const EXAMPLES = `
Examples:
  millpond init demo                    write a workload to start from
  millpond validate demo/workload.yaml  check it
  millpond run demo/workload.yaml       run it

Exit codes:
  0 all ok · 1 some items failed · 2 wrong command line or workload file · 3 the run broke
  130 / 143 stopped by Ctrl-C / SIGTERM`;

const RUN_EXAMPLES = `
Examples:
  millpond run workload.yaml --dry-run             show the plan
  millpond run workload.yaml --limit 10 -o -       try ten items, results on standard output
  cat urls.txt | millpond run fetch.yaml > out.jsonl
  millpond run workload.yaml --clinic doctor       look at this process with clinic (npm install clinic)
  millpond run workload.yaml --json | jq 'select(.type == "end")'

The first Ctrl-C finishes what is running; the second kills it.`;
