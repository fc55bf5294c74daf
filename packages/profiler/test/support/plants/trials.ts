import { judge, type Judgement } from '../../../src/findings/judge.js';
import type { Finding, RuleId } from '../../../src/model/finding.js';
import { goalOf, play } from '../../../src/replay/play.js';
import { Draw } from './draw.js';
import { healthyPools } from './healthy.js';
import { measuredOf } from './measured-of.js';
import type { Planter } from './plant.js';
import * as inside from './planters.js';
import * as outside from './planters-outside.js';
import { simulate } from './simulated.js';

/** The plants of each rule. R29 is a pool of which nothing is worth changing. */
export const PLANTS: Partial<Record<RuleId, readonly Planter[]>> = {
  R01: [inside.tooFew],
  R02: [inside.tooMany],
  R03: [inside.bigValues],
  R04: [inside.slowWay],
  R05: [inside.blockedMain],
  R06: [inside.unfed],
  R07: [inside.tiny],
  R08: [inside.lateLong],
  R09: [inside.sick],
  R10: [inside.keyed],
  R11: [inside.hot],
  R12: [inside.collecting],
  R13: [outside.leaking],
  R14: [inside.neighbour],
  R15: [inside.waiting, inside.waitingForNative],
  R16: [inside.blocking],
  R17: [inside.coldRecycle, inside.coldBegin],
  R18: [inside.dying],
  R19: [inside.failing],
  R20: [inside.repeated],
  R21: [outside.overloaded],
  R23: [inside.behindLong],
  R24: [inside.groups],
  R25: [inside.lateWorkers],
  R26: [inside.crowded],
  R28: [outside.tooShort],
  R29: healthyPools,
  R30: [outside.scarce],
  R31: [outside.heldIdle],
  R32: [outside.reconnects],
  R33: [outside.prepares],
  R34: [outside.lateBatches, outside.smallBatches],
  R35: [outside.neverHit],
  R36: [outside.limitedByRate],
  R37: [inside.storm],
};

export interface Trial {
  planted: RuleId;
  seed: number;
  judged: Judgement;
  /** The finding of the planted rule, wherever it stands. */
  finding: Finding | undefined;
  /** Part of the length or latency that the change really saves; null if there is none to try. */
  trueShare: number | null;
}

/** One random pool, judged, and its change tried. */
export function trial(planted: RuleId, seed: number): Trial {
  const planters = PLANTS[planted] ?? [];
  const planter = planters[seed % planters.length]!;
  const { record, facts, fixed } = planter(new Draw(seed * 7919 + Number(planted.slice(1))));
  const run = simulate(record);
  const measured = measuredOf(run);
  facts?.(measured, measured.pools[0]!, run);
  const judged = judge(measured);
  const finding = [...judged.findings, ...judged.notes].find(({ id }) => id === planted);
  let trueShare: number | null = null;
  if (finding !== undefined && fixed !== undefined) {
    const changed = fixed(finding);
    const recorded = {
      startMs: run.played.startMs,
      makespanMs: run.played.endMs - run.played.startMs,
      meanLatencyMs: run.played.latencyMs.reduce((sum, ms) => sum + ms, 0) / run.played.latencyMs.length,
    };
    const goal = goalOf({ ...record, recorded });
    if (changed !== null) {
      const after = play(changed);
      trueShare =
        goal === 'makespan'
          ? 1 - after.makespanMs / recorded.makespanMs
          : 1 - after.meanLatencyMs / recorded.meanLatencyMs;
    }
  }
  return { planted, seed, judged, finding, trueShare };
}
