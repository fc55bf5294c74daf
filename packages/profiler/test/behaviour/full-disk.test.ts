import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { richReport } from '../support/rich-report.js';

const program = fileURLToPath(new URL('./fixtures/writes-report.mjs', import.meta.url));
const folders: string[] = [];
let folder = '';
beforeEach(() => folders.push((folder = mkdtempSync(join(tmpdir(), 'millpond-full-')))));
afterEach(() => folders.splice(0).forEach((each) => rmSync(each, { recursive: true })));

/** Runs a command that has a small disk of its own in `folder`. */
function withDisk(size: string, command: readonly string[]) {
  const script = `mount -t tmpfs -o size=${size} tmpfs "$0" && exec "$@"`;
  return spawnSync('unshare', ['-m', 'sh', '-c', script, folder, ...command], { encoding: 'utf8' });
}

function mayMount(): boolean {
  folder = mkdtempSync(join(tmpdir(), 'millpond-full-'));
  try {
    return withDisk('64k', ['true']).status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(process.platform !== 'linux' || !mayMount())('a disk that is full', () => {
  it('leaves whole files, no part of one, and an error that names what is missing', () => {
    const data = join(tmpdir(), `${basename(folder)}.json`);
    writeFileSync(data, JSON.stringify(richReport({ tasks: 2000 })));
    try {
      const { stdout, stderr } = withDisk('128k', [process.execPath, program, data, folder]);
      expect(stderr).toBe('');
      const { error, sizes } = JSON.parse(stdout) as {
        error: { code: string; message: string; cause: string; details: { written: string[]; left: string[] } };
        sizes: Record<string, number>;
      };
      expect([error.code, error.cause]).toEqual(['ERR_REPORT', 'ENOSPC']);
      const names = (paths: string[]) => paths.map((path) => basename(path)).sort();
      expect(names(error.details.written)).toEqual(Object.keys(sizes).sort());
      for (const [name, size] of Object.entries(sizes)) expect(size, name).toBeGreaterThan(0);
      expect(error.details.left.length).toBeGreaterThan(0);
      expect(error.message).toMatch(/no space left/);
      for (const path of error.details.left) expect(error.message).toContain(path);
    } finally {
      rmSync(data);
    }
  });
});
