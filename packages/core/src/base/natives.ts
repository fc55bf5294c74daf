import { Buffer as NodeBuffer } from 'node:buffer';
import perfHooks from 'node:perf_hooks';
import nodeProcess from 'node:process';
import timers from 'node:timers';
import util from 'node:util';
import { fixed } from './built-ins.js';

/*
 * Node's own functions, taken once. Tests of users fake timers and clocks, and handlers replace globals. A pool that looked them up
 * at each call would stop with them. The linter keeps the globals out of all other files.
 */

/** The original behind a fake of @sinonjs/fake-timers (vitest, jest, sinon): a program may install fakes before it loads us. */
function genuine<F extends object>(name: string, found: F): F {
  const { clock } = found as { clock?: Record<string, F | undefined> };
  return clock?.[`_${name}`] ?? found;
}

/** The original process.exit(). It looks up process.reallyExit(), and a handler may have replaced both. */
function wayOut(): (code: number) => never {
  const { exit, reallyExit } = nodeProcess as typeof nodeProcess & { reallyExit(code: number): never };
  return (code) => {
    try {
      Object.defineProperty(nodeProcess, 'reallyExit', { value: reallyExit, configurable: true });
    } catch {
      // The original cannot be put back, so it is called directly, without process.exit() and its listeners.
      reallyExit.call(nodeProcess, code);
    }
    return exit.call(nodeProcess, code);
  };
}

function take() {
  const performance = genuine('performance', perfHooks.performance);
  // Directly from Node: the module registry of jest may hold a test's mock of it.
  const fs = nodeProcess.getBuiltinModule('node:fs');
  const threadCpuUsage = (nodeProcess as { threadCpuUsage?: () => NodeJS.CpuUsage }).threadCpuUsage;
  return {
    setTimeout: genuine('setTimeout', timers.setTimeout),
    clearTimeout: genuine('clearTimeout', timers.clearTimeout),
    setInterval: genuine('setInterval', timers.setInterval),
    clearInterval: genuine('clearInterval', timers.clearInterval),
    setImmediate: genuine('setImmediate', timers.setImmediate),
    clearImmediate: genuine('clearImmediate', timers.clearImmediate),
    queueMicrotask: genuine('queueMicrotask', globalThis.queueMicrotask),
    nextTick: genuine('nextTick', nodeProcess.nextTick),
    hrtime: genuine('hrtime', nodeProcess.hrtime),
    // Taken from the class: @sinonjs/fake-timers 15 puts its own on the object.
    now: (Object.getPrototypeOf(performance) as typeof performance).now.bind(performance),
    nodeTiming: performance.nodeTiming,
    monitorEventLoopDelay: perfHooks.monitorEventLoopDelay,
    /** Ends this process or thread, even if a handler has replaced process.exit. */
    exit: wayOut(),
    kill: nodeProcess.kill.bind(nodeProcess),
    cpuUsage: nodeProcess.cpuUsage.bind(nodeProcess),
    /** Exists from Node 22.19 and 23.9 on. */
    threadCpuUsage: threadCpuUsage?.bind(nodeProcess),
    rss: nodeProcess.memoryUsage.rss,
    getBuiltinModule: nodeProcess.getBuiltinModule.bind(nodeProcess),
    /** For its data only: env, platform, streams. Its functions are those above. */
    process: nodeProcess,
    // One by one: a handler may replace them on the object, which would break the claims of a thread.
    atomicLoad: globalThis.Atomics.load,
    atomicStore: globalThis.Atomics.store,
    SharedArrayBuffer: globalThis.SharedArrayBuffer,
    Date: genuine('Date', globalThis.Date),
    AbortController: globalThis.AbortController,
    WeakRef: globalThis.WeakRef,
    FinalizationRegistry: globalThis.FinalizationRegistry,
    structuredClone: globalThis.structuredClone,
    toJson: globalThis.JSON.stringify,
    fromJson: globalThis.JSON.parse,
    printError: globalThis.console.error,
    types: fixed(util.types),
    inspect: util.inspect,
    debuglog: util.debuglog,
    /** Undefined without --expose-gc. */
    collectGarbage: (globalThis as { gc?: () => void }).gc,
    // Taken from the object once, not by an import: a handler may replace them there. The bundler makes a getter of each
    // name of a module that is imported whole. A look-up for each result took 7 % of a worker's time.
    readSync: fs.readSync,
    writeSync: fs.writeSync,
    ftruncateSync: fs.ftruncateSync,
    openSync: fs.openSync,
    closeSync: fs.closeSync,
    unlinkSync: fs.unlinkSync,
    readFileSync: fs.readFileSync,
    readlinkSync: fs.readlinkSync,
    accessSync: fs.accessSync,
    existsSync: fs.existsSync,
    statSync: fs.statSync,
  };
}

// Shared: the file of inline workers loads with the first pool, when a test may already have installed fakes.
const KEY = Symbol.for('millpond.natives.11');
const owner = globalThis as { [KEY]?: ReturnType<typeof take> };

const natives = (owner[KEY] ??= take());

export const {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate,
  queueMicrotask,
  nextTick,
  hrtime,
  now,
  nodeTiming,
  monitorEventLoopDelay,
  exit,
  kill,
  cpuUsage,
  threadCpuUsage,
  rss,
  process,
  atomicLoad,
  atomicStore,
  SharedArrayBuffer,
  Date,
  AbortController,
  WeakRef,
  FinalizationRegistry,
  structuredClone,
  toJson,
  fromJson,
  printError,
  types,
  inspect,
  debuglog,
  collectGarbage,
  readSync,
  writeSync,
  ftruncateSync,
  openSync,
  closeSync,
  unlinkSync,
  readFileSync,
  readlinkSync,
  accessSync,
  existsSync,
  statSync,
} = natives;
// Separate from the others: the type that TypeScript infers for it has no name outside of Node's own types.
export const getBuiltinModule: NodeJS.Process['getBuiltinModule'] = natives.getBuiltinModule;

export type WeakRef<T extends WeakKey> = globalThis.WeakRef<T>;
export type SharedArrayBuffer = globalThis.SharedArrayBuffer;
export const Buffer = fixed(NodeBuffer);
export const bufferPrototype = NodeBuffer.prototype as Buffer;
export type Buffer = NodeBuffer;
