// Builds all packages: the code of the HTML report, tsc, then files of code and types for each entry.
// Runs also before a package is packed, because after a `tsc -b` alone an old bundle would be published.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
for (const step of ['scripts/html-client.mjs', 'node_modules/typescript/bin/tsc -b', 'scripts/bundle.mjs']) {
  // On stderr, because `npm pack --json` has its answer on stdout.
  const { status } = spawnSync(process.execPath, step.split(' '), { stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(`build: ${step} failed, see above.`);
    process.exit(1);
  }
}
