import { lengthIn } from './header-length.js';
import type { OpenOperation } from './in-flight.js';
import type { IoSink } from './io-sink.js';
import { bytesOf, isObject, objectAt } from './listening.js';
import { methodName } from './method-name.js';
import { peerName } from './peer-name.js';

const CREATED = 'http.client.request.created';
/** On Node 20 the first word of a request: when it is written, and its socket is known. */
const START = 'http.client.request.start';
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
const SERVER_ERROR = 500;

type Call = (...args: unknown[]) => unknown;

/** Watches requests of node:http and node:https. The channels say when one begins. Its own 'close' event is its end. */
export function watchHttp(sink: IoSink): void {
  const { listening } = sink;
  const begin = (message: unknown): boolean => {
    const request = objectAt(message, 'request');
    if (request === undefined || typeof request.once !== 'function') return false;
    if (sink.get(request) !== undefined) return true;
    const peer = peerOf(request);
    const operation = methodName(request.method);
    const open = sink.begin(request, { kind: 'http', peer, operation, statement: '', what: 'use' });
    if (open === undefined) return true;
    /** How far its socket had read when the request got it. */
    let before = 0;
    const onSocket = (socket: unknown): boolean => {
      if (!isObject(socket)) return false;
      before = bytesOf(socket.bytesRead);
      return watchConnection(sink, socket, peer);
    };
    if (isObject(request.socket)) onSocket(request.socket);
    else once(request, 'socket', listening.guarded(CREATED, onSocket));
    once(
      request,
      'close',
      listening.guarded(CREATED, () => {
        count(request, open, before);
        sink.end(request);
        return true;
      }),
    );
    return true;
  };
  let hasCreated = false;
  listening.on(CREATED, (message) => {
    hasCreated = true;
    return begin(message);
  });
  listening.on(START, (message) => hasCreated || begin(message));
  listening.on('http.client.response.finish', (message) => {
    const request = objectAt(message, 'request');
    const response = objectAt(message, 'response');
    if (request === undefined || response === undefined || typeof response.statusCode !== 'number') return false;
    const open = sink.get(request);
    if (open === undefined) return true;
    if (response.statusCode >= SERVER_ERROR) open.hasFailed = true;
    return true;
  });
  listening.on('http.client.request.error', (message) => {
    const request = objectAt(message, 'request');
    if (request === undefined) return false;
    const open = sink.get(request);
    if (open !== undefined) open.hasFailed = true;
    return true;
  });
}

/** Times the set-up of a connection that was made for this request. One that is used again has none. */
function watchConnection(sink: IoSink, socket: Record<string, unknown>, peer: string): boolean {
  const isSecure = socket.encrypted === true;
  if (socket.connecting !== true || typeof socket.once !== 'function') return true;
  const key = {};
  const open = sink.begin(key, { kind: 'http', peer, operation: 'connect', statement: '', what: 'connect' });
  if (open === undefined) return true;
  const ended = sink.listening.guarded(CREATED, (hasFailed: boolean) => {
    open.hasFailed = hasFailed;
    sink.end(key);
    return true;
  });
  once(socket, isSecure ? 'secureConnect' : 'connect', () => ended(false));
  // Follows each end of a socket, and comes too late to be one of a connection that was made.
  once(socket, 'close', () => ended(true));
  return true;
}

/** Counts bytes: those of the bodies if their lengths are announced. Of an answer without one, those of the socket count. */
function count(request: Record<string, unknown>, open: OpenOperation, before: number): void {
  const response = objectAt(request, 'res');
  // It was cut off.
  if (response?.complete === false) open.hasFailed = true;
  // Node sets the header itself where it knows the length, and then not as one that can be asked for.
  open.bytesOut = bytesOf(headerOf(request, 'content-length') ?? request._contentLength);
  const announced = lengthIn(response?.rawHeaders);
  if (announced === undefined) open.bytesIn = bytesOf(Number(objectAt(request, 'socket')?.bytesRead) - before);
  else if (request.method !== 'HEAD') open.bytesIn = announced;
}

function headerOf(request: Record<string, unknown>, name: string): unknown {
  return typeof request.getHeader === 'function' ? (request.getHeader as Call).call(request, name) : undefined;
}

function once(emitter: Record<string, unknown>, event: string, listener: (value: never) => void): void {
  (emitter.once as Call).call(emitter, event, listener);
}

function peerOf(request: Record<string, unknown>): string {
  if (typeof request.socketPath === 'string') return peerName(request.socketPath, undefined);
  const { host } = request;
  const header = headerOf(request, 'host');
  if (typeof host !== 'string') return '';
  // The port is known from this header alone. A program may have set it to another host, and then its port means nothing.
  const bare = host.startsWith('[') || !host.includes(':') ? host : `[${host}]`;
  if (typeof header !== 'string') return peerName(host, undefined);
  if (header === bare) return peerName(host, PORTS[String(request.protocol)]);
  return peerName(host, header.startsWith(`${bare}:`) ? header.slice(bare.length + 1) : undefined);
}
