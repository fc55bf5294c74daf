// Removes the output of builds, and no downloads. `tsc -b --clean` would leave the output of sources that are gone.
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const made = readdirSync('packages').flatMap((name) => [`packages/${name}/dist`, `packages/${name}/docs`]);
const clients = ['html', 'live'].map((page) => `packages/profiler/src/${page}/client-code.ts`);
for (const folder of [...made, 'docs/api', ...clients]) {
  rmSync(folder, { recursive: true, force: true });
}
