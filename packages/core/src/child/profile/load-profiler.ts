import { fileURLToPath } from 'node:url';
import { existsSync, getBuiltinModule, readFileSync } from '../../base/natives.js';
import type { openProfiler } from './worker-profiler.js';

/** Exports of the file. */
interface ProfilerFile {
  openProfiler: typeof openProfiler;
}

/** Beside the bundle that contains this code; the second place is for sources that run as they are. */
const PLACES = ['./worker-profiler.cjs', '../../../dist/bundle/worker-profiler.cjs'];

let loaded: ProfilerFile | undefined;

/**
 * Loads the code of worker profilers. A handler may have replaced functions that `require()` needs, since it loads late. So it is
 * read and compiled with Node's own functions, as transport/load-later.ts does.
 * @throws if the file is missing
 */
export function loadProfiler(): ProfilerFile {
  return (loaded ??= load());
}

function load(): ProfilerFile {
  const files = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const filename = files.find((file) => existsSync(file));
  if (filename === undefined) throw new Error(`${files[0]} is missing, so this worker cannot be profiled.`);
  const { compileFunction } = getBuiltinModule('node:vm');
  const run = compileFunction(readFileSync(filename, 'utf8'), ['exports', 'require'], { filename }) as Run;
  const exports = {};
  run(exports, getBuiltinModule);
  return exports as ProfilerFile;
}

type Run = (exports: object, require: typeof getBuiltinModule) => void;
