import { describe, expect, it } from 'vitest';
import { paletteFor } from '../src/color.js';
import { formatPath, formatProblem, formatProblems } from '../src/workload/problems.js';

const PLAIN = paletteFor({ refused: true, isTTY: false, env: {} });

describe('formatProblem', () => {
  it('gives file, line, column, path and message, then the line with a mark under the place', () => {
    const problem = { line: 2, column: 7, path: ['pool', 'workers'], message: 'is wrong.' };
    expect(formatProblem('w.yaml', problem, ['a: 1', 'pool: x'], PLAIN)).toBe(
      ['w.yaml:2:7: pool.workers: is wrong.', '  2 | pool: x', '    |       ^'].join('\n'),
    );
  });

  it('shows no line for a problem of the whole file', () => {
    expect(formatProblem('w.yaml', { line: 0, column: 0, path: [], message: 'is too large.' }, [], PLAIN)).toBe(
      'w.yaml: is too large.',
    );
  });

  it('cuts a very long line around the place', () => {
    const line = `${'a'.repeat(5000)}X${'b'.repeat(5000)}`;
    const [, shown = '', mark = ''] = formatProblem(
      'w.json',
      { line: 1, column: 5001, path: [], message: 'm' },
      [line],
      PLAIN,
    ).split('\n');
    expect(shown.length).toBeLessThan(120);
    expect(shown[mark.indexOf('^')]).toBe('X');
  });

  it('keeps control characters of the file from the terminal', () => {
    const text = formatProblem(
      'w.yaml',
      { line: 1, column: 1, path: ['\u001b[2J'], message: 'a\u0007b' },
      ['\u001b]0;title\u0007x: 1'],
      PLAIN,
    );
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('sorts problems by place', () => {
    const at = (line: number, column: number) => ({ line, column, path: [], message: `${line}:${column}` });
    const text = formatProblems('f', [at(3, 1), at(1, 9), at(1, 2)], '', PLAIN);
    expect(text.split('\n')).toEqual(['f:1:2: 1:2', 'f:1:9: 1:9', 'f:3:1: 3:1']);
  });
});

describe('formatPath', () => {
  it('writes keys with dots and positions in brackets', () => {
    expect(formatPath(['input', 'files', 2, 'x'])).toBe('input.files[2].x');
    expect(formatPath([])).toBe('');
  });
});
