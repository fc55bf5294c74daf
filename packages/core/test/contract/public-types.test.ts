import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The text of each file of types that a program gets with this one. */
function typesFrom(url: URL, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(url.href)) return seen;
  const text = readFileSync(url, 'utf8');
  seen.set(url.href, text);
  for (const [, path = ''] of text.matchAll(/from '(\.[^']+)\.js'/g)) typesFrom(new URL(`${path}.d.ts`, url), seen);
  return seen;
}

it('the types of the package show nothing of what is below a pool', () => {
  const types = typesFrom(new URL('../../dist/index.d.ts', import.meta.url));
  const leaking = [...types].filter(([, text]) => /\b(Open)?Backend\b|\bSharedTask\b|\bCallTerms\b/.test(text));
  expect(leaking.map(([file]) => file)).toEqual([]);
  expect([...types.values()].some((text) => text.includes('export declare class Pool<'))).toBe(true);
});
