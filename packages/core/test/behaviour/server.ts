import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostNowMs } from '@millpond/core/internal';

/** A server for handlers of `calls-server.mjs`. It counts for itself what reaches it, whatever process that comes from. */
export class TestServer {
  /** Paths of the requests in the order they came. */
  readonly requests: string[] = [];
  /** Times of the same, host clock. */
  readonly times: number[] = [];
  /** Answers a request. Unless a test sets another, all is well. */
  answer: (response: ServerResponse, path: string) => void = (response) => void response.end('well');
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', ({ url = '' }, response) => {
      this.requests.push(url);
      this.times.push(hostNowMs());
      response.setHeader('connection', 'close');
      this.answer(response, url);
    });
  }

  static async open(): Promise<TestServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TestServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on, each request gets this status. @param retryAfterMs what the answer asks for */
  goDown(status = 503, retryAfterMs?: number): void {
    this.answer = (response) => {
      if (retryAfterMs !== undefined) response.setHeader('x-retry-after-ms', String(retryAfterMs));
      response.writeHead(status).end();
    };
  }

  goUp(): void {
    this.answer = (response) => void response.end('well');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export async function withServer(body: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await TestServer.open();
  try {
    await body(server);
  } finally {
    await server.close();
  }
}
