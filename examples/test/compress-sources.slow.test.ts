import { type ChildProcess, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Outcome, ROOT, runNode } from './run-example.js';

const NODE_MODULES = join(ROOT, 'node_modules');
const ENDINGS = ['.js', '.mjs', '.cjs', '.d.ts'];

interface FileRecord {
  path: string;
  bytes: number;
  compressedBytes: number;
  sha256: string;
}
interface FailureRecord {
  path: string;
  error: string;
}

let folder: string;
let out: string;
let blobs: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millpond-compress-'));
  out = join(folder, 'out');
  blobs = join(out, 'blobs');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('compress-sources', () => {
  it('stores every source file of node_modules so that it can be had back', { timeout: 180_000 }, async () => {
    const expected = sourcesUnder(NODE_MODULES);
    const run = await compress(['--quality', '1']);

    expect(run.stdout).not.toContain('failed');
    expect(run.code).toBe(0);
    const records = readRecords<FileRecord>();
    expect(records.map(({ path }) => path).sort()).toEqual(expected);
    expect(damagedOnes(records, NODE_MODULES)).toEqual([]);
    expect(run.stdout).toMatch(new RegExp(`^${expected.length.toLocaleString('en')} files: .* \\(ratio \\d`, 'm'));
    expect(run.stdout).toMatch(/^verdict: .+\.$/m);
    expect(run.stdout).toMatch(/^next: .+\.$/m);
    expect(run.stdout).toContain(join(out, 'results.jsonl'));
  });

  it('takes the largest files first, follows no link, and stores equal content once', async () => {
    const root = makeSources({
      'a.js': 'twin',
      'lib/b.cjs': 'twin',
      'lib/large.d.ts': 'x'.repeat(5000),
      'none.mjs': '',
      'other.ts': 'not one of them',
    });
    symlinkSync(join(root, 'lib'), join(root, 'linked'));
    symlinkSync(join(root, 'a.js'), join(root, 'linked.js'));
    const run = await compress(['--root', root, '--workers', '1']);

    expect(run).toMatchObject({ code: 0, stderr: '' });
    const records = readRecords<FileRecord>();
    expect(records.map(({ path }) => path)).toEqual(['lib/large.d.ts', 'a.js', 'lib/b.cjs', 'none.mjs']);
    expect(damagedOnes(records, root)).toEqual([]);
    expect(readdirSync(blobs)).toHaveLength(3);
  });

  it('starts from a clean folder, and leaves alone what is not its own', async () => {
    const root = makeSources({ 'a.js': 'first' });
    await compress(['--root', root]);
    const before = readdirSync(blobs);
    writeFileSync(join(out, 'mine.txt'), '');
    writeFileSync(join(root, 'a.js'), 'second');
    await compress(['--root', root]);

    expect(readRecords()).toHaveLength(1);
    expect(readdirSync(blobs)).toHaveLength(1);
    expect(readdirSync(blobs)).not.toEqual(before);
    expect(existsSync(join(out, 'mine.txt'))).toBe(true);
  });

  it('goes on after a file that fails, names it and exits with 1', async () => {
    const root = makeSources({ 'a.js': 'good', 'too-large.js': '', 'z.js': 'good too' });
    truncateSync(join(root, 'too-large.js'), 3 * 1024 ** 3); // more than readFile takes; sparse, so it fills no disk
    const run = await compress(['--root', root]);

    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/1 file failed:\n {2}too-large\.js: .*2 GiB/);
    const records = readRecords<FileRecord | FailureRecord>();
    expect(records.map(({ path }) => path).sort()).toEqual(['a.js', 'too-large.js', 'z.js']);
    expect(records.find((record) => 'error' in record)).toMatchObject({ path: 'too-large.js' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves no process and no half file behind after %s', async (signal) => {
    let workers: number[] = [];
    const run = await compress(['--quality', '5'], (child) => {
      void whenFirstBlobIsThere(child).then(() => {
        workers = childrenOf(child);
        child.kill(signal);
      });
    });

    expect(run.code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(run.stderr).toContain(`stopped by ${signal}`);
    expect(workers).not.toEqual([]);
    expect(workers.filter(isAlive)).toEqual([]);
    expect(damagedOnes(readRecords<FileRecord>(), NODE_MODULES)).toEqual([]);
  });

  it('has nothing to do with --limit 0', async () => {
    const run = await compress(['--limit', '0']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^0 files: /m);
    expect(readRecords()).toEqual([]);
  });

  it.each([
    { flags: ['--root', 'no/such/folder'], complaint: /ENOENT.*no\/such\/folder/ },
    { flags: ['--quality', '12'], complaint: /--quality must be a whole number from 0 to 11; received "12"/ },
    { flags: ['--qality', '1'], complaint: /Unknown option '--qality'/ },
  ])('refuses $flags before it touches anything', async ({ flags, complaint }) => {
    const run = await compress(flags);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(complaint);
    expect(existsSync(out)).toBe(false);
  });
});

describe('its workload.yaml', () => {
  const example = join(ROOT, 'examples/compress-sources');
  const millpond = [join(ROOT, 'packages/cli/bin/millpond.js'), 'run', join(example, 'workload.yaml')];

  it('takes the same files, but for folders of tools', async () => {
    const plan = await runNode([...millpond, '--dry-run', '--json']);
    const expected = sourcesUnder(NODE_MODULES).filter((path) => !/(^|\/)\.[^/]*\//.test(path));
    expect(JSON.parse(plan.stdout)).toMatchObject({ total: expected.length });
  });

  it('does the same to them', async () => {
    const run = await runNode([...millpond, '--limit', '20', '--output', join(folder, 'results.jsonl')]);
    expect(run.code).toBe(0);
    const lines = readFileSync(join(folder, 'results.jsonl'), 'utf8').trimEnd().split('\n');
    const records = lines.map((line) => (JSON.parse(line) as { value: FileRecord }).value);
    expect(records).toHaveLength(20);
    expect(damagedOnes(records, example, join(example, 'out/workload/blobs'))).toEqual([]);
  });
});

function compress(flags: readonly string[], onStart?: (child: ChildProcess) => void): Promise<Outcome> {
  return runNode(['examples/compress-sources/main.mjs', '--out', out, ...flags], onStart);
}

function readRecords<T>(): T[] {
  const lines = readFileSync(join(out, 'results.jsonl'), 'utf8').split('\n');
  expect(lines.pop()).toBe(''); // the last line is whole
  return lines.map((line) => JSON.parse(line) as T);
}

/** Paths of the source files under a folder, sorted. Written apart from the example, so as not to share its mistakes. */
function sourcesUnder(root: string): string[] {
  const found: string[] = [];
  const waiting = [''];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const entry of readdirSync(join(root, at), { withFileTypes: true })) {
      const path = at + entry.name;
      if (entry.isDirectory()) waiting.push(`${path}/`);
      if (entry.isFile() && ENDINGS.some((ending) => path.endsWith(ending))) found.push(path);
    }
  }
  return found.sort();
}

/** Records whose blob is not the file, or whose numbers are not those of the file and the blob. */
function damagedOnes(records: readonly FileRecord[], root: string, blobsFolder = blobs): FileRecord[] {
  return records.filter(({ path, bytes, compressedBytes, sha256 }) => {
    const original = readFileSync(join(root, path));
    const blob = readFileSync(join(blobsFolder, `${sha256}.br`));
    const isWhole = brotliDecompressSync(blob).equals(original);
    const hash = createHash('sha256').update(original).digest('hex');
    return !isWhole || hash !== sha256 || original.length !== bytes || blob.length !== compressedBytes;
  });
}

function makeSources(files: Record<string, string>): string {
  const root = join(folder, 'root');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

async function whenFirstBlobIsThere(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(child.stdout, 'data'); // it says what there is to do once the folder is there
  const watcher = watch(blobs);
  await once(watcher, 'change');
  watcher.close();
}

function childrenOf({ pid }: ChildProcess): number[] {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return processes
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child ?? 0);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
