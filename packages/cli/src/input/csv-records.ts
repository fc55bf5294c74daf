import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse';
import { Buffer } from '../natives.js';

/** One CSV record with the line that it begins on, or the problem of that line. */
export type CsvRecord = { line: number; fields: string[] } | { line: number; problem: string };

/** Longest record. A longer one most likely has a quote that was never closed. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts chunks of UTF-8 into CSV records (RFC 4180, any delimiter). Empty lines are left out, but counted.
 *
 * csv-parse cannot go on after a broken record: a quote that is not closed swallows the rest of the file. Here a broken
 * record costs only the line that it begins on. The bytes of the record in flight are kept, and a new parser starts on the
 * line after it. MAX_RECORD_BYTES bounds the bytes that an open quote makes us read twice.
 */
export async function* readCsvRecords(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
  maxBytes = MAX_RECORD_BYTES,
): AsyncGenerator<CsvRecord> {
  const reader = new CsvReader(delimiter, maxBytes);
  for await (const chunk of chunks) yield* await reader.read(chunk, false);
  yield* await reader.read(Buffer.alloc(0), true);
}

/** Bytes in, records out. */
class CsvReader {
  readonly #delimiter: string;
  readonly #maxBytes: number;
  #attempt: Attempt;
  /** Bytes from the end of the last whole record on. */
  #rest: Buffer = Buffer.alloc(0);
  /** Line that #rest begins on. */
  #line = 1;
  #started = false;
  /** The end of a broken line has not been read yet. */
  #skipping = false;

  constructor(delimiter: string, maxBytes: number) {
    this.#delimiter = delimiter;
    this.#maxBytes = maxBytes;
    this.#attempt = new Attempt(delimiter, maxBytes);
  }

  async read(chunk: Buffer, isLast: boolean): Promise<CsvRecord[]> {
    let fresh = chunk;
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (!this.#started) {
      // A byte order mark may come in pieces. No header is shorter than the mark.
      if (this.#rest.length < BYTE_ORDER_MARK.length && !isLast) return [];
      this.#started = true;
      if (this.#rest.subarray(0, 3).equals(BYTE_ORDER_MARK)) this.#rest = this.#rest.subarray(3);
      fresh = this.#rest;
    }
    if (this.#skipping) fresh = this.#skipLine();
    const records: CsvRecord[] = [];
    for (;;) {
      const error = await this.#attempt.parse(fresh, isLast);
      for (const { fields, end } of this.#attempt.take()) this.#settle(fields, end, records);
      if (error === undefined) return records;
      this.#skipBlankLines();
      records.push({ line: this.#line, problem: describe(error) });
      fresh = this.#skipLine();
      this.#attempt = new Attempt(this.#delimiter, this.#maxBytes);
    }
  }

  /** Removes the bytes of a whole record, and advances the line count. */
  #settle(fields: string[], end: number, records: CsvRecord[]): void {
    const bytes = this.#rest.subarray(0, end - this.#attempt.settled);
    this.#attempt.settled = end;
    this.#rest = this.#rest.subarray(bytes.length);
    const line = this.#line + blankLines(bytes);
    this.#line += countLineFeeds(bytes);
    if (isUtf8(bytes)) records.push({ line, fields });
    else records.push({ line, problem: 'the record is not UTF-8 text' });
  }

  #skipBlankLines(): void {
    for (let lines = blankLines(this.#rest); lines > 0; lines--) this.#skipLine();
  }

  /** Drops the rest of the line in flight, as far as it has been read. Returns the remaining bytes. */
  #skipLine(): Buffer {
    const end = this.#rest.indexOf(LINE_FEED);
    this.#skipping = end === -1;
    if (end !== -1) this.#line++;
    this.#rest = this.#rest.subarray(end === -1 ? this.#rest.length : end + 1);
    return this.#rest;
  }
}

/** One run of csv-parse, up to its first error. */
class Attempt {
  /** Offset, from where this attempt began, of the end of the last record taken. */
  settled = 0;
  #records: { fields: string[]; end: number }[] = [];
  readonly #parser;

  constructor(delimiter: string, maxBytes: number) {
    this.#parser = parse({
      delimiter,
      bom: false,
      columns: false,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: maxBytes,
      on_record: (fields: string[], { bytes }) => {
        this.#records.push({ fields, end: bytes });
        return null;
      },
    });
    this.#parser.resume();
    // Reported by the callbacks of write and end as well.
    this.#parser.on('error', () => {});
  }

  /** Parses further bytes. Resolves to the error that ended this attempt, if there is one. */
  async parse(bytes: Buffer, isLast: boolean): Promise<Error | undefined> {
    const parser = this.#parser;
    const written = await new Promise<Error | null | undefined>((resolve) => parser.write(bytes, resolve));
    if (written instanceof Error) return written;
    if (!isLast) return undefined;
    // The callback of end() gets the error too, although its type does not say so.
    const ended = await new Promise<unknown>((resolve) => parser.end(resolve));
    return ended instanceof Error ? ended : undefined;
  }

  take(): { fields: string[]; end: number }[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}

function describe(error: Error): string {
  switch ((error as { code?: string }).code) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return 'a quote is opened and never closed';
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a closing quote is followed by more text; inside a quoted field a quote is written twice';
    case 'INVALID_OPENING_QUOTE':
      return 'a quote stands inside a field; the whole field must be quoted then';
    default:
      return error.message;
  }
}

/** Empty lines that come before the first character of a record. */
function blankLines(bytes: Buffer): number {
  let lines = 0;
  for (const byte of bytes) {
    if (byte === LINE_FEED) lines++;
    else if (byte !== 0x0d) break;
  }
  return lines;
}

function countLineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
