import type { Writable } from 'node:stream';
import { EXIT } from '../exit-codes.js';
import { CliFailure, describeSystemError } from '../failure.js';
import type { Sink } from '../output/line-writer.js';
import { LineWriter } from '../output/line-writer.js';
import type { FileSink } from '../output/sinks.js';
import { isBrokenPipe, openFileSink, streamSink } from '../output/sinks.js';
import type { Destination } from './destination.js';
import { EventStream } from './events.js';

/** Outputs of a run besides standard error. */
export interface Outputs {
  /** Result lines; undefined if they go into the events. */
  results: LineWriter | undefined;
  /** Events of `--json`; undefined without it. */
  events: EventStream | undefined;
  /** Removes the results of an earlier run. To be called once the run has begun, before its first result. */
  begin(): Promise<void>;
  /** Flushes and closes everything. @throws the first error */
  close(): Promise<void>;
}

/**
 * Opens the outputs of a run.
 * @throws CliFailure (broken) if the result file cannot be written
 */
export async function openOutputs(destination: Destination, json: boolean, stdout: Writable): Promise<Outputs> {
  const standard = new LineWriter(naming('standard output', streamSink(stdout)));
  const file = destination.kind === 'file' ? await openFile(destination) : undefined;
  const results = file === undefined ? undefined : new LineWriter(naming(destination.label, file));
  return {
    results: destination.kind === 'stdout' ? standard : results,
    events: json ? new EventStream(standard) : undefined,
    begin: async () => file?.empty(),
    async close() {
      const closed = await Promise.allSettled([results?.close(), standard.close()]);
      for (const result of closed) if (result.status === 'rejected') throw result.reason;
    },
  };
}

async function openFile({ path, label }: Destination & { kind: 'file' }): Promise<FileSink> {
  try {
    return await openFileSink(path);
  } catch (error) {
    throw new CliFailure(EXIT.broken, describe(label, error), { cause: error });
  }
}

/** The same sink, with errors that name the file that cannot be written. A broken pipe keeps its error. */
function naming(label: string, sink: Sink): Sink {
  const rename = (error: unknown): never => {
    throw isBrokenPipe(error) ? error : new Error(describe(label, error));
  };
  return {
    write: (text) => sink.write(text).catch(rename),
    close: () => sink.close().catch(rename),
  };
}

function describe(label: string, error: unknown): string {
  return `Results cannot be written to ${label}: ${describeSystemError(error)}.`;
}
