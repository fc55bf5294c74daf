import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Profiler } from '@millpond/profiler';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, EventReader } from '../live/http.js';

const PROGRAM = fileURLToPath(new URL('./fixtures/served-program.mjs', import.meta.url));

async function start(
  options: object,
): Promise<{ child: ChildProcess; url: string; ended: Promise<unknown[]>; said: () => string }> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (data) => (text += String(data)));
  const ended = once(child, 'exit');
  while (!text.includes('\n')) await once(child.stdout, 'data');
  return { child, url: text.split('\n')[0] ?? '', ended, said: () => text };
}

describe.each(['process', 'thread'])('a program with a live page and a pool of kind %s', (kind) => {
  it('ends by itself while a browser is connected', async () => {
    const { child, url, ended, said } = await start({ kind });
    const reader = new EventReader(url);
    await reader.until(() => reader.states.length > 1);
    expect(reader.states[0]?.data.state.pools).toMatchObject([{ name: 'served', kind, state: 'open' }]);
    child.stdin?.write('go\n');
    expect(await ended).toEqual([0, null]);
    expect(said()).toContain('the program has done its work');
    await reader.ended();
  });

  it('ends by itself while a browser is connected that reads nothing', async () => {
    // More than the system keeps for a connection: the write of the first state waits for this reader.
    const { child, url, ended } = await start({ kind, padding: 24_000_000 });
    const reader = new EventReader(url);
    await reader.until(() => reader.isWithinMessage);
    reader.pause();
    child.stdin?.write('go\n');
    expect(await ended).toEqual([0, null]);
    reader.resume();
    await reader.ended();
  });

  it('has no page any more once the profiler has stopped', async () => {
    const { child, url, ended } = await start({ kind });
    const reader = new EventReader(url);
    await reader.until(() => reader.states.length > 0);
    expect(reader.states[0]?.data.state.report?.verdict.step).not.toBe('');
    child.stdin?.write('stop\n');
    await reader.ended();
    expect(reader.messages.at(-1)?.event).toBe('end');
    expect(await ended).toEqual([0, null]);
  });
});

describe('profiler.serve()', () => {
  it('is refused once the profiler has stopped, and ends with using', async () => {
    const profiler = new Profiler();
    const { url } = await profiler.serve({ port: 0 });
    expect((await ask(`${url}healthz`)).status).toBe(200);
    await profiler.stop();
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(profiler.serve()).rejects.toMatchObject({ code: 'ERR_OPTION' });
    const disposed = new Profiler();
    const server = await disposed.serve();
    disposed[Symbol.dispose]();
    await server.close();
    await expect(ask(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
