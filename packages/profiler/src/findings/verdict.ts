import type { Finding, Verdict } from '../model/finding.js';
import type { PoolReport } from '../model/pool-report.js';
import type { Measured } from '../replay/record-of.js';
import { evidence } from './candidate.js';
import { type HeldByProgram, heldByProgram } from './held-by-program.js';
import { isOfTurns } from './rules/one-at-a-time.js';
import { hanging, HANGING_STEP, LEAST_TRIES, standstillMs } from './rules/quality.js';
import { LEAST_SHARE } from './saving.js';
import { largestOf, share, sumOf, viewOf } from './view.js';
import { duration, named, percent } from './words.js';

const NOTHING = 'Nothing is worth changing.';
const MEASURED_NOTHING: Verdict = {
  kind: 'nothing',
  sentence: 'Nothing was measured: the level of the profiler is "off".',
  step: 'Set the level to "stats", "trace" or "cpu": new Profiler({ level: "stats" }).',
  id: null,
};

/** A risk within ten times the length of the run comes before any cause. */
export function isSoon(measured: Measured, { failsInMs }: Finding): boolean {
  return failsInMs !== null && failsInMs < 10 * measured.run.wallMs;
}

/** The first thing to know, and the step to take. */
export function verdictOf(measured: Measured, findings: readonly Finding[], notes: readonly Finding[]): Verdict {
  if (measured.run.level === 'off') return MEASURED_NOTHING;
  const tries = sumOf(measured.pools, (pool) => pool.tries);
  const stuck = measured.pools.find(({ atEnd }) => atEnd.dispatched + atEnd.queued > 0);
  if (tries === 0 && stuck !== undefined) {
    return {
      kind: 'unknown',
      sentence: `No task of ${named(stuck.name)} has come back: ${hanging(stuck.atEnd)}.`,
      step: HANGING_STEP,
      id: null,
    };
  }
  const risk = findings.find((finding) => finding.kind === 'risk' && isSoon(measured, finding));
  if (risk !== undefined) return told('risk', risk);
  if (measured.pools.length === 0 || tries === 0) {
    return {
      kind: 'nothing',
      sentence: 'No pool ran a task while the profiler was attached.',
      step: 'Attach the profiler before the first task, and run some.',
      id: null,
    };
  }
  const doubt = notes.find(({ id }) => id === 'R28');
  const cause = findings.find(({ kind }) => kind === 'cause');
  // A run that mostly waited for a task that hangs has no other cause.
  const hangs = measured.pools.some((pool) => standstillMs(pool) >= 0.5 * pool.wallMs);
  if (doubt !== undefined && (cause === undefined || tries < LEAST_TRIES || hangs)) return told('unknown', doubt);
  const pool = largestOf(measured.pools, ({ activeMs }) => activeMs);
  const held = pool === undefined ? undefined : heldByProgram(viewOf(measured, pool, null, 'makespan'));
  // Where a loop of the program is the limit, what saves time of calls saves none of the run.
  const savesNone = findings.every(({ saving }) => saving === null || saving.of === 'call');
  if (held?.isLoop === true && savesNone) return healthyButHeld(held);
  if (cause !== undefined) return told('bottleneck', cause);
  // What is outside of the pool saves nothing in a replay of the pool.
  const outside = notes.find(isOfTurns);
  if (outside !== undefined) return told('bottleneck', outside);
  const later = findings.find(({ kind }) => kind === 'risk');
  if (later !== undefined) return told('risk', later);
  if (held !== undefined) return healthyButHeld(held);
  return healthy(measured, notes);
}

function told(kind: Verdict['kind'], finding: Finding): Verdict {
  const [advice] = finding.advice;
  const option = advice?.option;
  const isTheirs = advice?.isSet === true ? ` The program has set ${option ?? 'it'} itself.` : '';
  const at = advice?.at === undefined ? '' : ` It is at ${advice.at.file}:${advice.at.line}.`;
  return {
    kind,
    sentence: `${finding.title}: ${finding.text}${savingText(finding)}`,
    step: `${advice?.text ?? 'Measure again, at a higher level.'}${at}${isTheirs}`,
    id: finding.id,
  };
}

function savingText({ saving, kind, failsInMs }: Finding): string {
  if (kind === 'risk' || saving === null)
    return failsInMs === null || failsInMs === 0 ? '' : ` It fails in about ${duration(failsInMs)}.`;
  return ` Without it, ${duration(saving.ms)} (${percent(saving.share)}) would be saved.`;
}

/** The verdict where workers of the largest pool wait for the program. */
function healthyButHeld({ sentence, step }: HeldByProgram): Verdict {
  return {
    kind: 'healthy',
    sentence: `Healthy: ${sentence}.`,
    step: `Nothing in the pool is worth changing. ${step}`,
    id: 'R29',
  };
}

function healthy(measured: Measured, notes: readonly Finding[]): Verdict {
  const pool = largestOf(measured.pools, ({ activeMs }) => activeMs);
  const state = pool === undefined ? '' : stateOf(measured, pool);
  const short = largestOf(
    notes.filter(({ saving }) => saving !== null && saving.share >= LEAST_SHARE),
    ({ saving }) => saving?.share ?? 0,
  );
  if (short?.saving) {
    const { ms, share: part, of } = short.saving;
    const what = of === 'call' ? 'a call' : 'the run';
    return {
      kind: 'healthy',
      sentence: `Healthy: ${state}. What would save most is small: ${short.title}, ${duration(ms)} (${percent(part)}) of ${what}.`,
      step: `${NOTHING} If such a run comes often: ${short.advice[0]?.text ?? 'measure a longer one.'}`,
      id: 'R29',
    };
  }
  return {
    kind: 'healthy',
    sentence: `Healthy: ${state}, and no cause that the rules know would save 5 % of the time.`,
    step: `${NOTHING}${leverOf(pool)}`,
    id: 'R29',
  };
}

function stateOf(measured: Measured, pool: PoolReport): string {
  const { occupancy, executionMs, latencyMs, queueMs } = viewOf(measured, pool, null, 'makespan');
  const waited = share(queueMs, latencyMs);
  const own = share(executionMs, latencyMs - queueMs - pool.bootWaitMs);
  return occupancy >= 0.8
    ? `workers of ${named(pool.name)} are ${percent(occupancy)} occupied, and handlers have ${percent(own)} of the time of tasks outside of the queue`
    : `places in workers of ${named(pool.name)} are ${percent(occupancy)} occupied${waited < 0.3 ? ', and tasks find one free' : ''}`;
}

/** Files of the pool itself, in which nothing can be made faster by its users. */
const OWN_FILE = /@millpond[\\/]core[\\/]|\/(process|thread)-entry\.cjs$/;

/** V8's own entries stand in brackets; so does a function without a name. */
function isCode(functionName: string): boolean {
  return !functionName.startsWith('(') || functionName === '(anonymous)';
}

/** Where to look if it must be faster all the same. */
function leverOf(pool: PoolReport | undefined): string {
  const frame = pool?.cpu
    ?.find(({ workerId }) => workerId === null)
    ?.hot.find(({ file, functionName }) => isCode(functionName) && !file.startsWith('node:') && !OWN_FILE.test(file));
  const section = largestOf(pool?.sections ?? [], ({ selfMs }) => selfMs);
  if (frame !== undefined)
    return ` If it must be faster: ${frame.functionName || '(anonymous)'} (${frame.file === '' ? 'without a file' : `${frame.file}:${frame.line}`}) has ${percent(frame.share)} of the processor time.`;
  return section === undefined
    ? ''
    : ` If it must be faster: section ${named(section.path.join(' › '))} of ${named(section.task)} takes most time.`;
}

/** R29 as a finding: what the verdict "healthy" rests on. */
export function healthyNote(measured: Measured, pool: PoolReport): Finding {
  const view = viewOf(measured, pool, null, 'makespan');
  return {
    ...{
      id: 'R29',
      title: 'HEALTHY',
      text: `Nothing that the rules know would save much: ${stateOf(measured, pool)}.`,
      kind: 'note',
    },
    ...{
      scope: { pool: pool.name },
      saving: null,
      failsInMs: null,
      confidence: 'high',
      advice: [{ text: NOTHING }],
      explains: [],
    },
    evidence: [
      evidence('occupancy', view.occupancy, 'share', null, 'execution ÷ (time of workers × concurrency)'),
      evidence(
        'execution',
        share(view.executionMs, view.latencyMs - view.queueMs),
        'share',
        null,
        'execution ÷ (latency − queue wait)',
      ),
    ],
  };
}
