import { beforeEach, describe, expect, it, vi } from 'vitest';
import { callOwner } from '../../src/child/section-owner.js';
import { isPoolError } from '../../src/contract/errors.js';
import { byPath, openRecorder, TASK, withManyNames } from './section-clock.js';

const clock = vi.hoisted(() => ({ nowMs: 1000 }));
vi.mock('../../src/base/clock.js', () => ({ hostNowMs: () => clock.nowMs }));

const OTHER_TASK = { task: 'task', id: 2 };
let { sections, noted } = openRecorder();

function spend(ms: number): void {
  clock.nowMs += ms;
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isPoolError(error, 'ERR_SECTION')) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

beforeEach(() => {
  ({ sections, noted } = openRecorder());
});

describe('a section begun by hand', () => {
  it('is timed until its end, which gives the time', () => {
    const parse = sections.open(TASK, 'parse');
    spend(7);
    expect(parse.end()).toBe(7);
    expect(byPath(sections.take(), 'count', 'totalMs', 'selfMs', 'squares', 'openMs', 'peak')).toEqual({
      parse: [1, 7, 7, 49, 7, 1],
    });
    expect(noted).toEqual(['parse', '']);
  });

  it('ends with its block', () => {
    {
      using _ = sections.open(TASK, 'parse');
      spend(2);
    }
    expect(byPath(sections.take(), 'count', 'totalMs')).toEqual({ parse: [1, 2] });
    expect(sections.takeMistakes()).toBeUndefined();
  });

  it('nests in those that are open, and in the function around it', () => {
    const load = sections.open(TASK, 'load');
    spend(1);
    sections.run(TASK, 'read', () => {
      const decode = sections.open(TASK, 'decode');
      spend(2);
      sections.run(TASK, 'sum', () => spend(3));
      decode.end();
      spend(4);
    });
    load.end();
    expect(byPath(sections.take(), 'totalMs', 'selfMs')).toEqual({
      load: [10, 1],
      'load/read': [9, 4],
      'load/read/decode': [5, 2],
      'load/read/decode/sum': [3, 3],
    });
  });

  it('says what is open when it is ended a second time', () => {
    const parse = sections.open(TASK, 'parse');
    parse.end();
    expect(refusal(() => parse.end())).toBe(
      'Section "parse" has ended already. Call end() once per open(); no other section of open() is open in this task.',
    );
    const load = sections.open(TASK, 'load');
    const read = sections.open(TASK, 'read');
    read.end();
    expect(refusal(() => read.end())).toMatch('open now: "load".');
    parse[Symbol.dispose]();
    load.end();
    expect(byPath(sections.take(), 'count')).toEqual({ parse: [1], load: [1], 'load/read': [1] });
  });

  it('may end before one inside it, which then counts for itself', () => {
    const load = sections.open(TASK, 'load');
    const read = sections.open(TASK, 'read');
    spend(2);
    load.end();
    spend(3);
    read.end();
    expect(byPath(sections.take(), 'totalMs', 'selfMs')).toEqual({ load: [2, 0], 'load/read': [5, 5] });
  });

  it('is kept apart from those of other tasks', () => {
    const mine = sections.open(TASK, 'mine');
    const other = sections.open(OTHER_TASK, 'other');
    mine.end();
    sections.end(OTHER_TASK.id, false);
    expect(byPath(sections.take(), 'count')).toEqual({ mine: [1], other: [1] });
    expect(sections.takeMistakes()).toEqual({ unbalanced: 1, example: 'other', badCounts: 0 });
    expect(other.end()).toBe(0);
  });
});

describe('a section that is open when its task ends', () => {
  it('is closed and counted, and its late end is no error', () => {
    const load = sections.open(TASK, 'load');
    const read = sections.open(TASK, 'read');
    spend(4);
    sections.end(TASK.id, false);
    spend(100);
    expect([read.end(), load.end()]).toEqual([4, 4]);
    expect(byPath(sections.take(), 'count', 'totalMs', 'selfMs', 'errors')).toEqual({
      load: [1, 4, 0, 0],
      'load/read': [1, 4, 4, 0],
    });
    expect(sections.dirty).toBe(true);
    expect(sections.takeMistakes()).toEqual({ unbalanced: 2, example: 'load › read', badCounts: 0 });
    expect([sections.dirty, sections.takeMistakes()]).toEqual([false, undefined]);
    expect(refusal(() => load.end())).toMatch('has ended already');
  });

  it('is an error of the section, not a mistake, when the task has failed', () => {
    sections.open(TASK, 'load');
    sections.end(TASK.id, true);
    expect(byPath(sections.take(), 'count', 'errors')).toEqual({ load: [1, 1] });
    expect(sections.takeMistakes()).toBeUndefined();
  });

  it('is closed by the end of the function around it', async () => {
    await sections.run(TASK, 'load', async () => {
      sections.open(TASK, 'read');
      await null;
      spend(3);
    });
    const failed = async (): Promise<void> => {
      sections.open(TASK, 'write');
      await null;
      throw new Error('full');
    };
    await expect(sections.run(TASK, 'save', failed)).rejects.toThrow('full');
    expect(byPath(sections.take(), 'totalMs', 'errors')).toEqual({
      load: [3, 0],
      'load/read': [3, 0],
      save: [0, 1],
      'save/write': [0, 1],
    });
    expect(sections.takeMistakes()).toEqual({ unbalanced: 1, example: 'load › read', badCounts: 0 });
  });

  it('is closed by the last of several tasks, where they are one call', () => {
    const items: { openId: number | undefined }[] = [{ openId: 5 }, { openId: 6 }];
    const call = callOwner('insert', 5, items);
    sections.open(call, 'statement');
    const own = sections.open({ task: 'insert', id: 5 }, 'row');
    spend(2);
    own.end();
    sections.end(5, false);
    expect(byPath(sections.take(), 'count')).toEqual({ 'statement/row': [1] });
    spend(3);
    sections.end(6, false);
    expect(byPath(sections.take(), 'totalMs')).toEqual({ statement: [5] });
    expect(sections.takeMistakes()?.unbalanced).toBe(1);
  });
});

describe('counters', () => {
  it('add to the innermost open section, or to the task', () => {
    sections.count(TASK, 'rows', 2);
    sections.run(TASK, 'load', () => {
      sections.count(TASK, 'rows', 3);
      using _ = sections.open(TASK, 'parse');
      sections.count(TASK, 'rows', 4);
      sections.count(TASK, 'bad rows', 1);
      sections.count(TASK, 'rows', 0.5);
    });
    expect(byPath(sections.take(), 'counters')).toEqual({
      '': [{ rows: 2 }],
      load: [{ rows: 3 }],
      'load/parse': [{ rows: 4.5, 'bad rows': 1 }],
    });
    sections.run(TASK, 'load', () => {});
    expect(byPath(sections.take(), 'counters')).toEqual({ load: [undefined] });
  });

  it('refuse numbers that are not finite, and say how many', () => {
    for (const n of [NaN, Infinity, -Infinity, '5' as never, undefined as never]) sections.count(TASK, 'rows', n);
    sections.count(TASK, 'rows', Number.MAX_VALUE);
    sections.count(TASK, 'rows', Number.MAX_VALUE);
    expect(byPath(sections.take(), 'counters')).toEqual({ '': [{ rows: Number.MAX_VALUE }] });
    expect(sections.takeMistakes()).toEqual({ unbalanced: 0, example: '', badCounts: 6 });
  });

  it('are bounded, whatever their names', () => {
    for (let i = 0; i < 10_000; i++) sections.count(TASK, `row ${i}`, 1);
    sections.count(TASK, '__proto__', 1);
    const [delta] = sections.take();
    expect(Object.keys(delta?.counters ?? {})).toHaveLength(21);
    expect(delta?.counters?.['(other)']).toBe(10_001 - 20);
  });
});

describe('what handlers make up', () => {
  it('keeps at most 1,000 sections open in one place, and closes the oldest', () => {
    for (let i = 0; i < 1500; i++) sections.open(TASK, `row ${i}`);
    sections.end(TASK.id, false);
    expect(sections.takeMistakes()?.unbalanced).toBe(1500);
    expect(sections.take().reduce((sum, { count }) => sum + count, 0)).toBe(1500);
  });

  it('keeps sections of 4,096 tasks that never end, and closes the oldest', () => {
    for (let id = 1; id <= 5000; id++) sections.open({ task: 'task', id }, 'late');
    expect(sections.takeMistakes()?.unbalanced).toBe(5000 - 4096);
  });

  it('is one line of text', () => {
    sections.run(TASK, 'a\u0000b\u001b[31m\n\u202ec\ud800', () => {});
    expect(sections.take().map(({ path }) => path)).toEqual([['a�b�[31m��c�']]);
    expect(noted[0]).toBe('a�b�[31m��c�');
  });

  it('may be 20,000 names of 10 KB', () => {
    const deltas = withManyNames(20_000);
    expect(deltas).toHaveLength(101);
    expect(deltas.every(({ path }) => (path[0]?.length ?? 0) <= 201)).toBe(true);
    expect(deltas.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
  });
});
