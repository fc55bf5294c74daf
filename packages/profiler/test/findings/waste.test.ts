import { expect, it } from 'vitest';
import { retryStorm } from '../../src/findings/rules/waste.js';
import { viewOf } from '../../src/findings/view.js';
import { recordOf } from '../../src/replay/record-of.js';
import { Draw } from '../support/plants/draw.js';
import { measuredOf } from '../support/plants/measured-of.js';
import { simulate } from '../support/plants/simulated.js';
import { PLANTS } from '../support/plants/trials.js';

/** The test that the advice of R37 gives for failures of this name and code. */
function testOf(name: string, code: string): string {
  const { record, facts } = PLANTS.R37![0]!(new Draw(1));
  const run = simulate(record);
  const measured = measuredOf(run);
  const pool = measured.pools[0]!;
  facts?.(measured, pool, run);
  for (const task of pool.byTask) task.errors = task.errors.slice(0, 1).map((error) => ({ ...error, name, code }));
  const [finding] = retryStorm(viewOf(measured, pool, recordOf(measured, pool), 'makespan'));
  return /on: \(error\) => (.*) \}\.$/.exec(finding!.advice[0]!.text)![1]!;
}

/** Whether `retry.on` with that test tries again after what a caller gets. */
function triesAgain(test: string, error: Error): boolean {
  const on = new Function('error', `return ${test}`) as (error: Error) => boolean;
  return on(error);
}

it('the advice against a retry storm holds for what a caller gets, whatever was thrown', () => {
  const bad = Object.assign(new Error('bad'), { code: 'E_BAD' });
  expect(triesAgain(testOf('Error', 'E_BAD'), bad)).toBe(false);
  expect(triesAgain(testOf('Error', 'E_BAD'), new Error('other'))).toBe(true);
  expect(triesAgain(testOf('TypeError', ''), new TypeError('x'))).toBe(false);
  expect(triesAgain(testOf('string', ''), new Error('thrown', { cause: 'permanent' }))).toBe(false);
  expect(triesAgain(testOf('object', ''), new Error('thrown', { cause: { reason: 'permanent' } }))).toBe(false);
  expect(triesAgain(testOf('string', ''), new Error('other'))).toBe(true);
});
