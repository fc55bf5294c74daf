import { verdictCard } from '../../shared/verdict-view.js';
import { fill } from '../dom.js';
import type { View } from '../page.js';

export const verdict: View = {
  id: 'verdict',
  title: 'Verdict',
  why: [
    'The verdict is the finding with the largest predicted saving that passes the gate of materiality; a risk comes first if it would fail soon.',
    'saving = wall time of the run − wall time of its replay without the cause. The interval comes from blocks of tasks drawn again and again.',
    'throughput = settled tasks ÷ time from the first submit to the last settled promise. utilization = time with a handler running ÷ time that workers were up.',
  ],
  mount(host, page) {
    return { draw: () => fill(host, verdictCard(page.data.report, page.pool?.report)) };
  },
};
