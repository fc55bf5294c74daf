import type { RuleId } from '../../../src/model/finding.js';
import { PLANTS, trial } from './trials.js';

/** Verdicts of a number of random pools of each plant, in the order of their seeds, as a file keeps them. */
export interface Outcomes {
  firstSeed: number;
  /** By planted rule: the rule of each verdict. */
  verdicts: Record<string, string[]>;
  /** By planted rule: predicted and true saving in thousandths; null where there is none to compare. */
  savings: Record<string, ([predicted: number, real: number] | null)[]>;
}

/** Seeds of the published matrix. Rules were written and tuned with others, all below this. */
export const PUBLISHED_SEED = 7_000_000;

/** Deviation of a predicted saving from the true one, as a part of the true one. */
const CLOSE = 0.1;

export function runOutcomes(trialsOf: (rule: RuleId) => number, firstSeed = PUBLISHED_SEED): Outcomes {
  const outcomes: Outcomes = { firstSeed, verdicts: {}, savings: {} };
  for (const rule of Object.keys(PLANTS) as RuleId[]) {
    const trials = Array.from({ length: trialsOf(rule) }, (_, k) => trial(rule, firstSeed + k));
    outcomes.verdicts[rule] = trials.map(({ judged: { verdict } }) => verdict.id ?? verdict.kind);
    outcomes.savings[rule] = trials.map(({ judged, finding, trueShare }) =>
      judged.verdict.id !== rule || trueShare === null || !finding?.saving
        ? null
        : [Math.round(finding.saving.share * 1000), Math.round(trueShare * 1000)],
    );
  }
  return outcomes;
}

/** The three figures that verdicts are held to. */
export function figuresOf({ verdicts, savings }: Outcomes): { top1: number; savings: number; falseAlarms: number } {
  let [right, all] = [0, 0];
  for (const [planted, ids] of Object.entries(verdicts)) {
    if (planted === 'R29') continue;
    right += ids.filter((id) => id === planted).length;
    all += ids.length;
  }
  const compared = Object.values(savings).flatMap((each) => each.filter((pair) => pair !== null));
  const healthy = verdicts['R29'] ?? [];
  return {
    top1: right / Math.max(1, all),
    savings: compared.filter(isClose).length / Math.max(1, compared.length),
    falseAlarms: healthy.filter((id) => id !== 'R29').length / Math.max(1, healthy.length),
  };
}

function isClose([predicted, real]: [number, number]): boolean {
  // One thousandth of rounding on both sides.
  return Math.abs(predicted - real) <= CLOSE * Math.abs(real) + 1;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** Names of the plants, as the page has them. */
const CAUSES: Record<string, string> = {
  ...{
    R01: 'too few workers',
    R02: 'too many workers for the cores',
    R03: 'writing and reading values',
    R04: 'long way',
  },
  ...{ R05: 'main thread blocked', R06: 'too few calls at a time', R07: 'tasks too small', R08: 'straggler' },
  ...{ R09: 'slow worker', R10: 'tasks bound to workers', R11: 'hot section', R12: 'garbage collection' },
  ...{ R13: 'memory grows', R14: 'a task blocks its neighbours', R15: 'handlers wait and hold places' },
  ...{ R16: 'handlers block', R17: 'cold starts', R18: 'workers die', R19: 'wasted work', R20: 'no cache' },
  ...{ R21: 'queue without end', R23: 'short tasks behind long ones', R24: 'groups wait for the slowest' },
  ...{
    R25: 'workers come late',
    R26: 'tasks slow each other down',
    R28: 'too short to tell',
    R29: 'nothing (healthy)',
  },
  ...{ R30: 'waiting for a resource', R31: 'resource held idle', R32: 'connections made again' },
  ...{ R33: 'statements prepared again', R34: 'batches too small, or too late', R35: 'cached, and never hit' },
  ...{ R36: 'limited on purpose', R37: 'retry storm' },
};

/** The matrix as Markdown. */
export function tableOf(outcomes: Outcomes): string {
  const figures = figuresOf(outcomes);
  const pools = Object.values(outcomes.verdicts).reduce((sum, ids) => sum + ids.length, 0);
  const lines = [
    `${pools.toLocaleString('en')} random pools:`,
    '',
    `- **${percent(figures.top1)}** of the pools with a planted cause got a verdict that names it; the goal is 95 %.`,
    `- **${percent(figures.savings)}** of the predicted savings are within a tenth of the true one; the goal is 90 %.`,
    `- **${percent(figures.falseAlarms)}** of the healthy pools got another verdict; the goal is 2 % at most.`,
    '',
    '| planted | cause | pools | named first | saving within 10 % | other verdicts |',
    '| --- | --- | --: | --: | --: | --- |',
  ];
  for (const [planted, ids] of Object.entries(outcomes.verdicts)) {
    const counts = new Map<string, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    const others = [...counts].filter(([id]) => id !== planted).sort(([, a], [, b]) => b - a);
    const compared = (outcomes.savings[planted] ?? []).filter((pair) => pair !== null);
    const close = compared.length === 0 ? '–' : percent(compared.filter(isClose).length / compared.length);
    const rest = others.length === 0 ? '–' : others.map(([id, count]) => `${id}: ${count}`).join(', ');
    lines.push(
      `| ${planted} | ${CAUSES[planted] ?? ''} | ${ids.length} | ${percent((counts.get(planted) ?? 0) / ids.length)} | ${close} | ${rest} |`,
    );
  }
  return lines.join('\n');
}
