import type { IncomingMessage, ServerResponse } from 'node:http';
import { accessOf } from './access.js';
import type { EventStreams } from './event-streams.js';
import type { LiveSource } from './live-state.js';
import { liveMetrics } from './metrics.js';
import { PAGE_FILES } from './page.js';
import { healthOf, type ProbeAnswer, readinessOf } from './probes.js';

export interface RoutesSetup {
  source: LiveSource;
  streams: EventStreams;
  token: string;
  /** More lines for `metrics`, in the text format of Prometheus. */
  metrics: (() => string) | undefined;
}

/**
 * For every answer. The page loads nothing but its own files, talks to this server only, and is in no frame. Its address has the
 * token, and goes nowhere.
 */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};
const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** Answers to requests. None of them changes anything. */
export class LiveRoutes {
  /** Values of Host that are this server. */
  hosts: readonly string[] = [];
  readonly #setup: RoutesSetup;

  constructor(setup: RoutesSetup) {
    this.#setup = setup;
  }

  /** Never throws. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => response.destroy());
    // A body is not read: the connection ends with this answer.
    if ('content-length' in request.headers || 'transfer-encoding' in request.headers) response.shouldKeepAlive = false;
    const { token } = this.#setup;
    const { method, url, rawHeaders } = request;
    const access = accessOf({ method, url, rawHeaders }, { token, hosts: this.hosts });
    try {
      if (!access.ok) this.#send(request, response, access.status, TEXT_TYPE, `${access.text}\n`);
      else this.#route(access, request, response);
    } catch (error) {
      // The request fails, the program goes on.
      if (response.headersSent) response.destroy();
      else this.#send(request, response, 500, TEXT_TYPE, `${error instanceof Error ? error.message : String(error)}\n`);
    }
  }

  #route({ route, query }: { route: string; query: string }, request: IncomingMessage, response: ServerResponse): void {
    const { source } = this.#setup;
    const file = PAGE_FILES.get(route);
    if (file !== undefined) {
      this.#send(request, response, 200, file.type, file.text);
      return;
    }
    switch (route) {
      case 'events':
        return this.#stream(query, request, response);
      case 'state':
        return this.#send(request, response, 200, JSON_TYPE, `${JSON.stringify(source.snapshot())}\n`);
      case 'metrics':
        return this.#send(request, response, 200, 'text/plain; version=0.0.4; charset=utf-8', this.#metrics());
      case 'healthz':
        return this.#probe(healthOf(source.snapshot().pools), request, response);
      case 'readyz':
        return this.#probe(readinessOf(source.snapshot().pools), request, response);
      default:
        return this.#send(request, response, 404, TEXT_TYPE, 'There is nothing here.\n');
    }
  }

  #metrics(): string {
    return liveMetrics(this.#setup.source.snapshot()) + (this.#setup.metrics?.() ?? '');
  }

  #probe(answer: ProbeAnswer, request: IncomingMessage, response: ServerResponse): void {
    this.#send(request, response, answer.ok ? 200 : 503, JSON_TYPE, `${JSON.stringify(answer)}\n`);
  }

  #stream(query: string, request: IncomingMessage, response: ServerResponse): void {
    const { streams } = this.#setup;
    if (streams.isFull) {
      response.setHeader('retry-after', '5');
      this.#send(request, response, 503, TEXT_TYPE, `There are ${streams.size} browsers already, which is the most.\n`);
      return;
    }
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const last = request.headers['last-event-id'];
    streams.add(response, typeof last === 'string' ? last : (new URLSearchParams(query).get('after') ?? ''));
  }

  #send(request: IncomingMessage, response: ServerResponse, status: number, type: string, text: string): void {
    response.writeHead(status, {
      ...HEADERS,
      ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
      'content-type': type,
      'content-length': new TextEncoder().encode(text).length,
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  }
}
