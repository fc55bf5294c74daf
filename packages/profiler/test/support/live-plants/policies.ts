import { check, firstOf, type LiveKind, type LivePlant, profiled, times } from './live-plant.js';

/** Plants of batches, caches, limits and retries. */
export const POLICY_PLANTS: LivePlant[] = [
  { name: 'R34: small batches', check: smallBatches },
  { name: 'R35: a cache that is never hit', check: uselessCache },
  { name: 'R36: a limit that was set', check: limited },
  { name: 'R37: a retry storm', check: retryStorm },
];

async function smallBatches(kind: LiveKind): Promise<void> {
  const report = await profiled({
    options: { kind, workers: 2, concurrency: 1, tasks: { inserts: { batch: { maxSize: 100, maxBytes: 64 } } } },
    work: (pool) => Promise.all(times(600, (i) => pool.run('inserts', { id: i, name: `name of item ${i}` }))),
  });
  const finding = firstOf(report, 'R34');
  check(finding.scope.task === 'inserts', 'The name has small batches.', report);
  const [advice] = finding.advice;
  const isOfBytes = advice?.option === 'tasks.inserts.batch.maxBytes' && Number(advice.value) > 64;
  check(isOfBytes, 'The advice is the option that keeps batches small.', report);
}

async function uselessCache(kind: LiveKind): Promise<void> {
  const rows = times(400, (i) => ({ id: i, name: `row ${i}`, at: { x: i, y: -i } }));
  const report = await profiled({
    options: { kind, workers: 2, concurrency: 1, tasks: { blocks: { cache: true }, takes: { cache: true } } },
    work: async (pool) => {
      for await (const _ of pool.map(
        'takes',
        times(1500, (at) => ({ at, rows })),
        { window: 8 },
      ));
    },
  });
  const finding = firstOf(report, 'R35');
  check(finding.scope.task === 'takes', 'The name has the useless cache.', report);
}

async function limited(kind: LiveKind): Promise<void> {
  const report = await profiled({
    options: { kind, workers: 2, concurrency: 1, tasks: { blocks: { rateLimit: { calls: 10, perMs: 200 } } } },
    work: (pool) => Promise.all(times(150, () => pool.run('blocks', 2))),
  });
  const finding = firstOf(report, 'R36');
  check(finding.scope.task === 'blocks', 'The name has the limit.', report);
  check(
    !report.data.findings.some(({ id }) => id === 'R01' || id === 'R06'),
    'What the limit explains is no finding.',
    report,
  );
}

async function retryStorm(kind: LiveKind): Promise<void> {
  const report = await profiled({
    options: { kind, workers: 2, concurrency: 1, retry: { attempts: 3, backoff: { baseMs: 1, maxMs: 5 } } },
    work: (pool) => Promise.allSettled(times(150, () => pool.run('fails'))),
  });
  const finding = firstOf(report, 'R37');
  check(finding.text.includes('E_DOWN'), 'The error is named.', report);
}
