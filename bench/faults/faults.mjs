// The faults, and what should come of each.
import { readdirSync, watch } from 'node:fs';
import { FAULTS_OF_OTHERS } from './innocents.mjs';

/** Number of innocent tasks, unless a fault says otherwise. */
export const INNOCENTS = 6;
const MANY = 100;
/** Calls of a broken module before the later task. */
const MODULE_CALLS = 3;
const LIMIT_MS = 300;

/**
 * By id. `play({ submit, folder, log })` submits the tasks in the probe, and returns a promise of each settlement. Other fields
 * are left out where they have their default (in brackets):
 *
 * - `workers` of the pool (1), `innocents` (6) and `guilty` tasks (1)
 * - `needs`: a feature of the contestant (none)
 * - `expects`: how the guilty task settles ('rejected'); undefined: either way, as a retry may mend it
 * - `resolving`: its name when it resolves instead
 * - `heapMb` and `isBroken`: how the pool is started
 * - `asItComes`: the pool keeps its own default for retries
 * - `countsWorkers`: whether all workers are still there; `isKilled` and `isLeft`: how the program ends
 */
export const FAULTS = {
  none: { title: 'no fault (control)', expects: 'resolved', play: crowd('double', 1) },
  'exit-3': { title: '`process.exit(3)` in a task', play: crowd('exit', 3) },
  'exit-3-of-two': { title: 'the same, 2 workers', workers: 2, countsWorkers: true, play: crowd('exit', 3) },
  'exit-0': { title: '`process.exit(0)` in a task', play: crowd('exit', 0) },
  'late-throw': {
    title: 'exception from a timer, after the result',
    expects: 'resolved',
    play: crowd('throwLater', 1),
  },
  'late-rejection': {
    title: 'unhandled rejection, after the result',
    expects: 'resolved',
    play: crowd('rejectLater', 1),
  },
  loop: {
    title: `endless loop, limit ${LIMIT_MS} ms`,
    needs: 'runLimit',
    play: crowd('loop', undefined, { limitMs: LIMIT_MS }),
  },
  'abort-before': {
    title: 'signal aborted before the call',
    resolving: 'runs all the same',
    needs: 'signal',
    play: abortBefore,
  },
  'abort-queued': { title: 'cancelled while it waits', needs: 'cancel', innocents: INNOCENTS + 1, play: abortQueued },
  'throw-null': { title: '`throw null`', play: crowd('throwNull') },
  'throw-custom': { title: 'own error class, `code`, `cause`, property', play: crowd('throwCustom') },
  'out-of-memory': { title: 'heap of 32 MB is full', heapMb: 32, play: crowd('eatHeap') },
  sigkill: { title: 'worker killed from outside', needs: 'process', expects: undefined, play: killFromOutside },
  'broken-module': { title: 'module throws at load', isBroken: true, guilty: MODULE_CALLS + 1, play: callSome },
  poison: { title: `poison task among ${MANY}, 2 workers`, workers: 2, innocents: MANY, play: poisonHundred },
  'poison-as-it-comes': {
    title: 'the same, retries as they come',
    workers: 2,
    innocents: MANY,
    asItComes: true,
    play: poisonHundred,
  },
  'input-function': {
    title: 'function in the input',
    resolving: 'drops it in silence',
    play: crowd('typeOfCall', { call() {} }),
  },
  'result-function': {
    title: 'function in the result',
    resolving: 'drops it in silence',
    play: crowd('returnFunction'),
  },
  'parent-killed': { title: 'program killed, worker in endless loop', isKilled: true, play: loopUntilKilled },
  'never-closed': { title: 'pool idle and never closed', isLeft: true, expects: 'resolved', play: crowd('double', 1) },
  ...FAULTS_OF_OTHERS,
};

/** One innocent task before the guilty one, the others behind it. */
function crowd(name, input, options) {
  return ({ submit }) => among(submit, INNOCENTS, () => submit('guilty', name, input, options));
}

/** @returns the settlement of each task */
function among(submit, innocents, submitGuilty) {
  const innocent = (value) => submit('innocent', 'double', value);
  const settled = [innocent(1)];
  settled.push(submitGuilty());
  for (let value = 2; value <= innocents; value++) settled.push(innocent(value));
  return settled;
}

function abortBefore({ submit, folder }) {
  return among(submit, INNOCENTS, () => submit('guilty', 'mark', folder, { signal: AbortSignal.abort() }));
}

/** The only worker is busy for half a second. The task behind is cancelled as soon as that is known. */
function abortQueued({ submit, folder }) {
  const controller = new AbortController();
  const isOccupied = fileAppears(folder, 'occupied');
  const settled = [submit('innocent', 'occupy', folder)];
  settled.push(...among(submit, INNOCENTS, () => submit('guilty', 'mark', folder, { signal: controller.signal })));
  settled.push(isOccupied.then(() => controller.abort()));
  return settled;
}

function killFromOutside({ submit, folder }) {
  const isRunning = fileAppears(folder, 'victim-');
  const settled = among(submit, INNOCENTS, () => submit('guilty', 'awaitKill', folder));
  settled.push(isRunning.then((file) => process.kill(Number(file.slice('victim-'.length)), 'SIGKILL')));
  return settled;
}

/** A broken module has no innocent tasks. */
function callSome({ submit }) {
  return Array.from({ length: MODULE_CALLS }, (_, value) => submit('guilty', 'double', value));
}

function poisonHundred({ submit, folder }) {
  return among(submit, MANY, () => submit('guilty', 'poison', folder));
}

function loopUntilKilled({ submit, folder, log }) {
  fileAppears(folder, 'looping').then(() => log({ event: 'looping' }));
  return [submit('guilty', 'loopMarked', folder)];
}

/** @returns the name of the first file with this prefix */
function fileAppears(folder, beginning) {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      const file = readdirSync(folder).find((name) => name.startsWith(beginning));
      if (file === undefined) return;
      watcher.close();
      resolve(file);
    });
  });
}
