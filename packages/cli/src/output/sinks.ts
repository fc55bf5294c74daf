import { constants, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import type { Sink } from './line-writer.js';

/** A file to write to. */
export interface FileSink extends Sink {
  /** Removes the former content of the file. To be called before the first write. */
  empty(): Promise<void>;
}

/**
 * Opens a file, and makes the folders on the way to it. Its content stays until `empty` is called, so that a run that
 * cannot start costs no earlier results.
 * @throws the system's error if it cannot be opened for writing
 */
export async function openFileSink(path: string): Promise<FileSink> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT);
  return {
    async empty() {
      // Devices and pipes have no length to set.
      if ((await handle.stat()).isFile()) await handle.truncate(0);
    },
    write: (text) => handle.appendFile(text),
    close: () => handle.close(),
  };
}

/** A stream that stays open, such as standard output. It is written to as it was at this call, even if diverted later. */
export function streamSink(stream: Writable): Sink {
  // The callback of write() reports the error; without a listener it would end the process as well.
  stream.on('error', () => {});
  const write = stream.write.bind(stream) as (text: string, done: (error?: Error | null) => void) => boolean;
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        write(text, (error) => (error ? reject(error) : resolve()));
      }),
    close: async () => {},
  };
}

/** Whether an error says that the reader of our output has gone, as `head` does. */
export function isBrokenPipe(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

/**
 * Sends what is written to one stream to another, until the returned function is called. For handlers that run in this
 * process: what they print must not stand between the results.
 */
export function divert(from: Writable, to: Writable): () => void {
  const own = from.write;
  from.write = ((...args: Parameters<typeof own>) => to.write(...args)) as typeof own;
  return () => {
    from.write = own;
  };
}
