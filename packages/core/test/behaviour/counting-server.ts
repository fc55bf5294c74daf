import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';

export interface Seen {
  readonly path: string;
  readonly atMs: number;
}

/** A server that counts its calls for itself, by its own clock. */
export class CountingServer {
  readonly seen: Seen[] = [];
  /** Most calls that it answered at the same time. */
  most = 0;
  /** Answers 429 with this header to the next calls of a path. */
  readonly refusals = new Map<string, string[]>();
  readonly #server: Server;
  #running = 0;

  private constructor() {
    this.#server = createServer((asked, answer) => {
      this.most = Math.max(this.most, ++this.#running);
      const path = asked.url ?? '';
      this.seen.push({ path, atMs: performance.now() });
      const retryAfter = this.refusals.get(path)?.shift();
      if (retryAfter !== undefined) answer.writeHead(429, { 'retry-after': retryAfter });
      answer.on('close', () => this.#running--);
      answer.end();
    });
  }

  static async open(): Promise<CountingServer> {
    const counting = new CountingServer();
    counting.#server.listen(0, '127.0.0.1');
    await once(counting.#server, 'listening');
    return counting;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Most calls of one path within any span of this length. */
  mostWithin(ms: number, path?: string): number {
    const times = this.seen.filter((call) => path === undefined || call.path === path).map(({ atMs }) => atMs);
    return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + ms).length));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export async function withServer(body: (server: CountingServer) => Promise<void>): Promise<void> {
  const server = await CountingServer.open();
  try {
    await body(server);
  } finally {
    await server.close();
  }
}
