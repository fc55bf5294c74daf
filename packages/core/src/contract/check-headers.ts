import { Buffer } from '../base/natives.js';
import { type Check, isRecord } from './checks.js';
import { frozenHeaders, type Headers } from './headers.js';

/** Most headers of one call. A trace context has two or three: traceparent, tracestate, baggage. A choice. */
const MOST_HEADERS = 64;
/** Most bytes of all names and values in UTF-8, as the W3C asks of carriers of baggage. */
const MOST_BYTES = 8192;

/** Right for an object of strings within these bounds. An undefined value counts as absent. */
export const HEADERS: Check = (value) =>
  isRight(value)
    ? null
    : `an object of at most ${MOST_HEADERS} strings, which take ${MOST_BYTES} bytes at most with their names`;

HEADERS.own = ownHeaders;

/** A copy that the caller cannot change; undefined for no header at all. */
function ownHeaders(value: unknown): Headers | undefined {
  const own = frozenHeaders(value as Record<string, string | undefined>);
  return Object.keys(own).length === 0 ? undefined : own;
}

function isRight(value: unknown): boolean {
  if (!isRecord(value)) return false;
  let count = 0;
  let bytes = 0;
  for (const [name, text] of Object.entries(value)) {
    if (text === undefined) continue;
    if (typeof text !== 'string' || ++count > MOST_HEADERS) return false;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  }
  return bytes <= MOST_BYTES;
}
