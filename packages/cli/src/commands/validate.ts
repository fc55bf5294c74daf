import type { ExitCode } from '../exit-codes.js';
import { EXIT } from '../exit-codes.js';
import { openInput } from '../input/open.js';
import type { Io } from '../io.js';
import { printable } from '../printable.js';
import { loadWorkload } from '../workload/load.js';

/**
 * `millpond validate FILE`: checks all that `run` checks before it starts the pool, and starts nothing.
 * @returns the exit code
 * @throws WorkloadError with everything that is wrong
 */
export async function validate(file: string, io: Io): Promise<ExitCode> {
  const workload = await loadWorkload(file);
  const input = await openInput(workload, undefined);
  input.close();
  io.stdout.write(`${printable(file)}: valid (${printable(input.description)})\n`);
  return EXIT.ok;
}
