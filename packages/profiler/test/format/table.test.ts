import { expect, it } from 'vitest';
import { columns, table } from '../../src/format/table.js';

it('a table sets text to the left, numbers to the right, and leaves no blanks at the end of a line', () => {
  const lines = table(columns(['name', 'kind', 'n'], 2), [
    ['a', 'process', '1'],
    ['longer', 'x', '1,000'],
    ['b', 'y', ''],
  ]);
  expect(lines).toEqual([
    '  name    kind         n',
    '  a       process      1',
    '  longer  x        1,000',
    '  b       y',
  ]);
});
