import { fileURLToPath } from 'node:url';
import { readFileSync, toJson } from '../base/natives.js';

/** An object around the namespace: a promise for a namespace that exports a function `then` would never resolve. */
export interface Imported {
  readonly namespace: Readonly<Record<string, unknown>>;
}

/** Imports a module. Returns its namespace. */
export async function importNamespace(url: string): Promise<Imported> {
  const importIt = mayExportThen(url) ? importThrough : importDirectly;
  try {
    return await importIt(url);
  } catch (error) {
    // Node 20 makes a second promise for a module that imports throwing CommonJS. Nothing handles it, so its rejection would end
    // the program. Another import of the failed module does handle it.
    await importIt(url).catch(() => {
      // The same error again, which is thrown below.
    });
    throw error;
  }
}

async function importDirectly(url: string): Promise<Imported> {
  return { namespace: (await import(url)) as Imported['namespace'] };
}

/**
 * Imports a module through another one. `await import()` treats a namespace that exports a function `then` as a promise: it
 * calls the function and waits for ever. The module between has no such export. It costs 1 to 3 ms of a worker's start.
 */
async function importThrough(url: string): Promise<Imported> {
  const between = `export * as namespace from ${toJson(url)};`;
  return (await import(`data:text/javascript,${encodeURIComponent(between)}`)) as Imported;
}

/** False only if certain: the name occurs only in calls of promises, and no other module is exported whole. */
function mayExportThen(url: string): boolean {
  let source: string;
  try {
    source = readFileSync(fileURLToPath(url), 'utf8');
  } catch {
    // import() will report the error.
    return false;
  }
  // Texts are sought first: a pattern must be compiled before its first use, in each worker.
  const passesOn =
    (source.includes('*') && /\bexport\s*\*/.test(source)) ||
    (source.includes('exports') && source.includes('require'));
  if (passesOn || source.includes('\\u')) return true;
  return source.includes('then') && /\bthen\b/.test(source.replaceAll(/\.\s*then\s*\(/g, ''));
}
