import type { IoSink } from './io-sink.js';
import { isObject } from './listening.js';
import { DIALECTS, sqlShape } from './sql-shape.js';

const CHANNEL = 'sqlite.db.query';

/** Watches node:sqlite, which says after each statement how long it took. Statements of one database never overlap. */
export function watchSqlite(sink: IoSink): void {
  sink.listening.on(CHANNEL, (message) => {
    if (!isObject(message)) return false;
    // The text has its values in it.
    const { sql, duration } = message;
    if (typeof sql !== 'string') return false;
    const ns = Number(duration);
    if (!(ns >= 0)) return false;
    sink.row({ kind: 'sqlite', peer: '', ...sqlShape(sql, DIALECTS.standard), what: 'use' })?.add(ns / 1e6);
    return true;
  });
}
