import { GIVEN_OBJECT } from '../base/module-file.js';
import { getBuiltinModule } from '../base/natives.js';
import { batchDefinition } from '../contract/batch.js';
import { inspectBriefly } from '../contract/checks.js';
import { PoolError } from '../contract/errors.js';
import type { PoolKind } from '../contract/options.js';
import type { ModuleObject } from '../contract/worker-module.js';
import { moduleName, versionOf, workerModuleUrl } from './worker-module-url.js';

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
  // A URL of another realm, such as that of a test runner, is no instance of this one's class.
  return !(worker instanceof URL) && Object.prototype.toString.call(worker) !== '[object URL]';
}

/** An object without functions is more likely options in the place of the module. */
function refuseWithoutFunctions(worker: ModuleObject): void {
  const { default: whole } = worker;
  const inside = typeof whole === 'object' && whole !== null ? Object.values(whole as ModuleObject) : [];
  if ([...Object.values(worker), ...inside].some((value) => typeof value === 'function')) return;
  throw refused(
    `must be the path or URL of a module, or an object of functions for kind "inline"; received ${inspectBriefly(worker)}.`,
  );
}

/**
 * The text of each function, also of those in a default export. That of a batch is the text of its own function.
 * @throws ERR_OPTION for a function without a text
 */
function textsOf(from: ModuleObject, prefix: string): string[] {
  return Object.entries(from).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    const own = [
      typeof value === 'function' ? `${path}: ${textOf(path, batchDefinition(value)?.handler ?? value)}` : path,
    ];
    const isWhole = prefix === '' && name === 'default' && (typeof value === 'object' || typeof value === 'function');
    return isWhole && value !== null ? [...own, ...textsOf(value as ModuleObject, 'default.')] : own;
  });
}

function textOf(path: string, fn: unknown): string {
  const text: string = Function.prototype.toString.call(fn);
  if (!/\{\s*\[native code\]\s*\}$/.test(text)) return text;
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
