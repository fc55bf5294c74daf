import diagnostics, { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { IoWatch, type WatchedIo, type WatchOptions } from '../../../src/child/io/io-watch.js';

const SECRET = 's3cret-value';
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function started(task = 'load', options: WatchOptions = {}): IoWatch {
  const watch = new IoWatch(() => task, options);
  watch.start();
  ends.push(() => watch.stop());
  return watch;
}

/** Names of all channels on which a watch listens. */
function channelsOf(): string[] {
  const names: string[] = [];
  const original = diagnostics.subscribe;
  diagnostics.subscribe = (name, listener) => {
    names.push(String(name));
    original(name, listener);
  };
  try {
    const watch = new IoWatch(() => '');
    watch.start();
    watch.stop();
  } finally {
    diagnostics.subscribe = original;
  }
  return names;
}

async function server(
  answer: Parameters<typeof createServer>[1],
): Promise<{ server: Server; url: string; peer: string }> {
  const made = createServer(answer as never).listen(0, '127.0.0.1');
  await once(made, 'listening');
  ends.push(() => {
    made.closeAllConnections();
    made.close();
  });
  const { port } = made.address() as AddressInfo;
  return { server: made, url: `http://127.0.0.1:${port}`, peer: `127.0.0.1:${port}` };
}

function expectBounded({ io, unknown }: WatchedIo): void {
  expect(io.length).toBeLessThanOrEqual(541);
  expect(unknown.length).toBeLessThanOrEqual(channelsOf().length + 1);
  for (const row of io) {
    for (const name of [row.task, row.kind, row.peer, row.operation, row.statement])
      expect(name.length).toBeLessThanOrEqual(200);
    for (const number of [row.count, row.errors, row.totalMs, row.bytesIn, row.bytesOut, row.openMs, row.peak]) {
      expect(Number.isFinite(number) && number >= 0).toBe(true);
    }
  }
}

describe('a watch', () => {
  it('listens on no channel before its start and after its stop', () => {
    const names = channelsOf();
    expect(names).toContain('undici:request:create');
    expect(names).toContain('tracing:mysql2:query:start');
    for (const name of names) expect(channel(name).hasSubscribers).toBe(false);
    const watch = started('load', { isConcurrent: () => true });
    for (const name of names) expect(channel(name).hasSubscribers).toBe(true);
    watch.stop();
    for (const name of names) expect(channel(name).hasSubscribers).toBe(false);
    expect(watch.take()).toEqual({ io: [], unknown: [], folded: 0 });
  });

  it('begins anew after a stop', async () => {
    const watch = started();
    const io = tracingChannel('millpond:io');
    await io.tracePromise(async () => undefined, { kind: 'pg' });
    watch.stop();
    watch.start();
    watch.start();
    await io.tracePromise(async () => undefined, { kind: 'pg' });
    expect(watch.take().io).toEqual([expect.objectContaining({ kind: 'pg', count: 1 })]);
  });

  it('says so where no task ran', () => {
    const watch = started('');
    channel('lru-cache:metrics').publish({ op: 'get', get: 'hit', key: SECRET });
    expect(watch.take().io).toEqual([
      expect.objectContaining({ task: '(outside of tasks)', kind: 'cache', operation: 'get hit' }),
    ]);
  });

  it('never throws and stays bounded, whatever anybody publishes', () => {
    // The generator of the test looks for symbols, so these alone do not throw.
    const refuse = (key: string | symbol): undefined => {
      if (typeof key === 'symbol') return undefined;
      throw new Error(SECRET);
    };
    const thrower = new Proxy({}, { get: (_, key) => refuse(key), has: (_, key) => refuse(key) !== undefined });
    const names = channelsOf();
    const keys = [
      ...[
        'request',
        'response',
        'connectParams',
        'connector',
        'socket',
        'chunk',
        'origin',
        'method',
        'headers',
        'statusCode',
      ],
      ...[
        'query',
        'sql',
        'command',
        'statement',
        'serverAddress',
        'serverPort',
        'kind',
        'peer',
        'operation',
        'what',
        'op',
        'get',
      ],
      ...[
        'fetch',
        'batchMode',
        'procedure',
        'table',
        'server',
        'port',
        'poolId',
        'result',
        'error',
        'bytesIn',
        'bytesOut',
        'once',
      ],
      ...[
        'duration',
        'contentLength',
        'hostname',
        'protocol',
        'length',
        'socketPath',
        'getHeader',
        'host',
        'encrypted',
        'connecting',
      ],
    ];
    const value = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true }),
      fc.constantFrom<unknown>(
        thrower,
        () => {
          throw new Error(SECRET);
        },
        Symbol('x'),
        Number.NaN,
        -1,
        1e308,
        'http://h.test',
        '/x',
        new Uint8Array(3),
      ),
      fc.constantFrom<unknown>('SELECT 1', 'MULTI', 'hit', 'GET', 'x'.repeat(5000), 200, new URL('http://[::1]:1/')),
    );
    const shape = fc.dictionary(fc.constantFrom(...keys), value);
    const message = fc.oneof(value, shape, fc.dictionary(fc.constantFrom(...keys), shape));
    const watch = started();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), message), { maxLength: 30 }), (messages) => {
        for (const [name, content] of messages) channel(name).publish(content);
        expectBounded(watch.take());
      }),
      { numRuns: 1000 },
    );
  });

  it('counts what it did not understand, by channel', () => {
    const watch = started();
    channel('undici:request:create').publish({ request: { origin: 5 } });
    channel('undici:request:create').publish('text');
    channel('tracing:mysql2:query:start').publish({ query: { sql: SECRET } });
    channel('tracing:millpond:io:start').publish({ kind: '<b>' });
    const { unknown, io } = watch.take();
    expect(Object.fromEntries(unknown)).toEqual({
      'undici:request:create': 2,
      'tracing:mysql2:query:start': 1,
      'tracing:millpond:io:start': 1,
    });
    expect(io).toEqual([]);
    expect(watch.take().unknown).toEqual([]);
  });
});

describe('adapters', () => {
  const io = tracingChannel('millpond:io');

  it('publish operations, statements, bytes and errors on a channel of ours', async () => {
    const watch = started();
    const context = {
      kind: 'pg',
      peer: 'db:5432',
      sql: `SELECT * FROM orders WHERE a = '${SECRET}'`,
      bytesIn: 0,
      bytesOut: 10,
    };
    await io.tracePromise(async () => {
      await Promise.resolve();
      context.bytesIn = 500;
    }, context);
    await io
      .tracePromise(async () => Promise.reject(new Error(SECRET)), { kind: 'pg', peer: 'db:5432', what: 'connect' })
      .catch(() => undefined);
    expect(() => {
      io.traceSync(
        () => {
          throw new Error(SECRET);
        },
        { kind: 'file', operation: 'read' },
      );
    }).toThrow(SECRET);
    io.traceSync(() => 1, { kind: 'file', operation: 'read' });
    const { io: rows, unknown } = watch.take();
    expect(unknown).toEqual([]);
    expect(rows).toEqual([
      expect.objectContaining({
        kind: 'pg',
        peer: 'db:5432',
        operation: 'SELECT orders',
        what: 'use',
        count: 1,
        errors: 0,
        bytesIn: 500,
        bytesOut: 10,
      }),
      expect.objectContaining({
        kind: 'pg',
        peer: 'db:5432',
        operation: 'connect',
        what: 'connect',
        count: 1,
        errors: 1,
      }),
      expect.objectContaining({ kind: 'file', peer: '', operation: 'read', count: 2, errors: 1 }),
    ]);
    expect(JSON.stringify(rows)).not.toContain(SECRET);
  });

  it('may use one object again and again', async () => {
    const watch = started();
    const context = { kind: 'pg' };
    for (let n = 0; n < 3; n++) await io.tracePromise(async () => n, context);
    expect(watch.take().io).toEqual([expect.objectContaining({ count: 3, peak: 1 })]);
  });
});

describe('tasks at the same time', () => {
  const call = (handler: (input: string) => unknown, input: unknown): unknown => handler(input as string);

  it('have operations of their own', async () => {
    let isConcurrent = false;
    const watch = started('one at a time', { isConcurrent: () => isConcurrent });
    const io = tracingChannel('millpond:io');
    const handler = async (kind: string): Promise<void> => {
      await Promise.resolve();
      await io.tracePromise(async () => Promise.resolve(), { kind });
    };
    await handler('first');
    isConcurrent = true;
    expect(watch.take().io).toEqual([expect.objectContaining({ task: 'one at a time', kind: 'first' })]);
    await Promise.all(['a', 'b', 'c'].map((name) => watch.callerOf(`task ${name}`, call)(handler, name, undefined)));
    await handler('none');
    const tasks = watch.take().io.map(({ task, kind }) => `${task}: ${kind}`);
    expect(tasks).toEqual(['task a: a', 'task b: b', 'task c: c', '(outside of tasks): none']);
  });

  it('are watched alone, where the program around them runs in the same thread', async () => {
    const watch = started('', { isShared: true });
    const io = tracingChannel('millpond:io');
    await io.tracePromise(async () => undefined, { kind: 'program' });
    channel('lru-cache:metrics').publish({ op: 'get', get: 'hit' });
    await watch.callerOf('load', call)(
      () => io.tracePromise(async () => undefined, { kind: 'task' }),
      undefined,
      undefined,
    );
    expect(watch.take().io).toEqual([expect.objectContaining({ task: 'load', kind: 'task' })]);
  });

  it('keep their callbacks, which a pool of connections calls elsewhere', async () => {
    const watch = started('', { isConcurrent: () => true });
    const acquire = tracingChannel('mysql2:pool:connect');
    const query = tracingChannel('mysql2:query');
    const server = { serverAddress: 'db', serverPort: 3306 };
    const waiting: (() => void)[] = [];
    const handler = (): void => {
      acquire.traceCallback(
        ((callback: () => void) => void waiting.push(callback)) as never,
        0,
        { ...server },
        undefined,
        () => {
          query.traceCallback(
            ((callback: () => void) => {
              callback();
            }) as never,
            0,
            { ...server, query: 'SELECT 1' },
            undefined,
            () => undefined,
          );
        },
      );
    };
    watch.callerOf('first', call)(handler, undefined, undefined);
    watch.callerOf('second', call)(handler, undefined, undefined);
    // Both are called back by what the second one does.
    watch.callerOf('second', call)(() => waiting.forEach((each) => each()), undefined, undefined);
    const rows = watch.take().io.map(({ task, operation, count }) => `${task}: ${operation} ${count}`);
    expect(rows.sort()).toEqual([
      'first: SELECT 1',
      'first: acquire connection 1',
      'second: SELECT 1',
      'second: acquire connection 1',
    ]);
  });
});

describe('requests', () => {
  it('of node:http last until their body ends, and connect once', async () => {
    const { url, peer } = await server((request, response) => {
      response.writeHead(request.url === '/fails' ? 503 : 200, { 'content-length': 6 });
      response.write('abc');
      setImmediate(() => response.end('def'));
    });
    const watch = started();
    const { Agent } = await import('node:http');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    ends.push(() => agent.destroy());
    for (const path of [`/${SECRET}`, '/fails', `/?key=${SECRET}`]) {
      const request = get(`${url}${path}`, { agent });
      const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
      const closed = once(request, 'close');
      response.resume();
      await closed;
    }
    const { io, unknown } = watch.take();
    expect(unknown).toEqual([]);
    expect(io).toEqual([
      expect.objectContaining({
        kind: 'http',
        peer,
        operation: 'GET',
        what: 'use',
        count: 3,
        errors: 1,
        bytesIn: 18,
        peak: 1,
      }),
      expect.objectContaining({ kind: 'http', peer, operation: 'connect', what: 'connect', count: 1, errors: 0 }),
    ]);
    expect(JSON.stringify(io)).not.toContain(SECRET);
  });

  it('that fail count as errors, whether they were refused or cut off', async () => {
    const {
      url,
      server: made,
      peer,
    } = await server((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('abc');
      setImmediate(() => response.destroy());
    });
    const watch = started();
    const cut = get(url);
    const [response] = (await once(cut, 'response')) as [NodeJS.ReadableStream];
    const closed = once(cut, 'close');
    response.on('error', () => undefined).resume();
    await closed;
    made.closeAllConnections();
    made.close();
    await once(made, 'close');
    const refused = get(url);
    await once(refused, 'error');
    await once(refused, 'close');
    const rows = watch.take().io.filter((row) => row.peer === peer);
    expect(rows).toEqual([
      expect.objectContaining({ operation: 'GET', count: 2, errors: 2 }),
      expect.objectContaining({ operation: 'connect', count: 2, errors: 1 }),
    ]);
  });

  it('of fetch() count bytes and statuses, to 10,000 hosts as well', async () => {
    const { url, peer } = await server((_request, response) => void response.end('hello'));
    const watch = started();
    await (await fetch(`${url}/${SECRET}`, { method: 'POST', body: 'abc' })).text();
    const { io } = watch.take();
    expect(io).toContainEqual(
      expect.objectContaining({ kind: 'fetch', peer, operation: 'POST', count: 1, errors: 0, bytesIn: 5, bytesOut: 3 }),
    );
    expect(io).toContainEqual(expect.objectContaining({ peer, operation: 'connect', what: 'connect', count: 1 }));
    expect(JSON.stringify(io)).not.toContain(SECRET);
    // Hosts that do not exist: a real fetch would look up each of them.
    for (let n = 0; n < 10_000; n++) {
      const request = { origin: `http://host-${n}.test`, method: 'GET', headers: [] };
      channel('undici:request:create').publish({ request });
      channel('undici:request:trailers').publish({ request, trailers: [] });
    }
    const { io: rows, folded } = watch.take();
    expect(rows.length).toBeLessThanOrEqual(201);
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
    expect(folded).toBe(10_000 - 199);
  });

  it('leave the order of a program as it is: its own listeners get what they would', async () => {
    const seen: string[] = [];
    const listener = (): void => void seen.push('own');
    subscribe('undici:request:create', listener);
    ends.push(() => unsubscribe('undici:request:create', listener));
    const watch = started();
    channel('undici:request:create').publish({ request: { origin: 'http://h.test', method: 'GET' } });
    watch.stop();
    channel('undici:request:create').publish({ request: { origin: 'http://h.test', method: 'GET' } });
    expect(seen).toEqual(['own', 'own']);
  });
});
