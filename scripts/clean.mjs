// Removes what builds made, not what was downloaded. `tsc -b --clean` would leave the output of sources that are gone.
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
for (const folder of [...readdirSync('packages').map((name) => `packages/${name}/dist`), 'docs/api']) {
  rmSync(folder, { recursive: true, force: true });
}
