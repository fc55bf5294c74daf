import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { OutputSource } from '../../src/transport/last-output.js';
import { LineReporter, type OutputListener } from '../../src/transport/line-reporter.js';
import { forwardLines, OutputTarget } from '../../src/transport/output.js';

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A stream of lines, and what its listener hears. */
function open(target?: PassThrough) {
  const source = new PassThrough() as unknown as PassThrough & OutputSource;
  const heard: string[] = [];
  const behind: boolean[] = [];
  const state = { isWanted: true };
  const listener: OutputListener = {
    isWanted: () => state.isWanted,
    lines: (stream, lines) => heard.push(...lines.map((line) => `${stream}: ${line}`)),
    behind: (_stream, isBehind) => behind.push(isBehind),
  };
  const reporter = new LineReporter(source, 'stdout', () => listener);
  const endLine = forwardLines(source, target && new OutputTarget(() => target), '> ', reporter);
  return { source, heard, behind, state, endLine };
}

describe('a reporter of lines', () => {
  it('reports whole lines, however they come in', async () => {
    const { source, heard } = open();
    for (const chunk of ['a', 'b\nc', '\n\nd\r\n', 'e']) {
      source.write(chunk);
      await turn();
    }
    expect(heard).toEqual(['stdout: ab', 'stdout: c', 'stdout: ', 'stdout: d']);
    source.end();
    await turn();
    expect(heard.at(-1)).toBe('stdout: e');
  });

  it('reports beside a target, which gets the same lines', async () => {
    const target = new PassThrough();
    const { source, heard } = open(target);
    source.write('one\ntwo\n');
    await turn();
    expect([heard, String(target.read())]).toEqual([['stdout: one', 'stdout: two'], '> one\n> two\n']);
  });

  it('reports a line without end in pieces', async () => {
    const { source, heard } = open();
    for (let n = 0; n < 20; n++) {
      source.write('x'.repeat(10_000));
      await turn();
    }
    expect(heard.length).toBeGreaterThan(1);
    expect(Math.max(...heard.map((line) => line.length))).toBeLessThan(64 * 1024 + 20_000);
  });

  it('lets the source wait for the next turn after 64 KiB, and then goes on', async () => {
    const { source, heard } = open();
    const line = `${'x'.repeat(1023)}\n`;
    source.write(line.repeat(64));
    expect([heard.length, source.isPaused()]).toEqual([64, true]);
    source.write(line.repeat(64));
    expect(heard).toHaveLength(64);
    await turn();
    await turn();
    expect(heard).toHaveLength(128);
    await turn();
    await turn();
    expect(source.isPaused()).toBe(false);
  });

  it('leaves the wait for a slow target to that target', async () => {
    const target = new PassThrough({ highWaterMark: 4 });
    const { source, heard } = open(target);
    source.write(`${'x'.repeat(70_000)}\n`);
    await turn();
    await turn();
    await turn();
    expect([heard.length, source.isPaused()]).toEqual([1, true]);
    target.resume();
    await turn();
    await turn();
    expect(source.isPaused()).toBe(false);
  });

  it('says when output waits, or a line has no end yet, and when that is over', async () => {
    const { source, behind } = open();
    source.write('no end');
    expect(behind).toEqual([true]);
    source.write('\n');
    expect(behind).toEqual([true, false]);
    source.write('x\n'.repeat(40_000));
    expect(behind.at(-1)).toBe(true);
    for (let turns = 0; turns < 4; turns++) await turn();
    expect(behind.at(-1)).toBe(false);
  });

  it('reports nothing while nothing is wanted, and keeps nothing for later', async () => {
    const { source, heard, state } = open();
    state.isWanted = false;
    source.write('lost\nlost, too\n');
    await turn();
    state.isWanted = true;
    source.write('heard\n');
    await turn();
    expect(heard).toEqual(['stdout: heard']);
  });

  it('asks a source now and then whether its writer holds more', async () => {
    const { source, behind } = open();
    let asked = 0;
    const asking = source as unknown as { await(): void; isAwaited: boolean };
    asking.isAwaited = false;
    asking.await = () => {
      asked++;
      asking.isAwaited = true;
    };
    source.write(`${'x'.repeat(511 * 1024)}\n`);
    expect(asked).toBe(0);
    for (let turns = 0; turns < 4; turns++) await turn();
    source.write(`${'x'.repeat(2048)}\n`);
    expect(asked).toBe(1);
    for (let turns = 0; turns < 4; turns++) await turn();
    expect(behind.at(-1)).toBe(true);
    asking.isAwaited = false;
    source.write('more\n');
    await turn();
    expect(behind.at(-1)).toBe(false);
  });
});
