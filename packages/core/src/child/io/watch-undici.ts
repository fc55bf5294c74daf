import { lengthIn } from './header-length.js';
import type { Operation } from './io-rows.js';
import type { IoSink } from './io-sink.js';
import { bytesOf, objectAt } from './listening.js';
import { methodName } from './method-name.js';
import { OriginNames, peerName } from './peer-name.js';

/** Connections of one client or pool that are being set up at one time. */
const MOST_CONNECTING = 1000;
/** A header that fetch() sets, and that no program can set for it. */
const FETCH_MARK = 'sec-fetch-mode';
const MOST_HEADERS = 100;
const SERVER_ERROR = 500;
/** Statuses whose answer has no body, whatever its length says. */
const WITHOUT_BODY = new Set([204, 304]);
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Watches requests of undici, and of fetch(), which is undici inside of Node. Both publish on the same channels. */
export function watchUndici(sink: IoSink): void {
  watchRequests(sink);
  watchConnections(sink);
}

function watchRequests(sink: IoSink): void {
  const { listening } = sink;
  const origins = new OriginNames();

  listening.on('undici:request:create', (message) => {
    const request = objectAt(message, 'request');
    const peer = origins.get(request?.origin);
    if (request === undefined || peer === undefined) return false;
    const kind = isFetch(request.headers) ? 'fetch' : 'undici';
    sink.begin(request, { kind, peer, operation: methodName(request.method), statement: '', what: 'use' });
    return true;
  });
  listening.on('undici:request:headers', (message) => {
    const request = objectAt(message, 'request');
    const response = objectAt(message, 'response');
    if (request === undefined || response === undefined) return false;
    const open = sink.get(request);
    if (open === undefined) return true;
    const status = response.statusCode;
    if (typeof status !== 'number') return false;
    if (status >= SERVER_ERROR) open.hasFailed = true;
    if (request.method !== 'HEAD' && !WITHOUT_BODY.has(status)) open.announced = lengthIn(response.headers);
    return true;
  });
  /** From version 7 on. */
  const onChunk = (way: 'bytesIn' | 'bytesOut') => (message: unknown) => {
    const request = objectAt(message, 'request');
    const chunk = objectAt(message, 'chunk');
    if (request === undefined || chunk === undefined) return false;
    const open = sink.get(request);
    if (open !== undefined) open[way] += bytesOf(chunk.length);
    return true;
  };
  listening.on('undici:request:bodyChunkReceived', onChunk('bytesIn'));
  listening.on('undici:request:bodyChunkSent', onChunk('bytesOut'));
  listening.on('undici:request:trailers', (message) => {
    const request = objectAt(message, 'request');
    if (request === undefined) return false;
    const open = sink.get(request);
    if (open?.bytesIn === 0) open.bytesIn = open.announced ?? 0;
    if (open?.bytesOut === 0) open.bytesOut = bytesOf(request.contentLength);
    sink.end(request);
    return true;
  });
  listening.on('undici:request:error', (message) => {
    const request = objectAt(message, 'request');
    if (request === undefined) return false;
    const open = sink.get(request);
    if (open !== undefined) open.hasFailed = true;
    sink.end(request);
    return true;
  });
}

function watchConnections(sink: IoSink): void {
  const { listening } = sink;
  /**
   * Connections that are being set up, by the function that does it. All of one pool share it, and go to one server. Ends are taken
   * in the order of the begins: sums stay exact, and only single durations may be swapped.
   */
  const connecting = new WeakMap<object, object[]>();

  listening.on('undici:client:beforeConnect', (message) => {
    const params = objectAt(message, 'connectParams');
    const connector = objectAt(message, 'connector');
    if (params === undefined || connector === undefined) return false;
    const port = params.port === '' ? PORTS[String(params.protocol)] : params.port;
    const peer = peerName(params.hostname, port);
    const queue = connecting.get(connector) ?? [];
    if (queue.length >= MOST_CONNECTING) return false;
    const key = {};
    queue.push(key);
    connecting.set(connector, queue);
    sink.begin(key, connectionTo(peer));
    return true;
  });
  const ended =
    (hasFailed: boolean) =>
    (message: unknown): boolean => {
      const connector = objectAt(message, 'connector');
      if (connector === undefined) return false;
      const key = connecting.get(connector)?.shift();
      if (key === undefined) return true;
      const open = sink.get(key);
      if (open !== undefined) open.hasFailed = hasFailed;
      sink.end(key);
      return true;
    };
  listening.on('undici:client:connected', ended(false));
  listening.on('undici:client:connectError', ended(true));
}

function connectionTo(peer: string): Operation {
  return { kind: 'undici', peer, operation: 'connect', statement: '', what: 'connect' };
}

function isFetch(headers: unknown): boolean {
  if (typeof headers === 'string') return headers.includes(FETCH_MARK);
  if (!Array.isArray(headers)) return false;
  const names = headers as unknown[];
  for (let at = 0; at < names.length && at < MOST_HEADERS; at += 2) if (names[at] === FETCH_MARK) return true;
  return false;
}
