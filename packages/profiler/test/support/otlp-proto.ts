import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface MessageType {
  fromObject(object: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): object;
}

const require = createRequire(import.meta.url);
// The package offers its generated code of the protocol to itself alone.
const build = dirname(require.resolve('@opentelemetry/otlp-transformer'));
const { opentelemetry } = require(join(build, 'generated/root.js'));
const { collector } = opentelemetry.proto;

/**
 * The body of a request, sent through the binary protocol and back: a field that the protocol does not know is gone, and a value of
 * another type is another. Ids are hex in JSON, which is an exception to the mapping of the protocol.
 */
export function throughProtocol(what: 'trace' | 'metrics', body: object): object {
  const type: MessageType =
    what === 'trace' ? collector.trace.v1.ExportTraceServiceRequest : collector.metrics.v1.ExportMetricsServiceRequest;
  const bytes = type.encode(type.fromObject(recode(body, 'hex', 'base64') as object)).finish();
  return recode(type.toObject(type.decode(bytes), { longs: String, bytes: String }), 'base64', 'hex') as object;
}

const IDS = ['traceId', 'spanId', 'parentSpanId'];

function recode(value: unknown, from: BufferEncoding, to: BufferEncoding): unknown {
  if (Array.isArray(value)) return value.map((each) => recode(each, from, to));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      IDS.includes(key) && typeof each === 'string' ? Buffer.from(each, from).toString(to) : recode(each, from, to),
    ]),
  );
}
