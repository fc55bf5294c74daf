import { Buffer } from '../base/natives.js';

/** Bytes of large results after which the program is taken to get many: one or two of them change nothing. */
const MANY_BYTES = 256 * 1024 * 1024;
/** Just below 32 MiB, the most that glibc learns from (DEFAULT_MMAP_THRESHOLD_MAX in its malloc.c). */
const LESSON_BYTES = 32 * 1024 * 1024 - 64 * 1024;

let bytesSoFar = 0;

/**
 * Notes that this process has got large results. After many of them, glibc learns to keep up to 64 MiB of freed memory. Its limit
 * is twice the largest piece that it has mapped and freed (mallopt(3), M_TRIM_THRESHOLD). It otherwise gives the memory of a freed
 * Buffer back at once, and each new one costs page faults. Buffers of 1 MiB came 1.5 times as fast from processes with it, and 1.3
 * times from threads. Other allocators learn nothing, and lose nothing: the piece is never written to.
 */
export function noteLargeResult(bytes: number): void {
  if (bytesSoFar > MANY_BYTES) return;
  bytesSoFar += bytes;
  if (bytesSoFar > MANY_BYTES) teach();
}

function teach(): void {
  try {
    // The next garbage collection frees it.
    Buffer.allocUnsafeSlow(LESSON_BYTES);
  } catch {
    // The address space of the process has a limit (ulimit -v) that leaves no room. The result at hand may still find some.
  }
}
