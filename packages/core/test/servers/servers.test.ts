import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isRunning } from '../behaviour/pools.js';
import { describeWith, type StartedServers, startServers } from './installed.js';

const SCRIPT = fileURLToPath(new URL('../../../../scripts/servers.mjs', import.meta.url));

/** Folders of servers there are now. */
function folders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('millpond-redis-'));
}

describeWith('redis', () => {
  it('runs without the rights of root, on a port of its own, and leaves nothing behind', async () => {
    const { redis, stop }: StartedServers & { redis: { folder?: string } } = await startServers({ redis: true });
    const other = await startServers({ redis: true });
    try {
      const status = readFileSync(`/proc/${redis.pid}/status`, 'utf8');
      if (process.getuid?.() === 0) expect(status).toMatch(/^Uid:\t65534\t65534/m);
      expect(other.redis.port).not.toBe(redis.port);
      expect(isRunning(redis.pid)).toBe(true);
    } finally {
      await stop();
      await other.stop();
    }
    expect(isRunning(redis.pid)).toBe(false);
    expect(existsSync(redis.folder ?? '')).toBe(false);
  });

  it.skipIf(!existsSync('/usr/bin/setpriv'))(
    'ends with the program that started it, even if that is killed',
    async () => {
      const before = folders();
      const code = `import { startServers } from ${JSON.stringify(SCRIPT)};
      const { redis } = await startServers({ redis: true });
      console.log(redis.pid);
      setInterval(() => {}, 1000);`;
      const program = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [text] = (await once(program.stdout, 'data')) as [Buffer];
      const pid = Number(text.toString());
      expect(isRunning(pid)).toBe(true);
      program.kill('SIGKILL');
      await once(program, 'close');
      while (isRunning(pid)) await new Promise(setImmediate);
      // A program that is killed removes nothing.
      const { rmSync } = await import('node:fs');
      for (const name of folders().filter((each) => !before.includes(each)))
        rmSync(`${tmpdir()}/${name}`, { recursive: true });
    },
  );
});
