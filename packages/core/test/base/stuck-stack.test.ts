import { describe, expect, it } from 'vitest';
import { type Inspected, stuckStack } from '../../src/base/stuck-stack.js';

const BUNDLE = 'file:///app/node_modules/@millpond/core/dist/bundle/';

/** A thread that stands in these calls, innermost first. */
function standsIn(calls: readonly (readonly [functionName: string, url: string])[]): Inspected {
  const listeners = new Map<string, (params: unknown) => void>();
  return {
    on: (event, listener) => void listeners.set(event, listener),
    ask: async (method) => {
      if (method === 'Debugger.enable') {
        calls.forEach(([, url], at) => listeners.get('Debugger.scriptParsed')?.({ scriptId: `${at}`, url }));
      }
      if (method === 'Debugger.pause') {
        const callFrames = calls.map(([functionName], at) => ({
          functionName,
          location: { scriptId: `${at}`, lineNumber: at, columnNumber: 0 },
        }));
        listeners.get('Debugger.paused')?.({ callFrames });
      }
    },
  };
}

describe('the stack of a stuck worker', () => {
  it.each(['process-entry.cjs', 'thread-entry.cjs'])('ends at the call of the handler by %s', async (entry) => {
    const thread = standsIn([
      ['', 'file:///app/worker.mjs'],
      ['work', 'file:///app/worker.mjs'],
      ['callHandler', BUNDLE + entry],
      ['accept', BUNDLE + entry],
    ]);
    expect(await stuckStack(thread)).toBe(
      '    at file:///app/worker.mjs:1:1\n    at work (file:///app/worker.mjs:2:1)',
    );
  });

  it('shows what of ours the handler called', async () => {
    const thread = standsIn([
      ['inside', 'file:///app/worker.mjs'],
      ['run', `${BUNDLE}process-entry.cjs`],
      ['work', 'file:///app/worker.mjs'],
      ['callHandler', `${BUNDLE}process-entry.cjs`],
    ]);
    expect((await stuckStack(thread)).split('\n')).toEqual([
      '    at inside (file:///app/worker.mjs:1:1)',
      `    at run (${BUNDLE}process-entry.cjs:2:1)`,
      '    at work (file:///app/worker.mjs:3:1)',
    ]);
  });

  it("is not cut at a handler's own function of that name", async () => {
    const thread = standsIn([
      ['loop', 'file:///app/worker.mjs'],
      ['callHandler', 'file:///app/worker.mjs'],
    ]);
    expect((await stuckStack(thread)).split('\n')).toHaveLength(2);
  });
});
