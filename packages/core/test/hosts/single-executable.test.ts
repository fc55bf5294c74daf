import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOOLS, UserFolder } from './packed.js';

/** It marks the place in the executable of Node that the application is put into. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

describe.runIf(process.platform === 'linux')('a single executable application', () => {
  let folder: UserFolder;
  let said: { kind: string; inWorker: boolean; result: string | number }[];

  beforeAll(() => {
    folder = new UserFolder();
    folder.write(
      'main.mjs',
      `import { inWorker, Pool } from '@millpond/core';
       import { join } from 'node:path';
       async function main() {
         for (const kind of ['thread', 'inline', 'process']) {
           const tell = (result) => console.log(JSON.stringify({ kind, inWorker, result }));
           try {
             const pool = new Pool(join(__dirname, 'worker.cjs'), { kind, workers: 1 });
             tell(await pool.run('times', 5));
             await pool.close();
           } catch (error) {
             tell(error.code + ': ' + error.message);
           }
         }
       }
       void main();`,
    );
    folder.write('worker.cjs', 'exports.times = (input) => input * 7;');
    const esbuild = join(TOOLS, 'esbuild/bin/esbuild');
    const bundled = [
      'main.mjs',
      '--bundle',
      '--platform=node',
      '--format=cjs',
      '--outfile=main.cjs',
      '--log-level=warning',
    ];
    execFileSync(esbuild, bundled, { cwd: folder.path });
    folder.write('sea.json', '{ "main": "main.cjs", "output": "app.blob", "disableExperimentalSEAWarning": true }');
    folder.run('--experimental-sea-config', 'sea.json');
    const app = join(folder.path, 'app');
    cpSync(process.execPath, app);
    folder.run(join(TOOLS, 'postject/dist/cli.js'), app, 'NODE_SEA_BLOB', 'app.blob', '--sentinel-fuse', FUSE);
    const printed = execFileSync(app, { cwd: folder.path, encoding: 'utf8', timeout: 60_000 });
    said = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as (typeof said)[number]);
  });
  afterAll(() => folder.remove());

  it('runs threads and inline, by the package as it is installed beside it', () => {
    expect(said.slice(0, 2)).toEqual([
      { kind: 'thread', inWorker: false, result: 35 },
      { kind: 'inline', inWorker: false, result: 35 },
    ]);
  });

  it('gets an error at once for processes, which says that threads work', () => {
    expect(said[2]?.result).toMatch(/^ERR_OPTION: .* is a single executable application: .* Use kind "thread"\.$/);
    expect(said).toHaveLength(3);
  });
});
