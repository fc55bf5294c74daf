import { process } from '../base/natives.js';
import { findTsx, howToLoad, isTypeScript, stripsTypes, type Tsx } from '../base/typescript.js';
import { PoolError } from '../contract/errors.js';

// Flags for this process's own start, which would turn a worker into something else.
/** Flags whose value is the next word, whatever it looks like. */
const CODE = new Set(['-e', '--eval', '-p', '--print', '-pe']);
const OWN = new RegExp(
  '^(-c$|-i$|--check|--interactive|--run|--eval=|--print=|--input-type|--entry-url|--experimental-entry-url' +
    '|--test|--watch|--cpu-prof|--heap-prof|--prof$' +
    // The application itself: with one of these, a worker would run or build the application again.
    '|--snapshot-blob|--build-snapshot|--build-sea|--experimental-sea-config)',
);
/** Flags that open a port, or stop at the first line until a debugger connects. */
const INSPECTOR = /^--(inspect|debug)/;

/** The flags of this process that its workers should share: all but those for debugging and for its own entry. */
export function inheritedFlags(flags: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < flags.length; at++) {
    const flag = flags[at] ?? '';
    const name = dashed(flag);
    if (CODE.has(name)) at++;
    else if (!OWN.test(name) && !INSPECTOR.test(name)) kept.push(flag);
    // No script is among them: a word that is no flag is the value of the flag before.
    else if (flags[at + 1]?.startsWith('-') === false) at++;
  }
  return kept;
}

/** The name of a flag with dashes, since Node also accepts underscores. */
function dashed(flag: string): string {
  const end = flag.indexOf('=');
  return end === -1 ? flag.replaceAll('_', '-') : flag.slice(0, end).replaceAll('_', '-') + flag.slice(end);
}

/** NODE_OPTIONS without the flags of the inspector; the rest is unchanged, quotes included. */
export function withoutInspector(nodeOptions: string): string {
  const words = nodeOptions.match(/(?:"(?:\\.|[^"\\])*"?|[^ "])+/g) ?? [];
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!INSPECTOR.test(dashed(word.replaceAll('"', '')))) kept.push(word);
    // The value of the flag before.
    else if (words[at + 1]?.startsWith('-') === false) at++;
  }
  return kept.join(' ');
}

/** The flag that gives a worker an inspector of its own. Port 0: the system chooses a free one. */
export function inspectFlags(inspect: boolean): string[] {
  return inspect ? ['--inspect=127.0.0.1:0'] : [];
}

/** Latest release line of Node that is known to take the flag below. A process with an unknown flag does not start. */
const LATEST_WITH_SCAVENGE_FLAG = 26;

/**
 * The flag that makes a worker process collect its young generation in one thread. V8 spreads each such collection over threads and
 * waits for them. While other workers keep the cores busy, these threads get none. With two workers on two cores, a
 * collection took 0.45 ms instead of 0.10. Without these threads, 4,000 factorials of 1000 took 413 ms instead of 441. Objects of
 * 650 bytes took 5 % less processor time (medians of five interleaved rounds). Flags of the user come later, and win. The old
 * generation is still collected in parallel: it may be large.
 */
export function scavengeFlags(nodeVersion: string): string[] {
  return Number(nodeVersion.split('.')[0]) <= LATEST_WITH_SCAVENGE_FLAG ? ['--no-parallel-scavenge'] : [];
}

const HEAP_FLAG = /--max[-_](old[-_]space|heap)[-_]size/;

/** The flag that limits a heap, unless the flags or NODE_OPTIONS set a limit. */
export function heapFlags(
  limitMb: number | undefined,
  flags: readonly string[],
  nodeOptions: string | undefined,
): string[] {
  const isSet = [...flags, nodeOptions ?? ''].some((text) => HEAP_FLAG.test(text));
  return limitMb === undefined || isSet ? [] : [`--max-old-space-size=${limitMb}`];
}

/** Flags that let Node load unknown files, and packages that do so behind a flag that preloads them. */
const LOADER = /(^|\s)(--import|--loader|--experimental-loader)\b|\b(ts-node|swc|esbuild|sucrase|babel|jiti|tsx)\b/;

/**
 * Flags that a worker process needs to load its module. None for JavaScript, or if Node strips types itself; else tsx.
 * @param given flags and NODE_OPTIONS that the process is started with in any case
 * @throws ERR_OPTION for a TypeScript module that nothing here can load
 */
export function loaderFlags(moduleUrl: string, given: readonly string[]): string[] {
  if (!isTypeScript(moduleUrl) || stripsTypes()) return [];
  const tsx = findTsx(moduleUrl);
  if (tsx !== undefined) return ['--import', tsx.main];
  // A loader of the user's own may know the module. If not, the worker reports it.
  if (given.some((flag) => LOADER.test(flag))) return [];
  throw new PoolError('ERR_OPTION', { option: 'worker', reason: howToLoad(moduleUrl) });
}

/** The tsx that a thread needs to load its module: as in `loaderFlags`, and when this program runs on tsx. */
export function threadLoader(moduleUrl: string): Tsx | undefined {
  if (!isTypeScript(moduleUrl)) return undefined;
  const runsOnTsx = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((flag) => /\btsx\b/.test(flag));
  return stripsTypes() && !runsOnTsx ? undefined : findTsx(moduleUrl);
}
