import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { comparison, withComparison } from '../readme-table.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(repository, 'README.md'), 'utf8');

describe('the comparison of README.md', () => {
  test('is what was measured; `node scripts/readme-table.mjs` writes it anew', () => {
    expect(readme).toBe(withComparison(readme, comparison(repository)));
  });

  test('has six rows, each with a cell for each pool', () => {
    const [head, line, ...rows] = comparison(repository)
      .split('\n')
      .map((row) => row.split(' | ').length);
    expect([head, line]).toEqual([5, 5]);
    expect(rows).toEqual(Array(6).fill(5));
  });

  test('needs its marks', () => {
    expect(() => withComparison('# Millpond\n', '')).toThrow('README.md has no');
  });
});
