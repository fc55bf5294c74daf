import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { describeSystemError } from '../failure.js';
import { Buffer } from '../natives.js';
import { InputError } from './source.js';

/** A source of bytes: a file, or standard input. */
export interface ByteSource {
  /** For messages: the path as the workload file has it, or "standard input". */
  label: string;
  /** Absolute path; undefined for standard input. */
  path: string | undefined;
  /**
   * The bytes in chunks of some 64 KB, read on demand.
   * @throws InputError when reading fails
   */
  chunks(): AsyncIterable<Buffer>;
  /** Stops reading, also while a read is waiting. */
  close(): void;
}

/**
 * Opens a file of items, and keeps it open, so that it stays readable.
 * @throws InputError that names the file if it is missing, a folder, or not readable
 */
export async function openFile(label: string, path: string): Promise<ByteSource> {
  try {
    const handle = await open(path, 'r');
    if ((await handle.stat()).isDirectory()) {
      await handle.close();
      throw new InputError(`cannot read "${label}": it is a folder: ${path}`);
    }
    return fromStream(label, path, handle.createReadStream());
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`cannot read "${label}": ${describeSystemError(error)}: ${path}`, { cause: error });
  }
}

/** Reads items from a stream that is already open, such as standard input. */
export function fromStream(label: string, path: string | undefined, stream: Readable): ByteSource {
  let closed = false;
  // A stream that is closed half way emits an error for its readers, and none is left by then.
  stream.on('error', () => {});
  return {
    label,
    path,
    async *chunks() {
      try {
        for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
      } catch (error) {
        if (!closed) throw new InputError(`reading ${label} failed: ${describeSystemError(error)}`, { cause: error });
      }
    },
    close() {
      closed = true;
      stream.destroy();
    },
  };
}
