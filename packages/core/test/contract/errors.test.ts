import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type DeathReport, describeExit, ERROR_CODES, isPoolError, PoolError } from '../../src/contract/errors.js';

const DEATH: DeathReport = {
  workerId: 4,
  pid: 77,
  threadId: undefined,
  exitCode: null,
  signal: 'SIGKILL',
  killedFor: undefined,
  runningTasks: ['resize'],
  uptimeMs: 5,
  stderrTail: '',
  outOfMemory: undefined,
  rssBytes: 0,
  lastSection: '',
};

describe('docs/errors.md', () => {
  it('has one section for every code, and none for a code that does not exist', () => {
    const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(documented.toSorted()).toEqual(ERROR_CODES.toSorted());
  });
});

describe('PoolError', () => {
  it('carries code, details and cause, and says what happened', () => {
    const cause = new Error('deeper');
    const error = new PoolError('ERR_QUEUE_FULL', { queued: 3, max: 3 }, { cause });
    expect(error).toMatchObject({ name: 'PoolError', code: 'ERR_QUEUE_FULL', details: { queued: 3, max: 3 }, cause });
    expect(error.message).toBe(
      'Task refused: 3 of 3 queue places are taken. Await pool.room() before run(), or raise queue.max.',
    );
    expect(error.stack).toMatch('errors.test.ts');
  });

  it('names the nearest handler when there is one, and those there are', () => {
    const about = { task: 'resise', module: 'file:///w.js', known: ['resize', 'crop'] };
    expect(new PoolError('ERR_TASK_NOT_FOUND', { ...about, nearest: 'resize' }).message).toBe(
      'Worker module file:///w.js exports no handler "resise". Did you mean "resize"? It exports: resize, crop.',
    );
    expect(new PoolError('ERR_TASK_NOT_FOUND', { ...about, known: [], nearest: undefined }).message).toMatch(
      'exports no handler "resise". It exports no function at all.',
    );
  });

  it('says of a deadline that it is an instant, and how long it is past', () => {
    const about = { task: 'x', waitedMs: 2, queued: 0 };
    const given = new PoolError('ERR_QUEUE_TIMEOUT', { ...about, limitMs: -1_795_845_787_758, deadline: 5000 });
    expect(given.message).toBe(
      'Task "x" was not begun: its deadline is an instant (5000 ms since the epoch), and it had passed 1795845787760 ms ago. ' +
        'Give Date.now() + n, or timeoutMs for a length of time.',
    );
    const missed = new PoolError('ERR_QUEUE_TIMEOUT', { ...about, waitedMs: 101, limitMs: 100, deadline: 1.8e12 });
    expect(missed.message).toMatch(
      /had not begun at its deadline \(1800000000000 ms since the epoch\), 100 ms after its/,
    );
    const queued = new PoolError('ERR_QUEUE_TIMEOUT', { ...about, waitedMs: 101, limitMs: 100, deadline: undefined });
    expect(queued.message).toMatch(/waited 101 ms in the queue; its limit is 100 ms \(0 tasks still queued\)/);
    const one = new PoolError('ERR_QUEUE_TIMEOUT', { ...about, queued: 1, limitMs: 100, deadline: undefined });
    expect(one.message).toMatch('(1 task still queued)');
  });

  it('counts the workers that a poisonous task ended', () => {
    const poison = (crashes: number): string =>
      new PoolError('ERR_TASK_POISON', { task: 'x', crashes, death: DEATH }).message;
    expect(poison(1)).toMatch('Task "x" was running in 1 worker when it died (signal SIGKILL). ');
    expect(poison(2)).toMatch('Task "x" was running in 2 workers when they died (last: signal SIGKILL). ');
  });

  it('quotes the last line a crashed worker wrote, if it wrote one', () => {
    const stderrTail = 'starting\nfatal: no such device\n\n';
    const message = (death: DeathReport): string => new PoolError('ERR_WORKER_CRASHED', { task: 'x', death }).message;
    expect(message({ ...DEATH, stderrTail })).toBe(
      'Worker 4 (pid 77) died with signal SIGKILL while running task "x". The pool did not send that signal; perhaps the ' +
        'kernel did, for want of memory. Its last words: fatal: no such device',
    );
    expect(message({ ...DEATH, pid: undefined, threadId: 3 })).toMatch(/^Worker 4 \(thread 3\) died with/);
    expect(message({ ...DEATH, signal: 'SIGSEGV' })).toMatch(/task "x"\.$/);
    expect(message({ ...DEATH, killedFor: 'it stood still' })).toMatch(
      /task "x"\. The pool ended it: it stood still\.$/,
    );
  });

  it('quotes the error rather than what Node prints after it, and the section that was open', () => {
    const stderrTail = 'file:///w.js:3\nTypeError: no\n    at f (w.js:3:9)\n\nNode.js v20.20.2\n';
    const death: DeathReport = { ...DEATH, signal: null, exitCode: 1, stderrTail, lastSection: 'load › parse' };
    expect(new PoolError('ERR_WORKER_CRASHED', { task: 'x', death }).message).toBe(
      'Worker 4 (pid 77) died with exit code 1 while running task "x". Section "load › parse" was open. Its last words: TypeError: no',
    );
  });
});

describe('isPoolError', () => {
  it('tells PoolErrors from others, and one code from another', () => {
    const error = new PoolError('ERR_SECTION', { section: 's', reason: 'r' });
    expect(isPoolError(error)).toBe(true);
    expect(isPoolError(error, 'ERR_SECTION')).toBe(true);
    expect(isPoolError(error, 'ERR_STATE')).toBe(false);
    const likeness = Object.assign(new Error('x'), { name: 'PoolError', code: 'ERR_SECTION' });
    for (const other of [likeness, new Error('x'), { code: 'ERR_SECTION' }, null, undefined, 'ERR_SECTION', 5]) {
      expect(isPoolError(other)).toBe(false);
    }
  });

  it('knows the error of another copy of this package', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('millpond.PoolError')]: true, code: 'ERR_OPTION' });
    expect(isPoolError(foreign, 'ERR_OPTION')).toBe(true);
    expect(isPoolError(foreign, 'ERR_STATE')).toBe(false);
  });
});

describe('describeExit', () => {
  it('names the signal, or else the exit code', () => {
    expect(describeExit({ exitCode: null, signal: 'SIGSEGV' })).toBe('signal SIGSEGV');
    expect(describeExit({ exitCode: 3, signal: null })).toBe('exit code 3');
    expect(describeExit({ exitCode: null, signal: null })).toBe('exit code unknown');
  });
});
