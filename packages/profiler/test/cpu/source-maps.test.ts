import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { pathOf, SourceMaps } from '../../src/cpu/source-maps.js';

const folder = mkdtempSync(join(tmpdir(), 'maps-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SOURCE = `// a comment
interface Gone { n: number }

export function hot(given: Gone): number {
  return given.n;
}
`;

/** Compiles the source to a file, and returns the place of the function in it, as V8 would name it. */
function compiled(name: string, map: 'inline' | 'beside' | 'none' | 'damaged' | 'missing') {
  const { code, map: json } = transformSync(SOURCE, {
    loader: 'ts',
    sourcefile: join(folder, 'src.ts'),
    sourcemap: map === 'inline' ? 'inline' : 'external',
  });
  const file = join(folder, `${name}.js`);
  const comment = map === 'inline' || map === 'none' ? '' : `//# sourceMappingURL=${name}.js.map\n`;
  writeFileSync(file, code + comment);
  if (map === 'beside') writeFileSync(`${file}.map`, json);
  if (map === 'damaged') writeFileSync(`${file}.map`, json.slice(0, 20));
  const lines = code.split('\n');
  const line = lines.findIndex((text) => text.includes('function hot'));
  const column = (lines[line] ?? '').indexOf('hot') + 'hot'.length;
  return { functionName: 'hot', url: pathToFileURL(file).href, line: line + 1, column: column + 1, file };
}

describe('a place in compiled code', () => {
  it.each(['inline', 'beside'] as const)('is that of its source, by a map %s', (map) => {
    const { file: _, ...frame } = compiled(map, map);
    expect(frame.line).not.toBe(4);
    expect(new SourceMaps().placeOf(frame)).toMatchObject({
      functionName: 'hot',
      file: join(folder, 'src.ts'),
      line: 4,
    });
  });

  it.each(['none', 'damaged', 'missing'] as const)('stays what it is where the map is %s', (map) => {
    const { file, ...frame } = compiled(map, map);
    expect(new SourceMaps().placeOf(frame)).toEqual({
      functionName: 'hot',
      file,
      line: frame.line,
      column: frame.column,
    });
  });

  it('stays what it is where the file is gone', () => {
    const url = pathToFileURL(join(folder, 'gone.js')).href;
    expect(new SourceMaps().placeOf({ functionName: 'f', url, line: 3, column: 1 })).toMatchObject({ line: 3 });
  });

  it('has no file in Node, in V8, and in code from text', () => {
    expect(['node:fs', '', 'evalmachine.<anonymous>', 'file://host/%2f'].map(pathOf)).toEqual(['', '', '', '']);
    expect(pathOf('/app/worker.cjs')).toBe('/app/worker.cjs');
  });
});
