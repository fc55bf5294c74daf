import { main } from './args.js';
import { leaveClinicToTheProgram } from './clinic/inside-clinic.js';
import { EXIT } from './exit-codes.js';
import { exit, process, setTimeout } from './natives.js';

/** Time for clinic to write, where handles that user code left open keep the event loop busy. */
const LAST_MEASUREMENTS_MS = 3_000;

// A reader of our output that goes away, such as head, is no reason for a stack trace. The run sees the error itself.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const noteExitCode = leaveClinicToTheProgram(process.env, process.execArgv);
const exitCode = await main(process.argv, process);
// Output to a pipe must still arrive. Handles that user code left open must not keep the process.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
);
if (noteExitCode !== undefined) {
  // Clinic writes the last of its measurements when the event loop has nothing left, and ends the process afterwards. It makes no
  // report of a program that ends with another code than 0. So `run --clinic` gets the code by a file.
  noteExitCode(exitCode);
  process.exitCode = EXIT.ok;
  setTimeout(() => exit(EXIT.ok), LAST_MEASUREMENTS_MS).unref();
} else {
  exit(exitCode);
}
