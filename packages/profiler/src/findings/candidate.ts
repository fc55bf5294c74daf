import type { Advice, Evidence, Finding, RuleId } from '../model/finding.js';
import type { WhatIf } from '../replay/what-if.js';

/**
 * Order of causes: a cause explains what comes after it. A slow start makes a queue, but a queue makes no slow start. Numbers leave
 * room between the steps.
 */
export const STEP = {
  purpose: 0, // a limit that the program has set
  start: 1,
  waste: 2, // work that need not be done at all
  collector: 3,
  resource: 4, // what handlers wait for
  execution: 5,
  worker: 6, // a worker's event loop, or one bad worker
  bytes: 7,
  parent: 8,
  feeding: 9, // how tasks come, and to which worker
  queue: 10,
} as const;

/** What a rule has found, before it is known what it is worth. */
export interface Candidate {
  id: RuleId;
  title: string;
  /** Cause and numbers, one or two sentences. */
  text: string;
  /** 'cause' if a replay without it may show a saving. 'risk' if it will end badly. 'note' if it is worth a line only. */
  role: Finding['kind'];
  scope: Finding['scope'];
  evidence: Evidence[];
  advice: Advice[];
  explains: RuleId[];
  step: number;
  /** The run without the cause; null if a replay cannot tell. */
  without: WhatIf | null;
  /** How directly it was measured. */
  confidence: Finding['confidence'];
  failsInMs?: number | null;
  /** Findings that make no sense beside it. */
  suppresses?: RuleId[];
}

type Draft = Pick<Candidate, 'id' | 'title' | 'text' | 'evidence' | 'advice' | 'step'> & Partial<Candidate>;

/** A month: no run goes on as it was for longer. */
const MOST_AHEAD_MS = 30 * 24 * 3_600_000;

export function cause(draft: Draft & Pick<Candidate, 'without'>): Candidate {
  return { role: 'cause', scope: {}, explains: [], confidence: 'high', ...draft };
}

export function note(draft: Draft): Candidate {
  return { role: 'note', scope: {}, explains: [], confidence: 'medium', without: null, ...draft };
}

export function risk(draft: Draft & { failsInMs: number | null }): Candidate {
  const { failsInMs } = draft;
  const known = failsInMs === null || failsInMs > MOST_AHEAD_MS ? null : failsInMs;
  return { role: 'risk', scope: {}, explains: [], confidence: 'medium', without: null, ...draft, failsInMs: known };
}

export function evidence(
  metric: string,
  value: number,
  unit: Evidence['unit'],
  threshold: number | null,
  source: string,
): Evidence {
  return { metric, value, unit, threshold, source };
}
