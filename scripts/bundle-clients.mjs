// Puts the code of each page that a browser runs into one text of a TypeScript file. So a page needs no file beside the bundle of
// its package. Runs before tsc, which reads that file, and before tests.
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asciiOnly, refuseWarnings } from './bundle-output.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Each page: where its code begins, its style sheet, and the file with both, whose constants begin with `prefix`. */
const PAGES = [
  {
    entry: 'packages/profiler/src/live/client/main.ts',
    style: 'packages/profiler/src/live/client/style.css',
    into: 'packages/profiler/src/live/client-files.ts',
    prefix: 'LIVE',
  },
];

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await bundleClients();

export default async function bundleClients() {
  for (const page of PAGES) await bundleClient(page);
}

async function bundleClient({ entry, style, into, prefix }) {
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input: join(ROOT, entry),
    platform: 'browser',
    tsconfig: join(ROOT, dirname(entry), 'tsconfig.json'),
    onLog: refuseWarnings,
  });
  const { output } = await build.generate({ format: 'iife', minify: true });
  await build.close();
  const css = readFileSync(join(ROOT, style), 'utf8').replace(/\s*\n\s*/g, '\n');
  const text = `// Made by scripts/bundle-clients.mjs from ${entry}.
export const ${prefix}_CODE = ${literal(output[0].code)};
export const ${prefix}_STYLE = ${literal(css)};
`;
  const file = join(ROOT, into);
  // A file that stays the same stays as old as it is: tsc then has nothing to do.
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

function literal(text) {
  return asciiOnly(JSON.stringify(text));
}
