import { once } from 'node:events';
import { Writable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PrintedOn, printTo } from '../../src/wire/output-port.js';
import { turn } from '../support/scripted-engine.js';

function open() {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const stream = new Writable({ decodeStrings: false, write() {} });
  const end = printTo(port2, stream);
  const printed = new PrintedOn(port1);
  printed.ref();
  return { stream, printed, port2, end };
}

/** All that came until the answer to `await`. */
async function all(printed: PrintedOn): Promise<string> {
  const chunks: Buffer[] = [];
  printed.on('data', (chunk: Buffer) => chunks.push(chunk));
  printed.await();
  while (printed.isAwaited) await turn();
  return Buffer.concat(chunks).toString();
}

describe('a port for output', () => {
  it.each([
    ['nothing', ''],
    ['a line', 'one\n'],
    ['letters of several bytes', 'größer\n'],
    ['more than may be under way', `${'ä'.repeat(999)}\n`.repeat(3000)],
  ])('answers behind the last of what was printed: %s', async (_, text) => {
    const { stream, printed } = open();
    for (const line of text.split(/(?<=\n)/)) stream.write(line);
    expect((await all(printed)) === text).toBe(true);
  });

  it('comes in pieces that a reader can take at once', async () => {
    const { stream, printed } = open();
    let most = 0;
    printed.on('data', (chunk: Buffer) => (most = Math.max(most, chunk.length)));
    const text = 'x'.repeat(5_000_000);
    stream.write(text);
    expect((await all(printed)) === text).toBe(true);
    expect(most).toBe(64 * 1024);
  });

  it('has all that was printed when the thread ends, though nothing was taken, and what is printed after that', async () => {
    const { stream, printed, port2, end } = open();
    const lines = Array.from({ length: 50_000 }, (_, line) => `${line}\n`);
    for (const line of lines) stream.write(line);
    end();
    stream.write('last words');
    port2.close();
    let text = '';
    printed.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(printed, 'end');
    expect(text === `${lines.join('')}last words`).toBe(true);
  });

  it('answers although more is printed without end', async () => {
    const { stream, printed } = open();
    let isOver = false;
    const again = (): void => {
      stream.write('x'.repeat(100_000));
      if (!isOver) setImmediate(again);
    };
    again();
    expect((await all(printed)).length).toBeGreaterThanOrEqual(100_000);
    isOver = true;
  });

  it('answers when the stream was ended, and when the thread is gone', async () => {
    const { stream, printed } = open();
    stream.end('last words');
    expect(await all(printed)).toBe('last words');
    const other = open();
    other.port2.close();
    expect(await all(other.printed)).toBe('');
  });

  it('ends when the other side does, and can be given up', async () => {
    const { stream, printed, port2 } = open();
    stream.write('all');
    const ended = all(printed);
    await ended;
    port2.close();
    await once(printed, 'close');
    const other = open();
    const closed = once(other.port2, 'close');
    other.printed.destroy();
    await closed;
  });
});
