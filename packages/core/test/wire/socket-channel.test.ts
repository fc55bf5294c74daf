import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FRAME, type ParentKind } from '../../src/wire/frame.js';
import { encodeFrame } from '../../src/wire/frame-codec.js';
import { SocketChannel } from '../../src/wire/socket-channel.js';

const MIB = 2 ** 20;

/** A channel to a process that does not read before it is let, and the numbers of frames that it says it has read. */
function open() {
  const script = fileURLToPath(new URL('../fixtures/reads-frames.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [stdin, stdout, , link] = child.stdio as unknown as [Writable, Readable, null, Socket];
  const channel = new SocketChannel<ParentKind>(link, { maxPayloadBytes: Infinity });
  let said = '';
  stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const hasRead = async (count: number): Promise<void> => {
    while (!said.split(' ').includes(String(count))) await once(stdout, 'data');
  };
  return { child, channel, goOn: () => stdin.write('\n'), hasRead };
}

describe('a socket whose other end does not read', () => {
  it('tells how much waits here, and once that all of it has left', async () => {
    const { channel, goOn, hasRead } = open();
    let drains = 0;
    const drained = new Promise<void>((resolve) => {
      channel.onDrain = () => {
        drains++;
        resolve();
      };
    });
    expect(channel.bufferedBytes).toBe(0);
    const values = [Buffer.alloc(MIB)];
    let before = 0;
    for (let sent = 1; sent <= 64; sent++) {
      channel.send(FRAME.tasks, undefined, { meta: Uint32Array.of(sent), values });
      expect(channel.bufferedBytes).toBeGreaterThanOrEqual(before);
      before = channel.bufferedBytes;
    }
    // The system takes some hundred KiB.
    expect(channel.bufferedBytes).toBeGreaterThan(60 * MIB);
    expect(drains).toBe(0);
    goOn();
    await drained;
    expect(channel.bufferedBytes).toBe(0);
    await hasRead(64);
    // A frame that finds room is nothing to wait for.
    channel.send(FRAME.stop, undefined);
    await hasRead(65);
    expect([channel.bufferedBytes, drains]).toEqual([0, 1]);
  });

  it('does not tell that it has room when its process ends: only that it is closed', async () => {
    const { child, channel } = open();
    let drains = 0;
    channel.onDrain = () => drains++;
    const closed = new Promise<void>((resolve) => (channel.onClose = resolve));
    channel.send(FRAME.tasks, undefined, { meta: Uint32Array.of(1), values: [Buffer.alloc(8 * MIB)] });
    expect(channel.bufferedBytes).toBeGreaterThan(6 * MIB);
    child.kill('SIGKILL');
    await closed;
    expect(drains).toBe(0);
  });
});

it('a socket counts the bytes that have arrived, those of half a frame, too', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const near = connect(port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => void far.destroy());
  const channel = new SocketChannel(near, { maxPayloadBytes: Infinity });
  onTestFinished(() => channel.close());
  let frames = 0;
  channel.onFrame = () => frames++;
  const { parts } = encodeFrame({ maxPayloadBytes: Infinity }, FRAME.report, undefined, {
    meta: new Uint32Array(0),
    values: [Buffer.alloc(5000)],
  });
  const bytes = Buffer.concat(parts);
  far.write(bytes.subarray(0, 1000));
  while (channel.receivedBytes < 1000) await once(near, 'data');
  expect([channel.receivedBytes, frames]).toEqual([1000, 0]);
  far.write(bytes.subarray(1000));
  while (frames === 0) await once(near, 'data');
  expect(channel.receivedBytes).toBe(bytes.length);
});
