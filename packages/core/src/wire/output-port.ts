import { Readable, type Writable } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';
import { Buffer } from '../base/natives.js';

/*
 * What a thread prints, over a port of our own. The streams that node:worker_threads offers (`stdout: true`) keep the
 * program alive from the moment they are read, and cannot be told not to.
 */

/** Bytes on their way before a writer has to wait. Up to here a write is with the parent at once, whatever follows. */
const WINDOW_BYTES = 1024 * 1024;

/** The thread's side: from now on `stream` writes to the port. */
export function printTo(port: MessagePort, stream: Writable): void {
  let underWay = 0;
  let resume: (() => void) | undefined;
  port.on('message', (takenBytes: number) => {
    underWay -= takenBytes;
    if (underWay >= WINDOW_BYTES) return;
    const next = resume;
    resume = undefined;
    next?.();
  });
  port.unref();
  stream._write = (chunk: string | Buffer, encoding, done) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    underWay += bytes.length;
    port.postMessage(bytes);
    if (underWay < WINDOW_BYTES) done();
    else resume = done;
  };
  // Writable prefers _writev where there is one.
  delete stream._writev;
  (stream as { _writev?: unknown })._writev = undefined;
}

/** The parent's side: a stream of what is printed. It does not keep the program alive. */
export function printedOn(port: MessagePort): Readable {
  const stream = new Readable({ read() {} });
  let unread = 0;
  stream._read = () => {
    if (unread > 0) port.postMessage(unread);
    unread = 0;
  };
  port.on('message', (bytes: Uint8Array) => {
    unread += bytes.length;
    if (stream.push(bytes)) stream._read(0);
  });
  port.on('close', () => stream.push(null));
  port.unref();
  return stream;
}
