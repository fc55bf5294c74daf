import { fileURLToPath } from 'node:url';
import { codeOf, messageOf } from '../base/message-of.js';
import { findTsx, howToLoad, isTypeScript, type Tsx } from '../base/typescript.js';
import { type Imported, importNamespace } from './import-namespace.js';

interface TsxRegister {
  register(): unknown;
}
interface TsxImport {
  tsImport(url: string, parentUrl: string): Promise<Imported['namespace']>;
}

/**
 * Lets tsx load TypeScript in this thread. A flag of the process is not enough: in Node 20, its registration holds for the main
 * thread only.
 */
export async function registerTsx(tsx: Pick<Tsx, 'esm' | 'cjs'>): Promise<void> {
  for (const url of [tsx.esm, tsx.cjs]) ((await import(url)) as TsxRegister).register();
}

/** Imports a module by `load`. If that does not know TypeScript, tsx imports the module and its imports. */
export async function importWithTsx(url: string, load: (url: string) => Promise<Imported>): Promise<Imported> {
  try {
    return await load(url);
  } catch (error) {
    if (codeOf(error) !== 'ERR_UNKNOWN_FILE_EXTENSION' || !isTypeScript(url)) throw error;
    const tsx = findTsx(url);
    if (tsx === undefined) throw new Error(`The worker module ${howToLoad(url)}`, { cause: error });
    return { namespace: await ((await import(tsx.esm)) as TsxImport).tsImport(url, url) };
  }
}

/** Imports a module, or requires it where a test runner has put this code into a context without import(). */
export async function importOrRequire(url: string, require: NodeJS.Require): Promise<Imported> {
  try {
    return await importNamespace(url);
  } catch (error) {
    const hasNoImport =
      codeOf(error)?.startsWith('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING') === true ||
      messageOf(error).includes('ES Modules in the VM API');
    if (!hasNoImport) throw error;
    // The same namespace that import() makes of a CommonJS module.
    const exports = require(fileURLToPath(url)) as object;
    return { namespace: { default: exports, ...exports } };
  }
}
