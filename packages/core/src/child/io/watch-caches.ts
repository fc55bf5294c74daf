import type { IoSink } from './io-sink.js';
import { isObject } from './listening.js';

const METRICS = 'lru-cache:metrics';
/** Calls that ask for a value; the rest write, or only look. */
const ASKING = new Set(['get', 'memo']);
const ANSWERS = new Set(['hit', 'miss', 'stale']);

/** Counts hits and misses of lru-cache. Its messages have no duration. Keys and values in them are not read. */
export function watchCaches(sink: IoSink): void {
  sink.listening.on(METRICS, (message) => {
    if (!isObject(message) || typeof message.op !== 'string') return false;
    const { op } = message;
    if (!ASKING.has(op)) return true;
    const answer = message[op];
    if (typeof answer !== 'string' || !ANSWERS.has(answer)) return false;
    sink.row({ kind: 'cache', peer: '', operation: `${op} ${answer}`, statement: '', what: 'use' })?.add(0);
    return true;
  });
}
