import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import vm from 'node:vm';

/** What speedscope has made of a file. */
export interface ImportedGroup {
  name: string;
  profiles: {
    getName(): string;
    getTotalWeight(): number;
    getWeightUnit(): string;
    forEachFrame(visit: (frame: { name: string; file?: string; line?: number; getSelfWeight(): number }) => void): void;
  }[];
}
interface Importer {
  importProfileGroupFromText(name: string, text: string): Promise<ImportedGroup | null>;
}

const require = createRequire(import.meta.url);
const release = join(dirname(require.resolve('speedscope/package.json')), 'dist/release');

/** Schema that speedscope publishes for its own format. */
export function speedscopeSchema(): object {
  return JSON.parse(readFileSync(join(release, 'file-format-schema.json'), 'utf8')) as object;
}

let loaded: Promise<Importer> | undefined;

/** The importer of speedscope itself, out of the program that its users open. It is in no other file of the package. */
export function speedscopeImporter(): Promise<Importer> {
  return (loaded ??= load());
}

function load(): Promise<Importer> {
  const file = readdirSync(release).find((name) => /^speedscope-.*\.js$/.test(name))!;
  const program = readFileSync(join(release, file), 'utf8');
  // The page keeps the module of its importer in a variable; before its first use, it is handed out.
  const opened = program.replace(
    /async function \w+\(\w+,\w+\)\{return\(await (\w+)\)\.importProfileGroupFromText/,
    (found, variable: string) => `globalThis.takeImporter(${variable});${found}`,
  );
  if (opened === program) throw new Error('this version of speedscope is put together in another way');
  return new Promise((resolve, reject) => {
    // The page itself finds no document, and fails when it draws: by then the importer is here.
    const page = pageWithoutDocument((importer) => resolve(importer));
    try {
      vm.runInContext(opened, vm.createContext(page));
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function pageWithoutDocument(takeImporter: (importer: Importer) => void): object {
  const page = {
    ...{ takeImporter, URL, TextDecoder, TextEncoder, Uint8Array, setTimeout, clearTimeout, performance, atob, btoa },
    console: { log: () => undefined, warn: () => undefined, error: () => undefined },
    ...{ document: anything(), navigator: { userAgent: '', platform: '' }, location: { hash: '', protocol: 'file:' } },
    ...{ requestAnimationFrame: () => 0, addEventListener: () => undefined, localStorage: { getItem: () => null } },
    matchMedia: () => ({ matches: false, addListener: () => undefined, addEventListener: () => undefined }),
  };
  return Object.assign(page, { window: page, self: page });
}

/** Takes every call and has every field. */
function anything(): unknown {
  return new Proxy(() => undefined, {
    get: (_, key) => (key === Symbol.toPrimitive ? () => '' : anything()),
    apply: () => anything(),
    set: () => true,
  });
}
