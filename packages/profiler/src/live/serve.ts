import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { clearTimeout, setImmediate, setTimeout } from '../natives.js';
import { EventStreams } from './event-streams.js';
import type { LiveSource } from './live-state.js';
import { LiveRoutes } from './routes.js';
import { resolveServeOptions, type ServeOptions } from './serve-options.js';

/** A live page that is being served. */
export interface LiveServer extends AsyncDisposable {
  /** Address of the page, with its secret part. `metrics`, `healthz` and `readyz` are below it. */
  readonly url: string;
  /** Ends the server and all its connections. A second call waits for the same end. */
  close(): Promise<void>;
}

/** Browsers that get states at one time; further ones get an answer that says so. */
export const MOST_CLIENTS = 32;
/** Connections at one time, kept-alive ones included. Beyond it, Node closes new ones at once. */
const MOST_CONNECTIONS = 256;
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
/** Time for the last event to leave, before connections are cut. */
const LAST_WRITES_MS = 200;

/**
 * Serves the live page on this machine. Neither the server nor a connection keeps the program alive. The source is closed with
 * the server, and if there is none.
 * @throws ERR_OPTION for a wrong option; an Error of the system when it cannot listen there
 */
export async function serveLive(
  source: LiveSource,
  options?: ServeOptions,
  metrics?: () => string,
): Promise<LiveServer> {
  try {
    return await serve(source, resolveServeOptions(options), metrics);
  } catch (error) {
    source.close();
    throw error;
  }
}

async function serve(
  source: LiveSource,
  { port, host, token }: Required<ServeOptions>,
  metrics: (() => string) | undefined,
): Promise<LiveServer> {
  const streams = new EventStreams(source, { most: MOST_CLIENTS, run: randomBytes(6).toString('hex') });
  const routes = new LiveRoutes({ source, streams, token, metrics });
  const server = createServer(LIMITS, (request, response) => routes.answer(request, response));
  server.maxConnections = MOST_CONNECTIONS;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    socket.unref();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await listen(server, port, host);
  server.unref();
  const address = server.address() as AddressInfo;
  routes.hosts = namesOf(address);
  let ending: Promise<void> | undefined;
  const close = () => (ending ??= end(server, streams, source, sockets));
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${name}:${address.port}/${token}/`, close, [Symbol.asyncDispose]: close };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // An error after that, as no free descriptor for a connection, costs that connection only.
  server.on('error', () => {});
}

/** Values of Host that mean this server. */
function namesOf({ port }: AddressInfo): string[] {
  return ['127.0.0.1', '[::1]', 'localhost'].flatMap((name) =>
    port === 80 ? [name, `${name}:80`] : [`${name}:${port}`],
  );
}

async function end(server: Server, streams: EventStreams, source: LiveSource, sockets: Set<Socket>): Promise<void> {
  source.close();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  streams.end();
  await new Promise<void>((resolve) => setImmediate(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, LAST_WRITES_MS);
  await closed;
  clearTimeout(cut);
}
