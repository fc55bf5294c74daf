import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The URL of a file that a worker starts with. Each is one file with all it needs: loading its modules one by one takes
 * 10 ms, a third of the time in which Node itself starts.
 * @throws when it was not built
 */
export function bundleFile(name: 'process-entry.cjs' | 'thread-entry.cjs' | 'inline-host.js'): URL {
  // The same folder from dist/transport/, where tsc puts this file, as from dist/bundle/, where programs load it.
  const url = new URL(`../bundle/${name}`, import.meta.url);
  if (!existsSync(url)) {
    throw new Error(
      `${fileURLToPath(url)} is missing. In a checkout, run \`npm run build\`; else install @millpond/core again.`,
    );
  }
  return url;
}
