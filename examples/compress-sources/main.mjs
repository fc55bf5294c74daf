// Compresses and hashes every source file of the installed packages in worker processes. `--help` shows the options.
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { isPoolError, Pool } from '@millpond/core';
import { Profiler } from '@millpond/profiler';
import { formatPath } from './format.mjs';
import { listSources } from './list-sources.mjs';
import { HELP, readOptions } from './options.mjs';
import { showProgress } from './progress.mjs';
import { openResults } from './results.mjs';
import { Summary } from './summary.mjs';

// `on`, not `once`: npm passes a terminal's Ctrl-C on, so it may come twice.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort(signal));

try {
  process.exitCode = await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(`compress-sources: ${error.message}`);
  process.exitCode = 1;
}

/** @returns the exit code */
async function main(options) {
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const sources = listSources(options.root, options.limit);
  const results = await openResults(options.out);
  const summary = new Summary(sources);
  console.log(`${summary.plan} under ${formatPath(options.root)}, brotli quality ${options.quality}`);
  try {
    const report = await compressAll(sources, options, results, summary);
    await writeFile(results.profileFile, report.toText());
    summary.verdict = report.verdict;
  } finally {
    await results.close();
  }
  if (stop.signal.aborted) {
    console.error(
      `stopped by ${stop.signal.reason} after ${summary.count}; what is done lies in ${formatPath(options.out)}`,
    );
    return 128 + constants.signals[stop.signal.reason];
  }
  console.log(`\n${summary.toText()}\n\n${results.describe()}`);
  return summary.failures.length === 0 ? 0 : 1;
}

/** Runs every file through the pool and returns the profiler's report. */
async function compressAll(sources, options, results, summary) {
  const pool = new Pool(new URL('./compress.worker.mjs', import.meta.url), {
    name: 'compress-sources',
    workload: 'cpu',
    workers: options.workers,
    workerData: { blobs: results.blobsFolder, quality: options.quality },
  });
  const profiler = new Profiler().attach(pool);
  const progress = showProgress(() => summary.progress(pool.stats().workerList.length));
  try {
    // As they finish: in input order, the small files would have to wait for the large ones, which come first.
    const run = pool.mapSettled('compress', sources, { ordered: false, signal: stop.signal });
    for await (const { input, status, value, reason } of run) {
      if (stop.signal.aborted) break;
      if (isPoolError(reason, 'ERR_POOL_FAILED')) throw reason;
      const record = status === 'fulfilled' ? value : { path: input.relative, error: messageOf(reason) };
      summary.add(input, record);
      await results.add(record);
    }
    summary.end();
    if (!stop.signal.aborted) await pool.close();
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
  } finally {
    progress.stop();
    await pool.destroy(); // does nothing after close()
  }
  return profiler.stop();
}

function messageOf(reason) {
  return reason instanceof Error ? reason.message : String(reason);
}
