import { Buffer, now } from '../base/natives.js';

/**
 * Bytes of large results within WITHIN_MS from which the memory pays: 65,536 page faults. A program with fewer results does better
 * with the memory.
 */
const MANY_BYTES = 256 * 1024 * 1024;
const WITHIN_MS = 1000;
/** Just below 32 MiB, the most that glibc learns from (DEFAULT_MMAP_THRESHOLD_MAX in its malloc.c). */
const LESSON_BYTES = 32 * 1024 * 1024 - 64 * 1024;

let bytesSoFar = 0;
let sinceMs = -Infinity;
let isTaught = false;

/**
 * Notes that this process has got a large result. After many of them in a second, glibc learns to keep up to 64 MiB of freed
 * memory. Its limit is twice the largest piece that it has mapped and freed (mallopt(3), M_TRIM_THRESHOLD). It otherwise gives
 * the memory of a freed Buffer back at once, and each new one costs page faults. The rates with the lesson and without are in
 * docs/decisions/0011-what-limits-dispatch.md. Other allocators learn nothing, and lose nothing: the piece is never written to.
 */
export function noteLargeResult(bytes: number): void {
  if (isTaught) return;
  const nowMs = now();
  if (nowMs - sinceMs > WITHIN_MS) {
    sinceMs = nowMs;
    bytesSoFar = 0;
  }
  bytesSoFar += bytes;
  if (bytesSoFar > MANY_BYTES) teach();
}

function teach(): void {
  isTaught = true;
  try {
    // The next garbage collection frees it.
    Buffer.allocUnsafeSlow(LESSON_BYTES);
  } catch {
    // The address space of the process has a limit (ulimit -v) that leaves no room. The result at hand may still find some.
  }
}
