import { main } from './args.js';
import { exit, process } from './natives.js';

// A reader of our output that goes away, such as head, is no reason for a stack trace. The run sees the error itself.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const exitCode = await main(process.argv, process);
// Output to a pipe must still arrive. Handles that user code left open must not keep the process.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
);
exit(exitCode);
