// Runs in the worker processes. They read and write the files themselves; only small records cross to the parent.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { defineWorker } from '@millpond/core/worker';

/** `workerData`: the folder for blobs, absolute or relative to this file, and the brotli quality. */
export const worker = defineWorker({
  async setup({ workerData: { blobs, quality } }) {
    const folder = resolve(import.meta.dirname, blobs);
    await mkdir(folder, { recursive: true });
    return { folder, quality };
  },
});

/**
 * Stores one file as `<sha256 of the original>.br`. Files with the same content share one blob.
 * @param input `{ path, relative }`: the place of the file, and its name in the record
 */
export async function compress({ path, relative }, ctx) {
  const startMs = performance.now();
  const original = await ctx.section('read', () => readFile(path));
  const sha256 = ctx.section('hash', () => createHash('sha256').update(original).digest('hex'));
  // Synchronous: this process has nothing else to do, and the asynchronous function would run in a thread of its own.
  const compressed = ctx.section('compress', () => brotli(original, ctx.data.quality));
  ctx.signal.throwIfAborted();
  await ctx.section('write', () => writeWhole(join(ctx.data.folder, `${sha256}.br`), compressed, ctx.taskId));
  const ms = Math.round((performance.now() - startMs) * 100) / 100;
  return { path: relative, bytes: original.length, compressedBytes: compressed.length, sha256, ms };
}

function brotli(original, quality) {
  return brotliCompressSync(original, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_SIZE_HINT]: original.length,
      [constants.BROTLI_PARAM_LGWIN]: windowBits(original.length),
    },
  });
}

/**
 * The smallest window that holds the whole file. Brotli's own choice is 4 MB for every file. Clearing that takes longer than
 * compressing a small file.
 */
function windowBits(bytes) {
  const needed = Math.ceil(Math.log2(bytes + 16));
  return Math.min(constants.BROTLI_DEFAULT_WINDOW, Math.max(constants.BROTLI_MIN_WINDOW_BITS, needed));
}

/**
 * Half a file never appears under its own name, even if a worker dies. Another task, also of this worker, may write the same file
 * at this moment.
 */
async function writeWhole(file, content, taskId) {
  const partial = `${file}.${process.pid}.${taskId}.partial`;
  await writeFile(partial, content);
  await rename(partial, file);
}
