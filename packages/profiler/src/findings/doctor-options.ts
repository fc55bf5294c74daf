import { isRecord } from '@millpond/core/internal';
import { checkKeys, refuse, show } from '../options.js';
import type { Overrides } from './overrides.js';

/** A change to try. */
export interface DoctorCandidate {
  /** What stands in the answer. @defaultValue the overrides as text */
  name?: string;
  /** At least one option. */
  overrides: Overrides;
}

export interface DoctorOptions {
  /** Pairs of runs, with and without the change. An integer of at least 1; 5 or more tell chance from effect. @defaultValue 5 */
  pairs?: number;
  /** Longest time of one run, ms, above 0. Beyond it `doctor` rejects. @defaultValue 600_000 */
  timeoutMs?: number;
}

const PAIRS = 5;
const TIMEOUT_MS = 600_000;
/** The longest time of a timer of Node. */
const MOST_TIMEOUT_MS = 2 ** 31 - 1;

/** @throws ERR_OPTION when a key or a value is wrong */
export function resolveDoctorOptions(options: DoctorOptions | undefined): Required<DoctorOptions> {
  const { pairs = PAIRS, timeoutMs = TIMEOUT_MS } = checkKeys(options, ['pairs', 'timeoutMs']);
  if (!Number.isInteger(pairs) || pairs < 1)
    refuse('pairs', `must be an integer of at least 1; received ${show(pairs)}.`);
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= MOST_TIMEOUT_MS))
    refuse('timeoutMs', `must be a number above 0, at most ${MOST_TIMEOUT_MS}; received ${show(timeoutMs)}.`);
  return { pairs, timeoutMs };
}

/** @throws ERR_OPTION for a candidate that changes nothing, and for what is none */
export function checkCandidates(candidates: readonly DoctorCandidate[]): void {
  if (!Array.isArray(candidates))
    refuse(
      'candidates',
      `must be a list of changes, as [{ overrides: { workers: 4 } }]; received ${show(candidates)}.`,
    );
  for (const [i, candidate] of (candidates as readonly DoctorCandidate[]).entries()) {
    const option = `candidates[${i}]`;
    if (!isRecord(candidate))
      refuse(option, `must be an object, as { overrides: { workers: 4 } }; received ${show(candidate)}.`);
    const { name, overrides } = candidate as Partial<DoctorCandidate>;
    if (!isRecord(overrides) || Object.values(overrides).every((value) => value === undefined)) {
      const reason = `must be an object with at least one option of a pool; received ${show(overrides)}.`;
      refuse(`${option}.overrides`, reason);
    }
    checkKeys(candidate as DoctorCandidate, ['name', 'overrides']);
    if (name !== undefined && typeof name !== 'string')
      refuse(`${option}.name`, `must be a string; received ${show(name)}.`);
  }
}
