import { OTHER } from '../../base/bounded-names.js';
import type { Operation } from './io-rows.js';
import { isObject } from './listening.js';
import { methodName } from './method-name.js';
import { peerName } from './peer-name.js';
import { DIALECTS, sqlShape } from './sql-shape.js';

/** What a client passes to its TracingChannel: one object for each operation. */
export type TraceContext = Readonly<Record<string, unknown>>;

/** A TracingChannel of a client, and what its messages mean. */
export interface TracedClient {
  /** Its name, without `tracing:` and the event. */
  readonly channel: string;
  /** Whether it calls back. Its callbacks then run in the async context of the caller, as they would without a pool of connections. */
  readonly callsBack: boolean;
  /** The operation; undefined if the context was not understood, null if another channel tells of it. */
  begin(context: TraceContext): Operation | undefined | null;
}

type SqlKind = keyof typeof DIALECTS;

/** All clients whose channels are known. Names and contents are those of the versions that docs/profiler-io.md lists. */
export function tracedClients(): TracedClient[] {
  return [...mysql2(), ...nodeRedis(), ...ioredis(), ...mssql(), caches(), adapters()];
}

function mysql2(): TracedClient[] {
  const peerOf = ({ serverAddress, serverPort }: TraceContext): string => peerName(serverAddress, serverPort);
  const query = ({ query: sql, ...rest }: TraceContext): Operation | undefined =>
    typeof sql === 'string' ? sqlOperation('mysql', 'mysql', peerOf(rest), sql, 'use') : undefined;
  return [
    { channel: 'mysql2:query', callsBack: true, begin: query },
    { channel: 'mysql2:execute', callsBack: true, begin: query },
    { channel: 'mysql2:connect', callsBack: false, begin: connected('mysql', peerOf) },
    // The wait for a free connection. It has the set-up in it, where there is none to wait for.
    { channel: 'mysql2:pool:connect', callsBack: true, begin: acquired('mysql', peerOf) },
  ];
}

function nodeRedis(): TracedClient[] {
  return [
    { channel: 'node-redis:command', callsBack: false, begin: redisCommand },
    { channel: 'node-redis:connect', callsBack: false, begin: connected('redis', redisPeer) },
    {
      channel: 'node-redis:batch',
      callsBack: false,
      // The commands of a pipeline come one by one, those of a transaction do not.
      begin: (context) => {
        if (context.batchMode === 'PIPELINE') return null;
        return context.batchMode === 'MULTI' ? use('redis', redisPeer(context), 'MULTI') : undefined;
      },
    },
  ];
}

function ioredis(): TracedClient[] {
  return [
    { channel: 'ioredis:command', callsBack: false, begin: redisCommand },
    { channel: 'ioredis:connect', callsBack: false, begin: connected('redis', redisPeer) },
  ];
}

function redisPeer({ serverAddress, serverPort }: TraceContext): string {
  return peerName(serverAddress, serverPort);
}

function redisCommand(context: TraceContext): Operation | undefined {
  const { command } = context;
  return typeof command === 'string' ? use('redis', redisPeer(context), methodName(command)) : undefined;
}

function mssql(): TracedClient[] {
  /** Servers by the pool's id: only the channel of its set-up names the server. */
  const servers = new Map<unknown, string>();
  const peerOf = ({ poolId }: TraceContext): string => servers.get(poolId) ?? '';
  const statement =
    (key: string, what: Operation['what']) =>
    (context: TraceContext): Operation | undefined => {
      const sql = context[key];
      return typeof sql === 'string' ? sqlOperation('mssql', 'mssql', peerOf(context), sql, what) : undefined;
    };
  const named =
    (key: string, verb: string) =>
    (context: TraceContext): Operation | undefined => {
      const name = context[key];
      return typeof name === 'string' ? use('mssql', peerOf(context), `${verb} ${name.slice(0, 100)}`) : undefined;
    };
  const connect = ({ server, port, poolId }: TraceContext): Operation | undefined => {
    const peer = peerName(server, port ?? 1433);
    if (peer === '') return undefined;
    if (servers.size < 100) servers.set(poolId, peer);
    return connection('mssql', peer);
  };
  return [
    { channel: 'mssql:query', callsBack: true, begin: statement('command', 'use') },
    { channel: 'mssql:batch', callsBack: true, begin: statement('command', 'use') },
    { channel: 'mssql:execute', callsBack: true, begin: named('procedure', 'EXECUTE') },
    { channel: 'mssql:bulk', callsBack: true, begin: named('table', 'BULK') },
    { channel: 'mssql:connect', callsBack: true, begin: connect },
    { channel: 'mssql:pool:acquire', callsBack: true, begin: acquired('mssql', peerOf) },
    { channel: 'mssql:prepared-statement:prepare', callsBack: true, begin: statement('statement', 'prepare') },
    { channel: 'mssql:prepared-statement:execute', callsBack: true, begin: statement('statement', 'use') },
  ];
}

/** The fetches of lru-cache: how long its function took for a value that was not there. */
function caches(): TracedClient {
  return {
    channel: 'lru-cache',
    callsBack: false,
    begin: ({ fetch }) => {
      const isKnown = typeof fetch === 'string' && /^(?:get|inflight|miss|hit|stale|refresh)$/.test(fetch);
      return isKnown ? use('cache', '', `fetch ${fetch}`) : undefined;
    },
  };
}

/** The channel for clients without one of their own: an adapter publishes on it. */
function adapters(): TracedClient {
  const readWhat = (what: unknown): Operation['what'] => (what === 'connect' || what === 'prepare' ? what : 'use');
  return {
    channel: 'millpond:io',
    callsBack: true,
    begin: ({ kind, peer, operation, sql, what }) => {
      if (typeof kind !== 'string' || !/^[\w.@/-]{1,60}$/.test(kind)) return undefined;
      const place = peerName(peer, undefined);
      if (typeof sql === 'string') return sqlOperation(dialectOf(kind), kind, place, sql, readWhat(what));
      const name = typeof operation === 'string' ? operation.slice(0, 200) : what === 'connect' ? 'connect' : OTHER;
      return { kind, peer: place, operation: name, statement: '', what: readWhat(what) };
    },
  };
}

function dialectOf(kind: string): SqlKind {
  if (kind === 'mssql') return kind;
  return kind === 'mysql' || kind === 'mariadb' ? 'mysql' : 'standard';
}

function sqlOperation(dialect: SqlKind, kind: string, peer: string, sql: string, what: Operation['what']): Operation {
  return { kind, peer, ...sqlShape(sql, DIALECTS[dialect]), what };
}

function use(kind: string, peer: string, operation: string): Operation {
  return { kind, peer, operation, statement: '', what: 'use' };
}

function connection(kind: string, peer: string): Operation {
  return { kind, peer, operation: 'connect', statement: '', what: 'connect' };
}

function connected(kind: string, peerOf: (context: TraceContext) => string) {
  return (context: TraceContext): Operation | undefined =>
    isObject(context) && peerOf(context) !== '' ? connection(kind, peerOf(context)) : undefined;
}

function acquired(kind: string, peerOf: (context: TraceContext) => string) {
  return (context: TraceContext): Operation => use(kind, peerOf(context), 'acquire connection');
}
