import { SEGMENT_IDS, type SegmentId } from '../../model/segments.js';
import type { TaskReport } from '../../model/task-report.js';
import { round } from './capacity-view.js';
import { shortName } from './names.js';
import { type El, h } from './node.js';
import { ms } from './numbers.js';
import { SEGMENT_WORDS } from './words.js';

/** Three rows of a task name: mean, tries around the median, tries at and above the 99th percentile. */
function waterfallRows(
  task: TaskReport,
): { label: string; title: string; segments: Record<SegmentId, number>; total: number }[] {
  const mean = Object.fromEntries(SEGMENT_IDS.map((id) => [id, task.segments[id].meanMs])) as Record<SegmentId, number>;
  const rows = [
    { label: 'mean', title: 'mean of each segment over all tries', segments: mean },
    { label: 'median', title: 'means over tries around the median of latency', segments: task.bands.median },
    { label: 'p99', title: 'means over tries at and above the 99th percentile of latency', segments: task.bands.p99 },
  ];
  return rows.map((row) => ({
    ...row,
    total: SEGMENT_IDS.reduce((sum, id) => sum + Math.max(0, row.segments[id]), 0),
  }));
}

const ROW = 17;
const LEFT = 54;
const RIGHT = 76;

/** View 3 of one task name as a picture: where each of the three kinds of tries spends its latency. */
export function waterfall(task: TaskReport, width: number): El {
  const rows = waterfallRows(task);
  const longest = Math.max(...rows.map(({ total }) => total), 1e-9);
  const scale = (width - LEFT - RIGHT) / longest;
  const height = rows.length * (ROW + 3);
  return h(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      width: '100%',
      role: 'img',
      class: 'waterfall',
      'aria-label': `Latency of ${shortName(task.task)}`,
    },
    rows.flatMap(({ label, title, segments, total }, row) => {
      const y = row * (ROW + 3);
      let x = LEFT;
      const bars = SEGMENT_IDS.filter((id) => segments[id] > 0).map((id) => {
        const w = segments[id] * scale;
        const at = x;
        x += w;
        const { name, colour, means } = SEGMENT_WORDS[id];
        return h(
          'rect',
          { x: round(at), y, width: round(Math.max(0.3, w)), height: ROW, fill: `var(--c-${colour})` },
          h('title', {}, `${label} › ${name}: ${ms(segments[id])} – ${means}`),
        );
      });
      return [
        h('text', { x: LEFT - 8, y: y + 12.5, 'text-anchor': 'end', class: 'svg-label' }, label, h('title', {}, title)),
        ...bars,
        h('text', { x: round(x + 6), y: y + 12.5, class: 'svg-value' }, ms(total)),
      ];
    }),
  );
}

export const BAND_FORMULA = `latency = ${SEGMENT_IDS.map((id) => SEGMENT_WORDS[id].name).join(' + ')}, for each try. Sums and means add up. Percentiles do not, so the rows show the composition of tries in a band.`;
