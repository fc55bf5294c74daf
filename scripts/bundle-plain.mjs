// Bundles a package without code in its workers. Its entries share their common modules, and all else stays a dependency.
import { isAbsolute, join } from 'node:path';
import { rolldown } from 'rolldown';
import { inputsOf, OUTPUT, refuseWarnings } from './bundle-output.mjs';

/** @param entries names of files in dist/ */
export async function bundlePlain({ root, dist }, entries) {
  const build = await rolldown({
    input: entries.map((name) => join(dist, name)),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    onLog: refuseWarnings,
  });
  const { output } = await build.generate({ ...OUTPUT, format: 'esm', chunkFileNames: 'shared-[name].js' });
  await build.close();
  return {
    files: Object.fromEntries(output.map(({ fileName, code }) => [`dist/bundle/${fileName}`, code])),
    inputs: Object.fromEntries(output.map((chunk) => [`dist/bundle/${chunk.fileName}`, inputsOf(chunk, root)])),
  };
}
