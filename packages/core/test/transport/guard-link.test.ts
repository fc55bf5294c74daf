import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GuardLink } from '../../src/transport/guard-link.js';

/** Longer than any test takes. */
const LONG_MS = 600_000;

describe('the link to a guard', () => {
  let server: Server;
  let guard: Socket;
  let link: GuardLink;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const parent = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [guard] = await accepted;
    link = new GuardLink(parent);
  });

  afterEach(() => {
    link.close();
    guard.destroy();
    server.close();
  });

  it('gives each question its answer, in order, however the bytes are cut', async () => {
    const stacks = [link.stack(LONG_MS), link.stack(LONG_MS), link.stack(LONG_MS)];
    await once(guard, 'data');
    guard.write('"at one"\n"at');
    guard.write(' two"\n""\n');
    expect(await Promise.all(stacks)).toEqual(['at one', 'at two', undefined]);
  });

  it.each([['no text of JSON\n'], ['{"an":"object"}\n'], ['x'.repeat(2 ** 20 + 1)]])(
    'asks no more after what is no answer: %.20j; it stays open, for the guard ends the worker with it',
    async (noise) => {
      const stack = link.stack(LONG_MS);
      await once(guard, 'data');
      guard.write(noise);
      expect(await stack).toBeUndefined();
      guard.write('"at one"\n');
      expect(await link.stack(LONG_MS)).toBeUndefined();
      expect(guard.readableEnded).toBe(false);
    },
  );

  it('answers all that wait when it ends', async () => {
    const stacks = [link.stack(LONG_MS), link.stack(LONG_MS)];
    guard.destroy();
    expect(await Promise.all(stacks)).toEqual([undefined, undefined]);
  });
});
