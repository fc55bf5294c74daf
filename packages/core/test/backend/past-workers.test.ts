import { expect, it } from 'vitest';
import { PastWorkers } from '../../src/backend/past-workers.js';
import { begun, openEngine, type Staff, turn } from '../support/scripted-engine.js';

it('keeps what workers that have ended add to the totals of their pool', async () => {
  const engine = openEngine();
  const [only] = (await engine.staffUp(1)) as [Staff];
  const { task } = engine.submit();
  await turn();
  const [sent] = begun(only);
  engine.dispatcher.cancel(task, 'unwanted');
  only.transport.reply({ wireId: sent?.wireId ?? 0 });
  const past = new PastWorkers();
  const readyMs = only.worker.readyMs(engine.clock.now() + 500);
  past.add(only.worker, engine.clock.now() + 500);
  past.add(only.worker, engine.clock.now() + 500);
  expect(readyMs).toBeGreaterThanOrEqual(500);
  expect(past).toMatchObject({ readyMs: 2 * readyMs, ignoredResults: 2 });
});

it('counts the faults of workers lately, and remembers a bounded number', () => {
  const past = new PastWorkers();
  for (let atMs = 0; atMs < 5000; atMs++) past.addFault(atMs);
  expect([past.faultsSince(4990), past.faultsSince(5000), past.faultsSince(0)]).toEqual([10, 0, 1000]);
});
