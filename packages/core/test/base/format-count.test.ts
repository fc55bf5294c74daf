import { expect, it } from 'vitest';
import { formatCount, plural } from '../../src/base/format-count.js';

it.each([
  [0, '0'],
  [999, '999'],
  [999.6, '1,000'],
  [1_234_567, '1,234,567'],
])('a count of %d reads %s', (count, text) => expect(formatCount(count)).toBe(text));

it.each([
  [0, '0 tasks'],
  [0.5, '0.5 tasks'],
  [1, '1 task'],
  [2, '2 tasks'],
])('%d tasks read %s', (count, text) => expect(plural(count, 'task')).toBe(text));
