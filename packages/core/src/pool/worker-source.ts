import { GIVEN_OBJECT } from '../base/module-file.js';
import { getBuiltinModule } from '../base/natives.js';
import { batchDefinition } from '../contract/batch.js';
import { inspectBriefly } from '../contract/checks.js';
import { PoolError } from '../contract/errors.js';
import type { PoolKind } from '../contract/options.js';
import type { ModuleObject } from '../contract/worker-module.js';
import { isForeignUrl, moduleName, versionOf, workerModuleUrl } from './worker-module-url.js';

/** Origin of the handlers of a pool. */
export interface WorkerSource {
  /** A file: URL, or GIVEN_OBJECT. */
  readonly moduleUrl: string;
  readonly moduleObject: ModuleObject | undefined;
  /** Default name of the pool. */
  readonly name: string;
  /** A text that changes with the handlers. */
  version(): string;
}

/** The source that the first argument of a pool names. @throws ERR_OPTION for an argument that is no source */
export function workerSource(worker: unknown): WorkerSource {
  if (isObject(worker)) {
    refuseWithoutFunctions(worker);
    return {
      moduleUrl: GIVEN_OBJECT,
      moduleObject: worker,
      name: 'inline',
      version: () => hashOf(textsOf(worker, '').join('\n')),
    };
  }
  const url = workerModuleUrl(worker as string | URL);
  return { moduleUrl: url.href, moduleObject: undefined, name: moduleName(url), version: () => versionOf(url) };
}

/** Refuses an object where workers have to load a module by themselves. @throws ERR_OPTION */
export function checkKind({ moduleObject }: WorkerSource, kind: PoolKind): void {
  if (moduleObject === undefined || kind === 'inline') return;
  throw refused(
    `is an object of functions, and kind "${kind}" cannot run these: each worker loads the module by itself. ` +
      'Give the path or URL of its file, or set kind: "inline".',
  );
}

function isObject(worker: unknown): worker is ModuleObject {
  if (typeof worker !== 'object' || worker === null || Array.isArray(worker)) return false;
  return !(worker instanceof URL) && !isForeignUrl(worker);
}

/** An object without functions is more likely options in the place of the module. */
function refuseWithoutFunctions(worker: ModuleObject): void {
  const whole = defaultOf(worker);
  const inside = whole === undefined ? [] : Object.values(whole);
  if ([...Object.values(worker), ...inside].some((value) => typeof value === 'function')) return;
  throw refused(
    `must be the path or URL of a module, or an object of functions for kind "inline"; received ${inspectBriefly(worker)}.`,
  );
}

/** The default export, if it may hold handlers. The namespaces of some test runners throw for an export that is not there. */
function defaultOf(worker: ModuleObject): ModuleObject | undefined {
  const whole = Object.hasOwn(worker, 'default') ? worker['default'] : undefined;
  return (typeof whole === 'object' && whole !== null) || typeof whole === 'function'
    ? (whole as ModuleObject)
    : undefined;
}

/**
 * Names and code of all handlers, those in a default export included.
 * @throws ERR_OPTION for a function without code
 */
function textsOf(from: ModuleObject, path: string): string[] {
  const texts = Object.entries(from).map(([name, value]) =>
    typeof value === 'function' ? `${path}${name}: ${codeOf(`${path}${name}`, value)}` : `${path}${name}`,
  );
  const whole = path === '' ? defaultOf(from) : undefined;
  return whole === undefined ? texts : [...texts, ...textsOf(whole, 'default.')];
}

/** The code of a handler. All that batch() made have the same code of their own. */
function codeOf(path: string, handler: object): string {
  const code: string = Function.prototype.toString.call(batchDefinition(handler)?.handler ?? handler);
  if (!/\{\s*\[native code\]\s*\}$/.test(code)) return code;
  // All bound functions have the same text, so other code would find old results.
  const reason = `must be given, because the function "${path}" of the given object shows no code: it is bound, or of Node.js.`;
  throw new PoolError('ERR_OPTION', { option: 'cache.version', reason });
}

function hashOf(text: string): string {
  const { createHash } = getBuiltinModule('node:crypto');
  return createHash('sha256').update(text).digest('hex');
}

function refused(reason: string): PoolError<'ERR_OPTION'> {
  return new PoolError('ERR_OPTION', { option: 'worker', reason });
}
