// Faults seen from the side of innocent tasks. Each task notes its begin and its end in a file. The notes show which tasks ran
// twice, which were rejected without having begun, and which results were lost.

/** Enough for a pool that changes how it treats short tasks after thousands of them. */
const SHORT = 12_000;
const SLOW = 120;
const GUILTY_AFTER = 9000;
const MOST_MS = 20;
const BRIEF = 200;
const BRIEF_LIMIT_MS = 800;
const LOOP_LIMIT_MS = 1500;
const SHARING = 20;
const AROUND = 40;
/** More than a heap of 32 MB holds once they are decoded. */
const RECORDS = 700_000;
const HEAP_MB = 32;

/**
 * By id, as in faults.mjs, with four more fields:
 *
 * - `isNoted`: the innocent tasks leave notes
 * - `countsDeaths`: the outcome includes the number of workers that died
 * - `wrong`: the meaning of a wrong result of an innocent task
 * - `isInline`: pools without workers take part as well
 */
export const FAULTS_OF_OTHERS = {
  'run-twice-exit': {
    title: `\`process.exit(1)\` among ${SHORT} tasks of µs and some of ms, 2 workers`,
    workers: 2,
    innocents: SHORT + SLOW,
    asItComes: true,
    isNoted: true,
    play: amongMany('noteAndExit'),
  },
  'run-twice-kill': {
    title: 'the same, the task kills its process by SIGKILL',
    needs: 'process',
    workers: 2,
    innocents: SHORT + SLOW,
    asItComes: true,
    isNoted: true,
    play: amongMany('noteAndKill'),
  },
  'beside-loop': {
    title: `endless loop, limit ${LOOP_LIMIT_MS} ms, among ${BRIEF} tasks of µs, limit ${BRIEF_LIMIT_MS} ms, 2 workers`,
    needs: 'runLimit',
    workers: 2,
    innocents: BRIEF,
    asItComes: true,
    isNoted: true,
    play: besideLoop,
  },
  'input-changed': {
    title: 'input changed by its caller right after each call',
    innocents: SHARING,
    guilty: 0,
    isInline: true,
    wrong: 'see a later state',
    play: changeInput,
  },
  'input-shared': {
    title: 'one object given to tasks that change it',
    innocents: SHARING,
    guilty: 0,
    isInline: true,
    wrong: 'see the changes of another',
    play: shareInput,
  },
  'decode-death': {
    title: `input too large for the heap of ${HEAP_MB} MB, among ${AROUND} tasks, 2 workers`,
    workers: 2,
    innocents: AROUND,
    heapMb: HEAP_MB,
    asItComes: true,
    isNoted: true,
    countsWorkers: true,
    countsDeaths: true,
    play: killByInput,
  },
};

/** Short and slow tasks, among them the one that ends its worker. */
function amongMany(name) {
  return ({ submit }) => {
    const all = SHORT + SLOW;
    const settled = [];
    for (let id = 0; id < all; id++) {
      if (id === GUILTY_AFTER) settled.push(submit('guilty', name, {}));
      const isSlow = id % (all / SLOW) === 0;
      const slow = () => submit('innocent', 'noteSlowly', { id, ms: 1 + (id % MOST_MS) }, undefined, id);
      settled.push(isSlow ? slow() : note(submit, id));
    }
    return settled;
  };
}

function besideLoop({ submit }) {
  const settled = [];
  for (let id = 0; id < BRIEF; id++) {
    if (id === BRIEF / 2) settled.push(submit('guilty', 'loop', undefined, { limitMs: LOOP_LIMIT_MS }));
    settled.push(note(submit, id, { limitMs: BRIEF_LIMIT_MS }));
  }
  return settled;
}

/** One object, whose number goes up after each call. */
function changeInput({ submit }) {
  const input = { number: 0 };
  return Array.from({ length: SHARING }, (_, number) => {
    const settled = submit('innocent', 'numberOf', input, {}, number);
    input.number++;
    return settled;
  });
}

/** Each task adds one to a number that its caller never changes. */
function shareInput({ submit }) {
  const input = { number: 0 };
  return Array.from({ length: SHARING }, () => submit('innocent', 'addOne', input, {}, 1));
}

function killByInput({ submit }) {
  const records = Array.from({ length: RECORDS }, (_, id) => ({ id, name: `record ${id}` }));
  const settled = [];
  for (let id = 0; id < AROUND; id++) {
    if (id === AROUND / 2) settled.push(submit('guilty', 'countRecords', records));
    settled.push(note(submit, id));
  }
  return settled;
}

function note(submit, id, options) {
  return submit('innocent', 'note', { id }, options, id);
}
