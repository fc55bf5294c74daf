import { clearTimeout, setTimeout } from './natives.js';

/** A session of V8's inspector with the inspected thread. */
export interface Inspected {
  ask(method: string, parameters?: object): Promise<unknown>;
  /** Passes the parameters of every later event of this name to the listener. */
  on(event: string, listener: (params: unknown) => void): void;
}

interface Paused {
  callFrames: CallFrame[];
}
interface CallFrame {
  functionName: string;
  /** Line and column count from 0. */
  location: { scriptId: string; lineNumber: number; columnNumber: number };
}
interface ScriptParsed {
  scriptId: string;
  url: string;
}

/** A thread that runs JavaScript pauses within microseconds, if it has a core. */
const PAUSE_WITHIN_MS = 100;
/**
 * The function that calls handlers: child/call-handler.ts. All calls outside of it are this library's, and say nothing about the
 * handler. Its file alone is not enough: functions that a handler calls, such as ctx.section(), are in the same bundle.
 */
const OUR_CALLER = { file: /\/bundle\/(process|thread)-entry\.cjs$/, functionName: 'callHandler' };

/**
 * Current stack of a thread, innermost call first, in lines like those of an error. Empty when it runs no JavaScript.
 * Pauses the thread for a moment, even in an endless loop or a regular expression, which gives the exact line. A CPU profile does
 * not: it misses the innermost function of a loop that was compiled while it ran.
 */
export async function stuckStack(thread: Inspected): Promise<string> {
  const urls = new Map<string, string>();
  thread.on('Debugger.scriptParsed', (script) => {
    const { scriptId, url } = script as ScriptParsed;
    urls.set(scriptId, url);
  });
  const paused = new Promise<Paused>((resolve) => thread.on('Debugger.paused', (event) => resolve(event as Paused)));
  // Reports every loaded script.
  await thread.ask('Debugger.enable');
  await thread.ask('Debugger.pause');
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PAUSE_WITHIN_MS, undefined);
  });
  const seen = await Promise.race([paused, tooLate]);
  clearTimeout(timer);
  // Resumes the thread, or cancels a pause that has not happened yet.
  await thread.ask('Debugger.disable');
  return seen === undefined ? '' : linesOf(seen.callFrames, urls);
}

/** The calls as lines, up to the first that is this library's. */
function linesOf(calls: readonly CallFrame[], urls: ReadonlyMap<string, string>): string {
  const lines: string[] = [];
  for (const { functionName, location } of calls) {
    const url = urls.get(location.scriptId) ?? '';
    if (functionName === OUR_CALLER.functionName && OUR_CALLER.file.test(url)) break;
    const where = `${url}:${location.lineNumber + 1}:${location.columnNumber + 1}`;
    lines.push(functionName === '' ? `    at ${where}` : `    at ${functionName} (${where})`);
  }
  return lines.join('\n');
}
