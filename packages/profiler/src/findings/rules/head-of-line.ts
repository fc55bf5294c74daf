import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { largestOf, ofTask, type PoolView, setOption, share } from '../view.js';
import { duration, named } from '../words.js';

/** R23: short tasks wait behind long ones that hold all places. */
export function headOfLine(view: PoolView): Candidate[] {
  const { pool, places, record } = view;
  if (pool.byTask.length < 2 || record === null || places < 2) return [];
  const long = largestOf(pool.byTask, ({ segments }) => segments.execution.meanMs);
  if (long === undefined || share(long.segments.execution.totalMs, view.executionMs) < 0.2) return [];
  const victims = pool.byTask.filter(
    ({ task, latency, segments, waits, tries }) =>
      task !== long.task &&
      tries >= 30 &&
      segments.execution.meanMs * 10 <= long.segments.execution.meanMs &&
      latency.p99Ms - waits.limit.p99Ms - waits.batch.p99Ms >= 10 * segments.execution.meanMs &&
      segments.queueWait.p99Ms >= 0.5 * latency.p99Ms,
  );
  const victim = largestOf(victims, ({ tries }) => tries);
  if (victim === undefined) return [];
  const kept = Math.max(1, Math.ceil(places / 4));
  const limit = Math.max(1, places - kept);
  const name = record.names.indexOf(long.task);
  const slowdown = victim.latency.p99Ms / Math.max(1e-6, victim.segments.execution.meanMs);
  return [
    cause({
      id: 'R23',
      title: 'SHORT TASKS BEHIND LONG ONES',
      text:
        `Tasks of ${named(victim.task)} take ${duration(victim.segments.execution.meanMs)}, and 1 % of them wait so long that they take ` +
        `${duration(victim.latency.p99Ms)}. Tasks of ${named(long.task)} hold the places for ${duration(long.segments.execution.meanMs)} each.`,
      scope: { task: victim.task },
      evidence: [
        evidence('slowdown', slowdown, 'ratio', 10, '99th percentile of latency ÷ mean execution of the short name'),
        evidence(
          'long tasks',
          share(long.segments.execution.totalMs, view.executionMs),
          'share',
          0.2,
          'execution of the long name ÷ all execution',
        ),
        evidence(
          'ratio',
          long.segments.execution.meanMs / Math.max(1e-6, victim.segments.execution.meanMs),
          'ratio',
          10,
          'mean execution of the long name ÷ that of the short one',
        ),
      ],
      advice: [
        setOption(
          view,
          ofTask(long.task, 'concurrency'),
          limit,
          `Keep ${kept} of ${places} places free of ${named(long.task)}: ${ofTask(long.task, 'concurrency')} = ${limit}. Or give it a pool of its own.`,
          long.asked.concurrency ?? places,
        ),
      ],
      step: STEP.queue - 0.5,
      explains: ['R22', 'R01'],
      without: (run) => ({ ...run, byName: run.byName.map((terms, i) => (i === name ? { ...terms, limit } : terms)) }),
    }),
  ];
}
