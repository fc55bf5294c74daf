import * as z from 'zod';
import { SIZE_PATTERN } from './size.js';

/*
 * The shape of a workload file, version 1. Every message is the phrase that ends the sentence "<path> …", so that all checks read
 * alike. In addition, check.ts names the value that was found instead. Checks that need two keys are in cross-checks.ts.
 */

function text(phrase = 'must be a non-empty text') {
  return z.string({ error: phrase }).min(1, { error: phrase });
}

function whole(min: number, max?: number) {
  const error =
    max === undefined ? `must be a whole number of at least ${min}` : `must be a whole number from ${min} to ${max}`;
  const number = z.int({ error }).min(min, { error });
  return max === undefined ? number : number.max(max, { error });
}

function durationMs(min: number) {
  const error = `must be a number of milliseconds of at least ${min}`;
  return z.number({ error }).min(min, { error });
}

function size(error = 'must be a whole number of bytes, or a size such as 512 MiB') {
  return z.union([z.int({ error }).min(1, { error }), z.string({ error }).regex(SIZE_PATTERN, { error })], { error });
}

const LIMIT_PHRASE = 'must be a whole number of bytes, a size such as 512 MiB, or "auto"';

function yesOrNo() {
  return z.boolean({ error: 'must be true or false' });
}

function listOf(item: z.ZodType<string>, phrase: string) {
  return z.array(item, { error: phrase }).min(1, { error: phrase });
}

const csvColumns = listOf(text('must be the name of a column, a text'), 'must be a list of column names').describe(
  'Names of the columns, where the file has no header or other names are wanted.',
);

const csv = z.union(
  [
    text(),
    z.strictObject({
      path: text().describe('CSV file, relative to the workload file.'),
      delimiter: text('must be the text between two fields, such as ";" or "\\t"')
        .exactOptional()
        .describe('Default: a comma.'),
      header: yesOrNo()
        .exactOptional()
        .describe('Whether the first record holds column names. Default: true without columns, false with them.'),
      columns: csvColumns.exactOptional(),
    }),
  ],
  { error: 'must be a path, or a mapping with path, delimiter, header and columns' },
);

const patterns = z.union([text(), listOf(text('must be a glob pattern, a text'), 'must be a list of glob patterns')], {
  error: 'must be a glob pattern or a list of them',
});

const input = z.strictObject(
  {
    files: patterns
      .exactOptional()
      .describe('Glob patterns, relative to the workload file. Items are { path, relative }, sorted.'),
    ignore: patterns.exactOptional().describe('Glob patterns of files to leave out; only with files.'),
    lines: text('must be the path of a text file')
      .exactOptional()
      .describe('Text file; each line that is not empty is an item.'),
    jsonl: text('must be the path of a JSON Lines file')
      .exactOptional()
      .describe('JSON Lines file; each line is an item.'),
    csv: csv.exactOptional().describe('CSV file; each record is an item.'),
    items: z.array(z.unknown(), { error: 'must be a list' }).exactOptional().describe('The items themselves.'),
    range: z
      .strictObject(
        {
          from: z.int({ error: 'must be a whole number' }),
          to: z.int({ error: 'must be a whole number' }),
          step: z.int({ error: 'must be a whole number other than 0' }).exactOptional(),
        },
        { error: 'must be a mapping with from, to and step' },
      )
      .exactOptional()
      .describe('Whole numbers from … to, both included.'),
    stdin: z.enum(['lines', 'jsonl', 'csv']).exactOptional().describe('Reads items from standard input.'),
  },
  { error: 'must be a mapping with one of files, lines, jsonl, csv, items, range, stdin' },
);

const output = z.strictObject(
  {
    jsonl: text('must be a path, or "-" for standard output')
      .exactOptional()
      .describe('File of results, one JSON object a line, in input order; "-" for standard output.'),
    input: yesOrNo().exactOptional().describe('Repeat the item in its result line. Default: false.'),
  },
  { error: 'must be a mapping with jsonl and input' },
);

const workers = z.union(
  [
    whole(1),
    z.literal('auto'),
    z.strictObject({
      min: whole(0).exactOptional(),
      max: whole(1).exactOptional(),
      spare: whole(0, 64).exactOptional().describe('Workers beside those, warm, that take the place of one that ends.'),
    }),
  ],
  { error: 'must be a whole number of at least 1, "auto", or a mapping with min, max and spare' },
);

const concurrency = z.union(
  [whole(1, 1000), z.literal('auto'), z.strictObject({ max: whole(1, 1000).exactOptional() })],
  {
    error: 'must be a whole number from 1 to 1000, "auto", or a mapping with max',
  },
);

const warmup = z.strictObject(
  {
    tasks: z
      .array(
        z.strictObject(
          {
            name: text('must be the name of an exported function'),
            input: z.unknown().exactOptional(),
            times: whole(1).exactOptional().describe('How many times. Default: once.'),
          },
          { error: 'must be a mapping with name, input and times' },
        ),
        { error: 'must be a list of mappings with name, input and times' },
      )
      .exactOptional(),
  },
  { error: 'must be a mapping with tasks' },
);

const recycle = z.strictObject(
  {
    afterTasks: whole(1).exactOptional(),
    afterMs: durationMs(1).exactOptional(),
    aboveRssBytes: size().exactOptional().describe('Growth of its memory since it was ready.'),
    onLeak: yesOrNo().exactOptional().describe('When its memory grows with its tasks. Default: false.'),
    jitter: z
      .number({ error: 'must be a number from 0 to 1' })
      .min(0, { error: 'must be a number from 0 to 1' })
      .max(1, { error: 'must be a number from 0 to 1' })
      .exactOptional()
      .describe('Share by which afterTasks and afterMs may be less for one worker than for another. Default: 0.1.'),
  },
  { error: 'must be a mapping with afterTasks, afterMs, aboveRssBytes, onLeak and jitter' },
);

const memory = z.strictObject(
  {
    limitBytes: z
      .union([size(LIMIT_PHRASE), z.literal('auto')], { error: LIMIT_PHRASE })
      .exactOptional()
      .describe('What the run and its workers may use together. Default: auto, what the system sets.'),
    perWorkerBytes: size().exactOptional().describe('Most heap of a worker. Default: its share of the limit.'),
  },
  { error: 'must be a mapping with limitBytes and perWorkerBytes' },
);

const retry = z.union(
  [
    whole(0),
    z.strictObject({
      attempts: whole(0),
      backoff: z
        .strictObject(
          { baseMs: durationMs(0).exactOptional(), maxMs: durationMs(0).exactOptional() },
          { error: 'must be a mapping with baseMs and maxMs' },
        )
        .exactOptional(),
    }),
  ],
  { error: 'must be a whole number of at least 0, or a mapping with attempts and backoff' },
);

const env = z.union(
  [z.enum(['inherit', 'clean']), z.record(z.string(), z.string({ error: 'must be a text; put it in quotes' }))],
  { error: 'must be "inherit", "clean", or a mapping of names to texts' },
);

const pool = z.strictObject(
  {
    kind: z.enum(['process', 'thread', 'inline']).exactOptional(),
    workload: z.enum(['auto', 'cpu', 'io', 'mixed']).exactOptional(),
    workers: workers.exactOptional(),
    concurrency: concurrency.exactOptional().describe('Items at once in one worker.'),
    timeoutMs: durationMs(1).exactOptional().describe('Longest execution of one item.'),
    queueTimeoutMs: durationMs(1).exactOptional().describe('Longest wait of one item for a worker.'),
    graceMs: durationMs(0).exactOptional(),
    retry: retry.exactOptional(),
    crash: z
      .strictObject({ attempts: whole(1).exactOptional() }, { error: 'must be a mapping with attempts' })
      .exactOptional()
      .describe('After how many dead workers an item that was running in them is given up.'),
    restart: z
      .strictObject(
        { max: whole(0).exactOptional(), withinMs: durationMs(1).exactOptional() },
        { error: 'must be a mapping with max and withinMs' },
      )
      .exactOptional()
      .describe('More deaths of workers than max within withinMs break the run.'),
    prefetch: z
      .union([whole(0, 1000), z.literal('auto')], { error: 'must be a whole number from 0 to 1000, or "auto"' })
      .exactOptional(),
    startTimeoutMs: durationMs(1).exactOptional(),
    warmup: warmup.exactOptional().describe('Calls every new worker makes before it takes items.'),
    recycle: recycle.exactOptional().describe('When a worker is replaced by a new one, between its items.'),
    memory: memory.exactOptional(),
    codec: z
      .enum(['structured'], { error: 'must be structured, the one codec of workload files' })
      .exactOptional()
      .describe('How items and results cross to a worker and back. Default: structured.'),
    workerData: z.unknown().exactOptional(),
    execArgv: z
      .array(z.string({ error: 'must be a text' }), { error: 'must be a list of Node.js flags' })
      .exactOptional(),
    env: env.exactOptional(),
  },
  { error: 'must be a mapping of pool settings' },
);

const profile = z.strictObject(
  {
    text: z
      .union([z.literal(true), text()], { error: 'must be true (print the report to standard error) or a path' })
      .exactOptional(),
    json: text('must be a path').exactOptional(),
  },
  { error: 'must be a mapping with text and json' },
);

/** Schema of a workload file as written; paths are not resolved yet. */
export const workloadSchema = z.strictObject(
  {
    $schema: z.string().exactOptional().describe('For editors; ignored.'),
    version: z.literal(1, { error: 'must be 1' }).describe('Version of the format.'),
    name: text().exactOptional().describe('Label in output and reports. Default: the name of the file.'),
    worker: text('must be the path of a worker module').describe('Worker module, relative to the workload file.'),
    task: text('must be the name of an exported function')
      .exactOptional()
      .describe('Exported function to call. Default: default.'),
    input,
    output: output.exactOptional(),
    pool: pool.exactOptional().describe('Settings of the pool, as in PoolOptions of @millpond/core.'),
    profile: profile.exactOptional(),
  },
  { error: 'must be a mapping with version, worker and input' },
);

/** A workload file as written. */
export type WorkloadFile = z.infer<typeof workloadSchema>;

/** The `pool` section as written. */
export type PoolSection = NonNullable<WorkloadFile['pool']>;

/** The workload format as a JSON Schema (draft 2020-12), for editors and other tools. */
export function workloadJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(workloadSchema, { io: 'input' });
}
