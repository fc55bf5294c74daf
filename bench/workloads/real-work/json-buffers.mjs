// JSON documents of 1 to 5 MB as Buffers, as they come from files and sockets: parsed and summed up.
import { documents, summaryOf } from './documents.mjs';

export function inputs(count) {
  return documents(count).map((text) => Buffer.from(text));
}

/** Some pools clone a Buffer to a Uint8Array. */
export function work({ buffer, byteOffset, byteLength }) {
  return summaryOf(Buffer.from(buffer, byteOffset, byteLength).toString());
}
