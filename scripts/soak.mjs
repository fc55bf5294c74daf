// Runs scripts/soak-run.mjs, and ends as it ends. Options are those of that script.
//
// The C library of Linux keeps freed memory. So a program at rest holds more or less of it, and a leak fills it unseen. By default each
// thread has an arena of its own, and threads come and go here. With these settings there are two arenas, and large blocks go back at
// once.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const run = fork(fileURLToPath(new URL('soak-run.mjs', import.meta.url)), process.argv.slice(2), {
  env: { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536', ...process.env },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => run.kill(signal));
run.on('exit', (code) => (process.exitCode = code ?? 1));
