// Says in a few words what an outcome means. All of it is taken from the outcome.
import { FAULTS, INNOCENTS } from './faults.mjs';

/** The guilty task settled as expected, the others and a later task are right, and the pool closed. */
export const FINE = '✓';
const NOT_ASKED = '—';
/** Loads of a broken module for four calls; a pool that restarts without end has dozens within the time limit. */
const MANY_LOADS = 20;

/** @param outcome of observe(), or of a contestant without the feature */
export function verdict(faultId, outcome) {
  if (outcome.noSuchOption) return ['process', 'worker'].includes(outcome.noSuchOption) ? NOT_ASKED : 'no such option';
  const fault = FAULTS[faultId];
  const failed = !fault.isBroken && !outcome.first.some(({ isRight }) => isRight);
  if (failed) return 'did not start';
  const words = fault.isKilled ? orphans(outcome) : fault.isLeft ? whetherItExits(outcome) : settlement(fault, outcome);
  const counts = outcome.crashes > 0 ? [`${outcome.crashes} ${outcome.crashes === 1 ? 'crash' : 'crashes'}`] : [];
  if (fault.countsDeaths) counts.push(deaths(fault, outcome));
  return [...(words.length > 0 ? words : [FINE]), ...counts].join('; ');
}

/** Workers that were started and are gone; all that are left have run a task in the end. */
function deaths({ workers }, { loads, met }) {
  const number = loads - (met > 0 ? met : workers);
  return number === 1 ? '1 worker died' : `${number} workers died`;
}

function orphans({ wasKilled, left }) {
  if (!wasKilled) return ['did not start'];
  return left > 0 ? [`${left} left running`] : [];
}

function whetherItExits({ end, wasLeft }) {
  if (!wasLeft) return ['did not settle'];
  return [end === 0 ? 'exits' : end === 'time limit' ? 'stays alive' : `ends with ${end}`];
}

function settlement(fault, outcome) {
  if (!outcome.closed && outcome.end !== 'time limit') return [`program dies (${outcome.end})`];
  return [...ofGuilty(fault, outcome), ...ofInnocent(fault, outcome), ...ofLater(fault, outcome), ...ofClose(outcome)];
}

function ofGuilty(fault, { guilty, ran, loads }) {
  const words = [];
  const calls = fault.guilty ?? 1;
  if (guilty.length < calls) words.push(calls > 1 ? `${calls - guilty.length} of ${calls} hang` : 'hangs');
  else if (guilty.some(({ isLate }) => isLate)) words.push('hangs until the next call');
  const isExpected = ({ how }) =>
    !('expects' in fault) ? how === 'rejected' : [undefined, how].includes(fault.expects);
  const other = guilty.find((settled) => !isExpected(settled) || settled.isRight === false);
  if (other) words.push(other.how === 'resolved' ? (fault.resolving ?? `resolves with ${other.value}`) : 'rejects');
  if (ran && other?.how !== 'resolved') words.push('runs all the same');
  if (loads > MANY_LOADS) words.push('restarts without end');
  return words;
}

function ofInnocent(fault, { innocent, twice, unbegun, returned }) {
  const all = fault.isBroken ? 0 : (fault.innocents ?? INNOCENTS);
  const count = (is) => innocent.filter(is).length;
  const details = [
    [unbegun, 'had not begun'],
    [returned, 'had returned'],
  ].flatMap(([number, what]) => (number > 0 ? [`${number} ${what}`] : []));
  return [
    [twice, 'run twice'],
    [count(({ how }) => how === 'rejected'), details.length > 0 ? `fail (${details.join(', ')})` : 'fail'],
    [count(({ isRight }) => isRight === false), fault.wrong ?? 'wrong'],
    [count(({ isLate }) => isLate), 'hang until the next call'],
    [all - innocent.length, 'hang'],
  ].flatMap(([number, what]) => (number > 0 ? [`${number} of ${all} others ${what}`] : []));
}

function ofLater(fault, { later, met }) {
  if (fault.isBroken) return [];
  if (later.length === 0 || later[0].how === 'rejected') return ['pool dead'];
  if (!later[0].isRight) return ['later task wrong'];
  return fault.countsWorkers && met < fault.workers ? ['1 worker lost'] : [];
}

function ofClose({ triedClose, closed }) {
  return triedClose && !closed ? ['close hangs'] : [];
}
