import { SEGMENT_IDS } from '../../../model/segments.js';
import { shortName } from '../../shared/names.js';
import { type El, h } from '../../shared/node.js';
import { bytes, count, ms } from '../../shared/numbers.js';
import { OUTCOMES } from '../../shared/span-table.js';
import { SEGMENT_WORDS } from '../../shared/words.js';
import type { PoolData } from '../page.js';

/** One try in a few lines: name, worker, outcome, and its segments. */
export function spanCard(pool: PoolData, span: number): El {
  const table = pool.table;
  if (table === null) return h('div');
  const at = (stamp: number) => table.t[stamp]?.[span] ?? NaN;
  const outcome = OUTCOMES[table.outcome[span] ?? 0] ?? 'ok';
  const segments = SEGMENT_IDS.map((id, i) => ({ id, length: at(i + 1) - at(i) })).filter(({ length }) => length > 0);
  return h(
    'div',
    {},
    h(
      'p',
      {},
      h('b', { dir: 'auto' }, shortName(pool.tasks[pool.taskOf(span)] ?? '')),
      ` task ${count(table.taskId[span] ?? 0)}`,
      (table.attempt[span] ?? 1) > 1 ? `, try ${table.attempt[span] ?? 1}` : '',
      outcome === 'ok' ? '' : h('b', { class: 'bad' }, ` ${outcome}`),
    ),
    h('p', {}, `worker ${table.workerId[span] ?? 0} · submitted at ${ms(at(0))} · latency ${ms(at(9) - at(0))}`),
    h(
      'table',
      {},
      segments.map(({ id, length }) =>
        h('tr', {}, h('td', {}, SEGMENT_WORDS[id].name), h('td', { class: 'n' }, ms(length))),
      ),
    ),
    h(
      'p',
      {},
      `${bytes(table.inputBytes[span] ?? 0)} in, ${bytes(table.outputBytes[span] ?? 0)} out`,
      (table.weight[span] ?? 1) > 1 ? ` · stands for ${Math.round(table.weight[span] ?? 1)} tries` : '',
    ),
  );
}
