import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Imports a module and gives its namespace, also when it exports a function `then`. `await import()` takes a namespace of that
 * kind for a promise: it calls the function and waits for ever. A module between the two has no such export.
 */
export async function importNamespace(url: string): Promise<Record<string, unknown>> {
  // The module between costs 1 to 3 ms of a worker's start.
  if (!mayExportThen(url)) return (await import(url)) as Record<string, unknown>;
  const between = `export * as namespace from ${JSON.stringify(url)};`;
  const { namespace } = (await import(`data:text/javascript,${encodeURIComponent(between)}`)) as {
    namespace: Record<string, unknown>;
  };
  return namespace;
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
  return passesOn || /\bthen\b/.test(source.replaceAll(/\.\s*then\s*\(/g, '')) || source.includes('\\u');
}
