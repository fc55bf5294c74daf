import type { WorkerReport } from '../../../model/worker-report.js';
import { capacityBar } from '../../shared/capacity-view.js';
import { h } from '../../shared/node.js';
import { bytes, count, digits, ms, share } from '../../shared/numbers.js';
import { element, fill } from '../dom.js';
import type { PoolData, View } from '../page.js';
import { name, table } from '../tables.js';
import { details, EMPTY_POOL } from './parts.js';

export const workers: View = {
  id: 'workers',
  title: 'Workers',
  why: [
    'busy = time with at least one handler running ÷ time that the worker was up.',
    'relative time = execution of its tries ÷ the mean of the same task names in all workers. 1.00 is average; 3.00 takes three times as long.',
    'restarts = earlier workers in the same place of the pool.',
  ],
  mount(host, page) {
    return {
      draw() {
        const pool = page.pool;
        if (pool === undefined) return fill(host, EMPTY_POOL);
        const { worker } = page.store.state;
        const rows = pool.report.workers.filter(({ workerId }) => worker === 0 || workerId === worker);
        const folded = pool.report.foldedWorkers;
        const made = main(pool, rows);
        made.querySelectorAll<HTMLButtonElement>('button[data-worker]').forEach((button) => {
          button.addEventListener('click', () => {
            const id = Number(button.dataset['worker']);
            page.store.set({ worker: page.store.state.worker === id ? 0 : id });
          });
        });
        const note =
          folded.workers === 0
            ? []
            : [
                element(
                  h(
                    'p',
                    { class: 'note' },
                    `${count(folded.workers)} more workers have ended: ${count(folded.tasks)} tasks, ${ms(folded.executionMs)} of execution.`,
                  ),
                ),
              ];
        fill(host, made, ...note, details('Deaths and changes of size', deaths(pool), sizes(pool)));
      },
    };
  },
};

function main({ report }: PoolData, rows: readonly WorkerReport[]): HTMLElement {
  const restarts = (worker: WorkerReport) =>
    report.workers.filter(({ slot, workerId }) => slot === worker.slot && workerId < worker.workerId).length;
  return table<WorkerReport>(
    [
      {
        title: 'worker',
        cell: ({ workerId }) =>
          h(
            'button',
            { type: 'button', class: 'plain', 'data-worker': workerId, title: 'show this worker alone' },
            `w${workerId}`,
          ),
        by: ({ workerId }) => workerId,
      },
      { title: 'capacity', cell: ({ capacity }) => capacityBar(capacity, 200, 12) },
      { title: 'busy', cell: ({ utilization }) => share(utilization), by: ({ utilization }) => utilization },
      { title: 'tasks', cell: ({ tasks }) => count(tasks), by: ({ tasks }) => tasks },
      {
        title: 'failed',
        cell: ({ failed }) => h('span', { class: failed > 0 ? 'bad' : undefined }, count(failed)),
        by: ({ failed }) => failed,
      },
      {
        title: 'relative time',
        note: 'execution ÷ mean of the same names in all workers',
        cell: ({ relativeTime }) => (relativeTime === null ? '–' : digits(relativeTime)),
        by: ({ relativeTime }) => relativeTime,
      },
      { title: 'up', cell: ({ upMs }) => ms(upMs), by: ({ upMs }) => upMs },
      { title: 'cpu', cell: ({ cpuMs }) => ms(cpuMs), by: ({ cpuMs }) => cpuMs },
      {
        title: 'gc',
        cell: ({ gcMs, upMs }) => share(upMs > 0 ? gcMs / upMs : 0),
        by: ({ gcMs, upMs }) => (upMs > 0 ? gcMs / upMs : 0),
      },
      {
        title: 'longest delay',
        note: 'longest time for which its event loop was kept from a turn',
        cell: ({ loopDelayMaxMs }) => ms(loopDelayMaxMs),
        by: ({ loopDelayMaxMs }) => loopDelayMaxMs,
      },
      {
        title: 'heap peak',
        cell: ({ heapPeakBytes }) => bytes(heapPeakBytes),
        by: ({ heapPeakBytes }) => heapPeakBytes,
      },
      { title: 'rss peak', cell: ({ rssPeakBytes }) => bytes(rssPeakBytes), by: ({ rssPeakBytes }) => rssPeakBytes },
      { title: 'boot', note: 'from spawn to ready', cell: ({ bootMs }) => ms(bootMs), by: ({ bootMs }) => bootMs },
      { title: 'restarts', cell: (worker) => count(restarts(worker)), by: restarts },
      { title: 'end', cell: ({ exited, why }) => (exited ? name(why === '' ? 'ended' : why) : 'up') },
    ],
    rows,
    'No worker was up.',
  );
}

function deaths({ report }: PoolData): HTMLElement {
  return table(
    [
      { title: 'worker', cell: ({ workerId }) => `w${workerId}`, by: ({ workerId }) => workerId },
      { title: 'at', cell: ({ atMs }) => ms(atMs), by: ({ atMs }) => atMs },
      { title: 'why', cell: ({ why }) => name(why) },
      { title: 'in section', cell: ({ section }) => (section === '' ? '–' : name(section)) },
      {
        title: 'lost',
        note: 'execution that had to be done again',
        cell: ({ lostMs }) => ms(lostMs),
        by: ({ lostMs }) => lostMs,
      },
    ],
    report.deaths,
    'No worker died.',
  );
}

function sizes({ report }: PoolData): HTMLElement {
  return table(
    [
      { title: 'at', cell: ({ atMs }) => ms(atMs), by: ({ atMs }) => atMs },
      { title: 'from', cell: ({ from }) => count(from), by: ({ from }) => from },
      { title: 'to', cell: ({ to }) => count(to), by: ({ to }) => to },
      { title: 'reason', cell: ({ reason }) => name(reason) },
    ],
    report.sizing,
    'The size did not change.',
  );
}
