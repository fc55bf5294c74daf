import { describe, expect, it } from 'vitest';
import { placeOf } from '../../src/base/stack-place.js';

describe('placeOf', () => {
  it.each([
    ['TypeError: no\n    at file:///app/worker.js:5:9', 'file:///app/worker.js:5:9'],
    ['TypeError: no\n    at setup (/app/worker.cjs:5:9)\n    at x (/app/other.cjs:1:1)', '/app/worker.cjs:5:9'],
    ['Error: a\n    at node:internal/x:1:1\n    at async file:///app/worker.js:2:7', 'file:///app/worker.js:2:7'],
    [
      'Error: a\n    at async Promise.all (index 0)\n    at async f (file:///a b/(x)/w.js:2:7)',
      'file:///a b/(x)/w.js:2:7',
    ],
    ['Error: a\n    at f (C:\\app\\worker.cjs:2:7)', 'C:\\app\\worker.cjs:2:7'],
    ['Error: two\nlines\n    at f (/app/w.cjs:2:7)', '/app/w.cjs:2:7'],
    ['/app/w.cjs:2\nconst = 5;\n      ^\n\nSyntaxError: odd\n    at node:x:1:1', '/app/w.cjs:2\nconst = 5;\n      ^'],
    ['file:///app/w.js:1\nimport { x }\n         ^\nSyntaxError: no x', 'file:///app/w.js:1\nimport { x }\n         ^'],
  ])('finds it in %j', (stack, place) => {
    expect(placeOf(stack)).toBe(place);
  });

  it.each([
    undefined,
    '',
    'SyntaxError: odd',
    'SyntaxError: odd\n    at compile (node:internal/modules/esm/utils:346:16)\n    at async Promise.all (index 0)',
    'SyntaxError: odd\n    at async start (/lib/dist/bundle/process-entry.cjs:2508:21)',
    'SyntaxError: odd\n    at start (/lib/dist/bundle/inline-host.cjs:339:11)',
    'Error: at nothing\n    at new Promise (<anonymous>)',
  ])('finds none in %j', (stack) => {
    expect(placeOf(stack)).toBeUndefined();
  });
});
