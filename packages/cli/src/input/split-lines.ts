import { isUtf8 } from 'node:buffer';
import { Buffer } from '../natives.js';

/** One line of text, or the reason why it is not text. */
export type Line = { number: number; text: string } | { number: number; problem: string };

/** Longest line. A longer one is a problem of its own, and is skipped without being held in memory. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts chunks of UTF-8 into lines, numbered from 1. Line ends (LF or CRLF) and a byte order mark at the start are removed.
 * Empty lines are left out, but counted. Holds one chunk and one line at a time.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>, maxBytes = MAX_LINE_BYTES): AsyncGenerator<Line> {
  let number = 1;
  // Pieces of a line that began in an earlier chunk.
  let pieces: Buffer[] = [];
  let held = 0;
  let skipping = false;

  const finish = (piece: Buffer): Line | undefined => {
    const current = number++;
    const bytes = pieces.length === 0 ? piece : Buffer.concat([...pieces, piece]);
    const tooLong = skipping || bytes.length > maxBytes;
    [pieces, held, skipping] = [[], 0, false];
    return tooLong ? { number: current, problem: `is longer than ${maxBytes} bytes` } : toLine(current, bytes);
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const line = finish(chunk.subarray(start, end));
      start = end + 1;
      if (line !== undefined) yield line;
    }
    const rest = chunk.subarray(start);
    held += rest.length;
    if (held > maxBytes) [pieces, skipping] = [[], true];
    else if (rest.length > 0) pieces.push(rest);
  }
  if (held > 0) {
    const line = finish(Buffer.alloc(0));
    if (line !== undefined) yield line;
  }
}

function toLine(number: number, raw: Buffer): Line | undefined {
  let bytes = raw;
  if (number === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3);
  if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
  if (bytes.length === 0) return undefined;
  return isUtf8(bytes) ? { number, text: bytes.toString('utf8') } : { number, problem: 'is not UTF-8 text' };
}
