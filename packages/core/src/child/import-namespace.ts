import { fileURLToPath } from 'node:url';
import { readFileSync, toJson } from '../base/natives.js';

/** In an object: a promise for a namespace that exports a function `then` would never resolve. */
export interface Imported {
  readonly namespace: Readonly<Record<string, unknown>>;
}

/** Imports a module and gives its namespace. */
export async function importNamespace(url: string): Promise<Imported> {
  const importIt = mayExportThen(url) ? importThrough : importDirectly;
  try {
    return await importIt(url);
  } catch (error) {
    // Node 20 has a second promise for a module that imports CommonJS which throws, and nothing handles that one: its
    // rejection would end the program. Another import, of what has failed for good, does.
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
 * Imports a module through another one. `await import()` takes a namespace that exports a function `then` for a promise: it
 * calls the function and waits for ever. The module between has no such export. It costs 1 to 3 ms of a worker's start.
 */
async function importThrough(url: string): Promise<Imported> {
  const between = `export * as namespace from ${toJson(url)};`;
  return (await import(`data:text/javascript,${encodeURIComponent(between)}`)) as Imported;
}

/** False only when it is certain: the name stands nowhere but in calls of promises, and no other module is passed on whole. */
function mayExportThen(url: string): boolean {
  let source: string;
  try {
    source = readFileSync(fileURLToPath(url), 'utf8');
  } catch {
    // import() will say what is wrong with it.
    return false;
  }
  const passesOn = /\bexport\s*\*/.test(source) || (source.includes('exports') && source.includes('require'));
  return passesOn || source.includes('\\u') || /\bthen\b/.test(source.replaceAll(/\.\s*then\s*\(/g, ''));
}
