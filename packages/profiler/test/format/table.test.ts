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

it('a table that is too wide cuts texts first, then leaves out the last columns', () => {
  const rows = [['a name that is rather long', '1', '22', '333']];
  const wide = columns(['name', 'a', 'b', 'c']);
  expect(table(wide, rows, '', 27)).toEqual(['name             a   b    c', 'a name that is…  1  22  333']);
  expect(table(wide, rows, '', 20)).toEqual(['name          a   b', 'a name that…  1  22']);
});
