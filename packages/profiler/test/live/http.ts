import { once } from 'node:events';
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import type { LiveSource, LiveState, TrySlice } from '../../src/live/live-state.js';
import { PoolsSource, type WatchedPool } from '../../src/live/pools-source.js';
import { type LiveServer, serveLive } from '../../src/live/serve.js';
import type { ServeOptions } from '../../src/live/serve-options.js';
import { sampleReport } from '../support/sample-report.js';
import { SaidPool } from './live-pool-stats.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export function sourceOf(pools: WatchedPool[], report = () => sampleReport({ tasks: 40 })): LiveSource {
  const startMs = performance.now();
  return new PoolsSource({
    ...{ pools: () => named(pools), report, level: 'trace', startedAt: '2026-01-01T00:00:00.000Z', startMs },
    now: () => performance.now(),
  });
}

/** Each by a name of its own, as a profiler gives them. */
function named(pools: readonly WatchedPool[]): { name: string; pool: WatchedPool }[] {
  const wanted = pools.map((pool) => (pool instanceof SaidPool ? pool.said.name : 'pool'));
  return pools.map((pool, i) => {
    const before = wanted.slice(0, i).filter((name) => name === wanted[i]).length;
    return { name: `${wanted[i] ?? ''}${before === 0 ? '' : ` (${before + 1})`}`, pool };
  });
}

/** A server on a free port, which ends with the test. */
export async function served(source = sourceOf([new SaidPool()]), options?: ServeOptions): Promise<LiveServer> {
  const server = await serveLive(source, options);
  onTestFinished(() => server.close());
  return server;
}

/** A request as a test spells it, without what `fetch` adds. */
export async function ask(
  url: string,
  {
    method = 'GET',
    path,
    headers = {},
    body,
  }: { method?: string; path?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { hostname, port, pathname } = new URL(url);
  const sent = request({ host: hostname, port, path: path ?? pathname, method, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() };
}

/** Sends bytes as they are, and gives all that comes back until the other side ends. */
export async function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(text);
  let got = '';
  socket.on('data', (data) => (got += String(data)));
  await once(socket, 'close');
  return got;
}

export interface Message {
  id: string;
  event: string;
  data: { state: LiveState; tries: TrySlice };
}

/** A reader of the stream of events. */
export class EventReader {
  readonly messages: Message[] = [];
  status = 0;
  closed = false;
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #text = '';
  readonly #waiting: (() => void)[] = [];

  constructor(url: string, { lastId, query = '' }: { lastId?: string; query?: string } = {}) {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
    this.#request = request(`${url}events${query}`, { headers, agent: false });
    this.#request.on('error', () => this.#end());
    this.#request.on('response', (response) => {
      this.status = response.statusCode ?? 0;
      this.#response = response;
      response.on('data', (data) => this.#read(String(data)));
      response.on('error', () => {});
      response.on('close', () => this.#end());
      this.#wake();
    });
    this.#request.end();
    onTestFinished(() => this.leave());
  }

  get states(): Message[] {
    return this.messages.filter(({ event }) => event === 'state');
  }

  /** Whether a part of a message has come, and not all of it. */
  get isWithinMessage(): boolean {
    return this.#text.length > 0;
  }

  /** Resolves as soon as `test` holds; rejects if the connection ends before. */
  async until(test: () => boolean): Promise<void> {
    while (!test()) {
      if (this.closed) throw new Error(`the connection has ended, status ${this.status}`);
      await this.#change();
    }
  }

  async ended(): Promise<void> {
    while (!this.closed) await this.#change();
  }

  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  leave(): void {
    this.#request.destroy();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #end(): void {
    this.closed = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #read(text: string): void {
    const parts = (this.#text + text).split('\n\n');
    this.#text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = new Map(part.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      const event = fields.get('event');
      if (event === undefined) continue;
      this.messages.push({
        id: fields.get('id') ?? '',
        event,
        data: JSON.parse(fields.get('data') ?? 'null') as Message['data'],
      });
    }
    this.#wake();
  }
}
