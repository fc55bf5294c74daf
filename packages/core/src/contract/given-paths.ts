import { isRecord } from './checks.js';

/** Most paths: a program may have options for any number of task names. */
const MOST = 500;
/** `tasks.resize.retry`: deeper ones are parts of one option. */
const DEPTH = 3;

/** Paths of the options that are set, in the order of their objects. An object without any is a path itself. */
export function givenPaths(options: object): string[] {
  const paths: string[] = [];
  collect(options, '', DEPTH, paths);
  return paths;
}

function collect(options: object, above: string, depth: number, into: string[]): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (into.length === MOST) return;
    const path = above === '' ? key : `${above}.${key}`;
    const isNested = depth > 1 && key !== 'env' && key !== 'workerData' && isRecord(value);
    if (isNested && Object.keys(value).length > 0) collect(value, path, depth - 1, into);
    else into.push(path);
  }
}
