import type { TraceOutcome } from '@millpond/core';
import { formatCount } from '@millpond/core/internal';

const OUTCOME_NAMES: Record<TraceOutcome, string> = {
  ok: 'ok',
  error: 'failed',
  cancelled: 'cancelled',
  timeout: 'timed out',
  crash: 'crashed',
};

/** How tries ended, as "398 ok, 2 failed". Counts of 0 are left out, except for ok. */
export function formatOutcomes(outcomes: Record<TraceOutcome, number>): string {
  return (Object.keys(OUTCOME_NAMES) as TraceOutcome[])
    .filter((outcome) => outcome === 'ok' || outcomes[outcome] > 0)
    .map((outcome) => `${formatCount(outcomes[outcome])} ${OUTCOME_NAMES[outcome]}`)
    .join(', ');
}
