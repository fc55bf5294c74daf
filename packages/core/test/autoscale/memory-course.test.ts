import { expect, it } from 'vitest';
import type { PoolStats } from '../../src/contract/stats.js';
import { FRAME } from '../../src/wire/frame.js';
import { reportOf } from '../support/reports.js';
import { openEngine, type Staff, turn } from '../support/scripted-engine.js';

const MIB = 1024 * 1024;

it('the stats of a pool show that the memory of its workers rises, and how fast', async () => {
  const { backend, clock, staffUp, submit } = openEngine({ kind: 'process' });
  const [only] = (await staffUp(1)) as [Staff];
  submit();
  await turn();
  const trend = (): NonNullable<PoolStats['memory']>['trend'] | undefined => backend.stats().memory?.trend;
  expect(trend()).toEqual({ direction: 'stable', bytesPerMinute: 0, overMs: 0 });
  for (let second = 1; second <= 120; second++) {
    only.transport.say(FRAME.report, reportOf({ rssBytes: second * 20 * MIB }));
    clock.advance(1000);
  }
  expect(trend()?.direction).toBe('rising');
  // What this program itself takes is part of it.
  expect(Math.abs((trend()?.bytesPerMinute ?? 0) / MIB - 1200)).toBeLessThan(300);
});
