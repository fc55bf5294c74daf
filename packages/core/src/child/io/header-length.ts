import { Buffer } from '../../base/natives.js';
import { bytesOf } from './listening.js';

const CONTENT_LENGTH = 'content-length';
const MOST_HEADERS = 100;

/**
 * The length of a body as its headers announce it; undefined if they do not. Headers are names and values in turn, as texts or bytes.
 * Node also has an object of them, but makes it when it is first asked for, which takes longer.
 */
export function lengthIn(headers: unknown): number | undefined {
  if (!Array.isArray(headers)) return undefined;
  const parts = headers as unknown[];
  for (let at = 0; at + 1 < parts.length && at < MOST_HEADERS; at += 2) {
    const name = parts[at] as { length?: unknown } | null | undefined;
    // Most headers are none, and to make a text of their bytes takes longer.
    if (name?.length !== CONTENT_LENGTH.length) continue;
    if (textOf(name).toLowerCase() === CONTENT_LENGTH) return bytesOf(textOf(parts[at + 1]));
  }
  return undefined;
}

function textOf(part: unknown): string {
  return typeof part === 'string' ? part : part instanceof Uint8Array ? Buffer.from(part).toString('latin1') : '';
}
