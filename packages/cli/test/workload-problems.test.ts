import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadWorkload } from '../src/workload/load.js';
import { WorkloadError } from '../src/workload/problems.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millpond-cli-'));
  await writeFile(join(folder, 'worker.mjs'), 'export default (x) => x;\n');
});
afterEach(() => rm(folder, { recursive: true }));

const GOOD = 'version: 1\nworker: ./worker.mjs\ninput: { items: [1] }\n';

/** Problems as "line:column path: message", in the order found. */
async function problemsOf(text: string, name = 'w.yaml'): Promise<string[]> {
  const file = join(folder, name);
  await writeFile(file, text);
  try {
    await loadWorkload(file);
    return [];
  } catch (error) {
    if (!(error instanceof WorkloadError)) throw error;
    return error.problems.map((p) => `${p.line}:${p.column} ${p.path.join('.')}: ${p.message}`);
  }
}

describe('a workload file', () => {
  it('is loaded with its paths resolved against its own folder', async () => {
    await mkdir(join(folder, 'sub'));
    const file = join(folder, 'sub', 'my-run.yaml');
    await writeFile(file, 'version: 1\nworker: ../worker.mjs\ninput: { items: [] }\n');
    const workload = await loadWorkload(file);
    expect(workload).toMatchObject({ name: 'my-run', task: 'default', worker: join(folder, 'worker.mjs') });
  });

  it('may be JSON, also when it is indented with tabs', async () => {
    expect(
      await problemsOf(
        '{\n\t"version": 1,\n\t"worker": "worker.mjs",\n\t"input": {\n\t\t"items": [1]\n\t}\n}\n',
        'w.json',
      ),
    ).toEqual([]);
  });

  it('says where each problem is, and finds all of them at once', async () => {
    const text = [
      'version: 2',
      'worker: ./missing.mjs',
      'tsak: x',
      'input:',
      '  range: { from: 1, to: 5, step: -1 }',
      'pool:',
      '  kind: proces',
      '  wrokers: 4',
      '  concurrency: 0',
      '  workers: { min: 3, max: 2 }',
      '  env: { PORT: 8080 }',
      '',
    ].join('\n');
    expect((await problemsOf(text)).sort()).toEqual([
      '10:19 pool.workers.min: is above max, which is 2.',
      '11:16 pool.env.PORT: must be a text; put it in quotes; received 8080.',
      '1:10 version: must be 1; received 2.',
      expect.stringMatching(/^2:9 worker: worker module not usable: no such file or folder: .*missing\.mjs$/),
      '3:1 tsak: is an unknown key. Did you mean "task"?',
      '5:34 input.range.step: leads away from 5; from 1 it must be above 0.',
      '7:9 pool.kind: must be one of process, thread, inline; received "proces". Did you mean "process"?',
      '8:3 pool.wrokers: is an unknown key. Did you mean "workers"?',
      '9:16 pool.concurrency: must be a whole number from 1 to 1000; received 0.',
    ]);
  });

  it('has the same positions in JSON', async () => {
    expect(
      await problemsOf('{\n  "version": 1,\n  "worker": "worker.mjs",\n  "input": { "stdin": "line" }\n}\n', 'w.json'),
    ).toEqual(['4:23 input.stdin: must be one of lines, jsonl, csv; received "line". Did you mean "lines"?']);
  });

  it('names what is missing at the place it is missing from', async () => {
    expect(await problemsOf('name: x\ninput:\n  csv:\n    delimiter: ";"\n')).toEqual([
      '1:1 version: is missing; it must be 1.',
      '1:1 worker: is missing; it must be the path of a worker module.',
      '3:3 input.csv.path: is missing; it must be a non-empty text.',
    ]);
  });

  it('lists the known keys when no key is near', async () => {
    expect(await problemsOf(`${GOOD}output: { database: x }\n`)).toEqual([
      '4:11 output.database: is an unknown key. Known here: jsonl, input.',
    ]);
  });

  it('must have a source of items', async () => {
    expect(await problemsOf('version: 1\nworker: worker.mjs\ninput: {}\n')).toEqual([
      '3:1 input: must have one of files, lines, jsonl, csv, items, range, stdin.',
    ]);
  });

  it('must have only one source of items', async () => {
    expect(
      await problemsOf('version: 1\nworker: worker.mjs\ninput:\n  lines: a.txt\n  stdin: lines\n  ignore: b\n'),
    ).toEqual([
      '5:3 input.stdin: cannot stand beside "lines"; a workload has one source of items.',
      '6:3 input.ignore: works only with "files".',
    ]);
  });

  it.each(['data:text/javascript,export{}', 'http://example.org/w.mjs', 'file:///w.mjs'])(
    'may not load %s as its worker',
    async (worker) => {
      const [problem, ...more] = await problemsOf(`version: 1\nworker: "${worker}"\ninput: { items: [] }\n`);
      expect(problem).toMatch(/^2:9 worker: must be the path of a file; "\w+:" addresses are refused\.$/);
      expect(more).toEqual([]);
    },
  );

  it('may not name a folder as its worker', async () => {
    await mkdir(join(folder, 'lib'));
    expect(await problemsOf('version: 1\nworker: ./lib\ninput: { items: [] }\n')).toEqual([
      expect.stringMatching(/^2:9 worker: worker module not usable: it is not a file: /),
    ]);
  });

  it('may not hold tags, keys that reach into prototypes, or the same key twice', async () => {
    expect(await problemsOf(`${GOOD}pool: { workerData: !!js/function "x" }\n`)).toEqual([
      '4:21 : tags are not allowed (tag:yaml.org,2002:js/function).',
    ]);
    expect(await problemsOf(`${GOOD}pool: { workerData: { a: [{ __proto__: 1 }], constructor: 2 } }\n`)).toEqual([
      '4:29 pool.workerData.a.0.__proto__: this key is not allowed.',
      '4:46 pool.workerData.constructor: this key is not allowed.',
    ]);
    expect(await problemsOf(`${GOOD}worker: x\n`)).toEqual(['4:1 : this key is here twice.']);
  });

  it('may not be an alias bomb, nested without end, or two documents', async () => {
    const rows = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [name, of] of ['ba', 'cb', 'dc', 'ed'])
      rows.push(`${name}: &${name} [${Array(10).fill(`*${of}`).join(', ')}]`);
    expect(await problemsOf(rows.join('\n'))).toEqual([expect.stringContaining('Excessive alias count')]);
    expect(await problemsOf(`a: ${'['.repeat(50_000)}`)).toEqual([expect.stringContaining('is nested too deeply.')]);
    expect(await problemsOf(`${GOOD}pool: { workerData: ${'['.repeat(300)}${']'.repeat(300)} }\n`)).toEqual([
      expect.stringContaining('is nested too deeply.'),
    ]);
    expect(await problemsOf(`${GOOD}---\n${GOOD}`)).toEqual([
      '4:1 : a second document begins here; a workload file holds one.',
    ]);
  });

  it('shows the place of a syntax error', async () => {
    expect(await problemsOf('version: 1\nworker:\n\t- x\n')).toEqual(['3:1 : Tabs are not allowed as indentation.']);
    expect(await problemsOf('version: 1\nworker: *none\n')).toEqual([
      '2:9 : no anchor "&none" comes before this alias.',
    ]);
  });

  it('may not be empty, a list, or a text', async () => {
    expect(await problemsOf('')).toEqual([
      expect.stringContaining(': must be a mapping with version, worker and input'),
    ]);
    expect(await problemsOf('- 1\n')).toEqual([
      '1:1 : must be a mapping with version, worker and input; received [1].',
    ]);
    expect(await problemsOf('hello\n')).toEqual([
      '1:1 : must be a mapping with version, worker and input; received "hello".',
    ]);
  });

  it('is refused when it is missing, too large, or not text', async () => {
    await expect(loadWorkload(join(folder, 'none.yaml'))).rejects.toThrow('cannot be read: no such file or folder.');
    await expect(loadWorkload(folder)).rejects.toThrow('cannot be read: it is a folder.');
    await expect(loadWorkload('/dev/zero')).rejects.toThrow('is larger than 10 MB');
    await writeFile(join(folder, 'b.yaml'), Buffer.from([0x61, 0xff, 0xfe]));
    await expect(loadWorkload(join(folder, 'b.yaml'))).rejects.toThrow('is not UTF-8 text.');
  });

  it('may turn off no limit with infinity and take no fractions of workers', async () => {
    expect(
      (
        await problemsOf(
          `${GOOD}pool: { timeoutMs: .inf, workers: 1.5, retry: { attempts: -1, backoff: { baseMs: x } } }\n`,
        )
      ).sort(),
    ).toEqual([
      '4:20 pool.timeoutMs: must be a number of milliseconds of at least 1; received Infinity.',
      '4:35 pool.workers: must be a whole number of at least 1, "auto", or a mapping with min, max and spare; received 1.5.',
      '4:59 pool.retry.attempts: must be a whole number of at least 0; received -1.',
      '4:82 pool.retry.backoff.baseMs: must be a number of milliseconds of at least 0; received "x".',
    ]);
  });

  it('says what is wrong with how the pool sizes, warms and renews itself', async () => {
    const pool = [
      'pool:',
      '  workers: { spare: 65 }',
      '  concurrency: { max: 0 }',
      '  warmup: { tasks: [{ input: 1 }, { name: a, time: 2 }] }',
      '  recycle: { aboveRssBytes: 512 megs, onLeak: maybe, jitter: 2 }',
      '  memory: { limitBytes: 2 gb, perWorkerBytes: 0 }',
      '',
    ].join('\n');
    expect((await problemsOf(`${GOOD}${pool}`)).sort()).toEqual([
      '5:21 pool.workers.spare: must be a whole number from 0 to 64; received 65.',
      '6:23 pool.concurrency.max: must be a whole number from 1 to 1000; received 0.',
      '7:21 pool.warmup.tasks.0.name: is missing; it must be the name of an exported function.',
      '7:46 pool.warmup.tasks.1.time: is an unknown key. Did you mean "times"?',
      '8:29 pool.recycle.aboveRssBytes: must be a whole number of bytes, or a size such as 512 MiB; received "512 megs".',
      '8:47 pool.recycle.onLeak: must be true or false; received "maybe".',
      '8:62 pool.recycle.jitter: must be a number from 0 to 1; received 2.',
      '9:25 pool.memory.limitBytes: must be a whole number of bytes, a size such as 512 MiB, or "auto"; received "2 gb".',
      '9:47 pool.memory.perWorkerBytes: must be a whole number of bytes, or a size such as 512 MiB; received 0.',
    ]);
  });

  it('may say "auto" where the pool is to choose', async () => {
    expect(
      await problemsOf(`${GOOD}pool: { workers: auto, concurrency: auto, memory: { limitBytes: auto } }\n`),
    ).toEqual([]);
  });
});
