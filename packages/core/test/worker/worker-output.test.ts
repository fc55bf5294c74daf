import { describe, expect, it } from 'vitest';
import { WorkerOutput } from '../../src/worker/worker-output.js';

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Fake {
  readonly id: number;
  readonly name: string;
}

/** Output of a worker whose tasks the test starts and ends. */
function open(tasksDone = 0) {
  const running = new Set<Fake>();
  const heard: [line: string, printer: number | undefined][] = [];
  let lastId = 0;
  const output = new WorkerOutput({
    worker: undefined,
    listener: {
      wantsOutput: () => true,
      output: (_worker, _stream, line, printer) => heard.push([line, printer?.id]),
    },
    assigned: {
      all: () => [...running].map((task) => ({ task })) as never,
      begunAt: () => 1,
    },
    readLog() {},
    tasksDone: () => tasksDone,
  });
  const begin = (): Fake => {
    const task = { id: ++lastId, name: `task ${lastId}` };
    running.add(task);
    return task;
  };
  const end = (task: Fake): void => {
    running.delete(task);
    output.noteEnd(task);
  };
  const print = (line: string): number | undefined => {
    output.lines('stdout', [line]);
    return heard.at(-1)?.[1];
  };
  return { output, heard, begin, end, print };
}

describe('the printer of a line', () => {
  it('is the task that runs', () => {
    const { begin, print } = open();
    const { id } = begin();
    expect(print('a')).toBe(id);
  });

  it('is unknown while several run, and while none does', () => {
    const { begin, print } = open();
    expect(print('none')).toBeUndefined();
    begin();
    begin();
    expect(print('two')).toBeUndefined();
  });

  it('is a task that has ended in this turn or the one before, if no other has begun', async () => {
    const { begin, end, print } = open();
    const first = begin();
    end(first);
    expect(print('now')).toBe(first.id);
    await turn();
    expect(print('a turn later')).toBe(first.id);
    await turn();
    expect(print('two turns later')).toBeUndefined();
  });

  it('is unknown when one has ended and another runs, until two turns later', async () => {
    const { begin, end, print } = open();
    end(begin());
    const second = begin();
    expect(print('either')).toBeUndefined();
    await turn();
    expect(print('still either')).toBeUndefined();
    await turn();
    expect(print('the second')).toBe(second.id);
  });

  it('is one of all that ended while output waited', async () => {
    const { output, begin, end, print } = open();
    output.behind('stdout', true);
    const first = begin();
    end(first);
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(print('still the first')).toBe(first.id);
    end(begin());
    end(begin());
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(print('any of three')).toBeUndefined();
    output.behind('stdout', false);
    for (let turns = 0; turns < 3; turns++) await turn();
    const last = begin();
    expect(print('the last')).toBe(last.id);
  });

  it('is the same task though it runs for the second time', () => {
    const { output, begin, print } = open();
    const task = begin();
    output.noteEnd(task);
    expect(print('again')).toBe(task.id);
  });

  it('is unknown at first where ends of tasks were not noted', async () => {
    const { begin, print } = open(7);
    const { id } = begin();
    expect(print('perhaps that of an earlier one')).toBeUndefined();
    await turn();
    await turn();
    expect(print('its own')).toBe(id);
  });

  it('is the task that ran when the worker ended', () => {
    const { output, begin, print } = open();
    output.watch();
    const { id } = begin();
    output.end();
    expect(print('last words')).toBe(id);
  });
});
