import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fromJson, process, readFileSync } from './natives.js';
import { requireFrom } from './own-file.js';

/** Whether a module is TypeScript. Node runs it by itself from 22.18 on; other versions do not. */
export function isTypeScript(moduleUrl: string): boolean {
  return /\.[mc]?ts$/.test(new URL(moduleUrl).pathname);
}

export function stripsTypes(): boolean {
  return Boolean((process.features as { typescript?: unknown }).typescript);
}

/** Advice for TypeScript that nothing here can load, as the end of a sentence. */
export function howToLoad(moduleUrl: string): string {
  return (
    `is TypeScript (${fileURLToPath(moduleUrl)}), which Node ${process.versions.node} does not run by itself. ` +
    'Install tsx beside it, compile it to JavaScript, or use Node 22.18 or later.'
  );
}

/** URLs of the files that tsx offers. */
export interface Tsx {
  /** For `node --import`. */
  readonly main: string;
  /** Registers it for import in the thread that calls it, or imports one module with it. */
  readonly esm: string;
  /** Registers it for require. */
  readonly cjs: string;
}

/** The tsx that is installed beside a module, or that this program was started with. */
export function findTsx(moduleUrl: string): Tsx | undefined {
  const folder = folderOfTsx(moduleUrl);
  if (folder === undefined) return undefined;
  try {
    const { exports } = fromJson(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports: Exports };
    const url = (name: string): string => pathToFileURL(join(folder, targetOf(exports[name]))).href;
    return { main: url('.'), esm: url('./esm/api'), cjs: url('./cjs/api') };
  } catch {
    // Another package of that name, or a tsx older than its API.
    return undefined;
  }
}

function folderOfTsx(moduleUrl: string): string | undefined {
  try {
    return dirname(requireFrom(moduleUrl).resolve('tsx/package.json'));
  } catch {
    // Not installed there. `npx tsx` has a place of its own, which shows in the flags of the process.
    const dist = `${sep}tsx${sep}dist${sep}`;
    const paths = process.execArgv.map((flag) => (flag.startsWith('file:') ? fileURLToPath(flag) : flag));
    const path = paths.find((each) => each.includes(dist));
    return path?.slice(0, path.lastIndexOf(dist) + sep.length + 'tsx'.length);
  }
}

type Exports = Record<string, string | { import: string | { default: string } }>;

/** The file that `import` finds. require() finds another file, which registers nothing for `import`. */
function targetOf(target: Exports[string] | undefined): string {
  if (typeof target === 'string') return target;
  if (target === undefined) throw new Error('This tsx has no such entry.');
  return typeof target.import === 'string' ? target.import : target.import.default;
}
