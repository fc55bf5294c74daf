// This function is sent to another process as text, in which nothing is replaced.
/* eslint-disable no-restricted-properties */
import { process } from '../base/natives.js';

/** Part of node:vm that exists only with --experimental-vm-modules. */
interface ModuleParser {
  SourceTextModule: new (
    source: string,
    options: { identifier: string },
  ) => {
    /** Exists in Node 24 and later; earlier versions have the other. */
    moduleRequests?: readonly { specifier: string }[];
    dependencySpecifiers?: readonly string[];
  };
}

/**
 * Reads a module and all that it imports, without running any, and throws the first syntax error. It is sent to another
 * process as text, so it uses nothing from outside of itself.
 */
export function findSyntaxError(root: string, resolve: (specifier: string, url: string) => string): void {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { stripTypeScriptTypes, findPackageJSON } = process.getBuiltinModule('node:module') as {
    stripTypeScriptTypes?: (source: string) => string;
    findPackageJSON?: (url: string) => string | undefined;
  };
  const { SourceTextModule } = process.getBuiltinModule('node:vm') as unknown as ModuleParser;

  // A Set is iterated in order, and items added meanwhile come at its end.
  const urls = new Set([root]);
  for (const url of urls) {
    const source = read(url);
    if (source === undefined) continue;
    let imports: string[] = [];
    try {
      const { moduleRequests, dependencySpecifiers } = new SourceTextModule(source, { identifier: url });
      imports = moduleRequests?.map(({ specifier }) => specifier) ?? [...(dependencySpecifiers ?? [])];
      // Imports at run time, too, as far as the text shows them.
      for (const [, specifier] of source.matchAll(/\b(?:import|require)\s*\(\s*['"]([^'"\n]+)['"]/g)) {
        if (specifier !== undefined) imports.push(specifier);
      }
    } catch (error) {
      // CommonJS is no ES module either; Node itself reports its errors.
      if (isModule(url)) throw error;
    }
    for (const specifier of imports) add(specifier, url);
  }

  function read(url: string): string | undefined {
    if (!/^file:.*\.m?[jt]s$/.test(pathOf(url))) return undefined;
    try {
      const source = readFileSync(new URL(url), 'utf8');
      return pathOf(url).endsWith('ts') ? stripTypeScriptTypes?.(source) : source;
    } catch {
      // The file is missing, or is wrong TypeScript: Node itself reports it.
      return undefined;
    }
  }

  /** The path of a module without its query. */
  function pathOf(url: string): string {
    return url.replace(/[?#].*/, '');
  }

  function isModule(url: string): boolean {
    if (/\.m[jt]s$/.test(pathOf(url))) return true;
    for (let folder = new URL('.', url); ; folder = new URL('..', folder)) {
      try {
        const text = readFileSync(findPackageJSON?.(url) ?? new URL('package.json', folder), 'utf8');
        // eslint-disable-next-line no-restricted-globals -- in the other process it is Node's own
        return (JSON.parse(text) as { type?: unknown }).type === 'module';
      } catch {
        // No package.json here, or an unreadable one.
        if (findPackageJSON !== undefined || folder.pathname === new URL('..', folder).pathname) return false;
      }
    }
  }

  function add(specifier: string, url: string): void {
    try {
      urls.add(resolve(specifier, url));
    } catch {
      // Node itself reports that it cannot be found.
    }
  }
}
