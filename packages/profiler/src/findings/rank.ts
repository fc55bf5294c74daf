import type { Finding } from '../model/finding.js';
import type { Calibrated } from '../replay/calibrate.js';
import type { Goal } from '../replay/play.js';
import { both } from '../replay/what-if.js';
import type { Candidate } from './candidate.js';
import { isMaterial, savingOf, shareWithout } from './saving.js';

/** Most causes whose effects on each other are replayed. */
const MOST_PAIRED = 6;
/** Part of a saving that must go with an earlier cause for a later one to be its symptom. */
const GOES_WITH = 0.7;
/** From this error of a replay on, findings are less certain. */
const OFF = 0.1;

interface Weighed {
  candidate: Candidate;
  share: number;
}

/** Share of a saving from which on a note has it. Below, a replay is not that exact. */
const LEAST_SAID = 0.01;

/** Findings of one pool: causes first, by saving. */
export interface Ranked {
  findings: Finding[];
  notes: Finding[];
}

/** Weighs what the rules have found: each cause by a replay of the run without it. */
export function rank(candidates: readonly Candidate[], calibrated: Calibrated | null, goal: Goal): Ranked {
  const weighed = candidates.map((candidate) => ({ candidate, share: shareOf(candidate, calibrated, goal) }));
  const isDoubtful = candidates.some(({ id }) => id === 'R28');
  const material = weighed
    .filter(
      ({ candidate, share }) =>
        candidate.role === 'cause' && calibrated !== null && isMaterial(share, calibrated.record, goal),
    )
    .sort((a, b) => b.share - a.share || a.candidate.step - b.candidate.step);
  const symptoms = new Map<Candidate, Candidate>();
  const strong = [...material, ...weighed.filter(({ candidate }) => candidate.role === 'note')];
  for (const { candidate } of strong) {
    for (const id of candidate.suppresses ?? []) {
      for (const { candidate: other } of weighed)
        if (other.id === id && !symptoms.has(candidate)) symptoms.set(other, candidate);
    }
  }
  if (calibrated !== null) linkSymptoms(material, calibrated, goal, symptoms);
  const causes = material.filter(({ candidate }) => !symptoms.has(candidate));
  const toFinding = ({ candidate, share }: Weighed, kind: Finding['kind']): Finding => {
    const isWorth = kind === 'cause' || (kind === 'note' && share >= LEAST_SAID && !symptoms.has(candidate));
    const saving =
      !isWorth || candidate.without === null || calibrated === null
        ? null
        : savingOf(calibrated, candidate.without, goal, share);
    const explained = weighed
      .filter(
        ({ candidate: other }) =>
          symptoms.get(other) === candidate ||
          (kind === 'cause' &&
            other !== candidate &&
            candidate.explains.includes(other.id) &&
            !causes.some(({ candidate: each }) => each === other)),
      )
      .map(({ candidate: other }) => other.id);
    return {
      ...{
        id: candidate.id,
        title: candidate.title,
        text: candidate.text + goalText(goal, saving),
        kind,
        scope: candidate.scope,
      },
      saving,
      failsInMs: candidate.failsInMs ?? null,
      confidence: confidenceOf(candidate, calibrated, isDoubtful, saving),
      ...{ evidence: candidate.evidence, advice: newAdvice(candidate.advice), explains: [...new Set(explained)] },
    };
  };
  const risks = weighed.filter(({ candidate }) => candidate.role === 'risk');
  const rest = weighed.filter((each) => !causes.includes(each) && !risks.includes(each));
  return {
    findings: [
      ...risks
        .map((each) => toFinding(each, 'risk'))
        .sort((a, b) => (a.failsInMs ?? Infinity) - (b.failsInMs ?? Infinity)),
      ...causes.map((each) => toFinding(each, 'cause')),
    ],
    notes: rest.map((each) => toFinding(each, 'note')),
  };
}

/** What the program has set already is no advice. */
function newAdvice(advice: Candidate['advice']): Candidate['advice'] {
  return advice.filter(({ option, value, now }) => option === undefined || value === undefined || value !== now);
}

/** Where calls come by themselves, the run cannot become shorter: then the saving is that of a call. */
function goalText(goal: Goal, saving: Finding['saving']): string {
  return goal === 'latency' && saving !== null ? ' The saving is in the mean latency of a call.' : '';
}

function shareOf({ role, without }: Candidate, calibrated: Calibrated | null, goal: Goal): number {
  return role !== 'cause' || without === null || calibrated === null ? 0 : shareWithout(calibrated, without, goal);
}

/** Makes a later cause the symptom of an earlier one that takes most of its saving along. */
function linkSymptoms(
  material: readonly Weighed[],
  calibrated: Calibrated,
  goal: Goal,
  symptoms: Map<Candidate, Candidate>,
): void {
  const top = material.filter(({ candidate }) => !symptoms.has(candidate)).slice(0, MOST_PAIRED);
  const byStep = [...top].sort((a, b) => a.candidate.step - b.candidate.step);
  for (const [i, early] of byStep.entries()) {
    if (symptoms.has(early.candidate)) continue;
    for (const late of byStep.slice(i + 1)) {
      const [first, second] = [early.candidate.without, late.candidate.without];
      if (symptoms.has(late.candidate) || first === null || second === null) continue;
      if (early.candidate.step === late.candidate.step || early.share < GOES_WITH * late.share) continue;
      const together = shareWithout(calibrated, both(first, second), goal);
      if (together - early.share <= (1 - GOES_WITH) * late.share) symptoms.set(late.candidate, early.candidate);
    }
  }
}

const LEVELS = ['low', 'medium', 'high'] as const;

function confidenceOf(
  { confidence, role }: Candidate,
  calibrated: Calibrated | null,
  isDoubtful: boolean,
  saving: Finding['saving'],
): Finding['confidence'] {
  let level = LEVELS.indexOf(confidence);
  if (role === 'cause' && calibrated !== null) {
    if (calibrated.lengthError > OFF || calibrated.latencyError > 2 * OFF) level--;
    if (calibrated.record.source !== 'spans') level = Math.min(level, 1);
  }
  if (isDoubtful && role !== 'note') level = Math.min(level, 1);
  // It may save nothing at all.
  if (role === 'cause' && saving !== null && saving.ciMs[0] <= 0) level = 0;
  return LEVELS[Math.max(0, level)] ?? 'low';
}
