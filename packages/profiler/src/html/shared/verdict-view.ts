import type { Finding, Verdict } from '../../model/finding.js';
import { type El, h } from './node.js';
import { count, ms, rate, share, withUnit } from './numbers.js';
import type { PagePool, PageReport } from './page-data.js';

const KIND_WORDS: Record<Verdict['kind'], string> = {
  bottleneck: 'bottleneck',
  risk: 'risk',
  healthy: 'healthy',
  unknown: 'cannot tell',
  nothing: 'nothing measured',
};

/** View 1: what is the matter, what to do, and the numbers of the run. */
export function verdictCard(report: PageReport, pool: PagePool | undefined): El {
  const { verdict } = report;
  const first = report.findings.find(({ id }) => id === verdict.id);
  return h(
    'div',
    { class: `verdict verdict-${verdict.kind}` },
    h(
      'div',
      { class: 'verdict-text' },
      h(
        'p',
        { class: 'kind' },
        h('b', {}, KIND_WORDS[verdict.kind]),
        verdict.id !== null && h('span', {}, ` ${verdict.id}`),
        first !== undefined && ` ${first.title}`,
      ),
      h('p', { class: 'sentence' }, verdict.sentence),
      h('p', { class: 'step' }, h('span', { class: 'label' }, 'Step to take'), ' ', verdict.step),
      first !== undefined && savingLine(first),
    ),
    h(
      'dl',
      { class: 'facts' },
      facts(report, pool).map(([name, value, title]) => h('div', { title }, h('dt', {}, name), h('dd', {}, value))),
    ),
  );
}

function savingLine(finding: Finding): El {
  const { saving, failsInMs, confidence } = finding;
  const parts = [
    saving !== null &&
      `Predicted saving ${ms(saving.ms)} (${share(saving.share)}), 95 % interval ${ms(saving.ciMs[0])} to ${ms(saving.ciMs[1])}`,
    failsInMs !== null && (failsInMs === 0 ? 'It fails now' : `It would fail in ${ms(failsInMs)}`),
    `Confidence ${confidence}`,
  ];
  return h('p', { class: 'saving' }, parts.filter((part) => part !== false).join(' · '));
}

/** Names, values and formulas. */
function facts(report: PageReport, pool: PagePool | undefined): [name: string, value: string, title: string][] {
  const { quality, run } = report;
  const all: [string, string, string][] = [['wall time', ms(pool?.wallMs ?? run.wallMs), 'from attach to the report']];
  if (pool !== undefined) {
    const failed = pool.tries - pool.outcomes.ok;
    all.push(
      [
        'tasks',
        count(pool.tasks),
        `tasks that settled, in ${count(pool.tries)} tries; ${count(pool.atEnd.queued + pool.atEnd.dispatched)} had not settled at the end`,
      ],
      [
        'throughput',
        rate(pool.tasksPerSecond),
        'settled tasks ÷ time from the first submit to the last settled promise',
      ],
      ['utilization', share(pool.utilization), 'time with a handler running ÷ time that workers were up'],
      ['workers', count(pool.peakWorkers), 'most workers at one time'],
      ['failed', count(failed), 'tries that did not end well'],
    );
    const latency = pool.byTask.reduce<{ n: number; sum: number; p99: number }>(
      (sum, task) => ({
        n: sum.n + task.latency.count,
        sum: sum.sum + task.latency.totalMs,
        p99: Math.max(sum.p99, task.latency.p99Ms),
      }),
      { n: 0, sum: 0, p99: 0 },
    );
    if (latency.n > 0)
      all.push(
        ['mean latency', ms(latency.sum / latency.n), 'from submit to settled, over all tries that came back'],
        ['worst p99', ms(latency.p99), 'largest 99th percentile of latency of a task name'],
      );
  }
  const dropped = quality.dropped.reduce((sum, each) => sum + each.count, 0);
  all.push(
    ['main thread', share(report.parent.busyShare), 'share of the time in which its event loop was not idle'],
    ['unattributed', share(quality.unattributedShare), 'share of the capacity that the measurements leave over'],
    ['dropped', withUnit(dropped, 'count'), 'tries without a place in the report'],
  );
  return all;
}
