/** A trace context as W3C writes it: `00-<trace id>-<span id>-<flags>`. */
export interface TraceContext {
  traceId: string;
  spanId: string;
  flags: number;
}

/** Reads a header `traceparent`. Undefined if it is not one: ids of zeros, and version ff, are not valid. */
export function readTraceparent(text: string): TraceContext | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text);
  if (match === null) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}
