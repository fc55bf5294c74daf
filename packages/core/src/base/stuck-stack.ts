import { setTimeout, clearTimeout } from './natives.js';

/** A session of V8's inspector with the thread that is asked about. */
export interface Inspected {
  ask(method: string): Promise<unknown>;
  /** Has the parameters of every event of this name from now on. */
  on(event: string, listener: (params: unknown) => void): void;
}

interface Paused {
  callFrames: CallFrame[];
}
interface CallFrame {
  functionName: string;
  /** Both from 0. */
  location: { scriptId: string; lineNumber: number; columnNumber: number };
}
interface ScriptParsed {
  scriptId: string;
  url: string;
}

/** A thread that runs JavaScript pauses within microseconds, if it has a core. */
const PAUSE_WITHIN_MS = 100;
/**
 * What calls handlers: child/call-handler.ts. From there outwards the stack is ours, and says nothing about the handler.
 * Its file alone would not do: in the same bundle is what a handler calls, such as ctx.section().
 */
const OUR_CALLER = { file: /\/bundle\/(process|thread)-entry\.cjs$/, functionName: 'callHandler' };

/**
 * Where a thread is, innermost call first, as lines like those of an error's stack; empty when it runs no JavaScript.
 * Pauses it for a moment, even in an endless loop or a regular expression, which gives the very line. A CPU profile
 * would not do: it does not see the innermost function of a loop that was compiled while it ran.
 */
export async function stuckStack(thread: Inspected): Promise<string> {
  const urls = new Map<string, string>();
  thread.on('Debugger.scriptParsed', (script) => {
    const { scriptId, url } = script as ScriptParsed;
    urls.set(scriptId, url);
  });
  const paused = new Promise<Paused>((resolve) => thread.on('Debugger.paused', (event) => resolve(event as Paused)));
  // Tells of every script there is.
  await thread.ask('Debugger.enable');
  await thread.ask('Debugger.pause');
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PAUSE_WITHIN_MS, undefined);
  });
  const seen = await Promise.race([paused, tooLate]);
  clearTimeout(timer);
  // Goes on, or does not pause any more.
  await thread.ask('Debugger.disable');
  return seen === undefined ? '' : linesOf(seen.callFrames, urls);
}

/** The calls as lines, as far as they are not ours. */
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
