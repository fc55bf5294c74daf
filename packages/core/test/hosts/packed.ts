import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** Where the tools of this checkout are. They are run from there, in folders that have none of their own. */
export const TOOLS = join(ROOT, 'node_modules');

/** A folder as a user has it: with a package.json, and @millpond/core installed as it would be published. */
export class UserFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'host-'));

  constructor(manifest: object = {}) {
    this.write('package.json', JSON.stringify({ name: 'app', private: true, ...manifest }));
    install(join(this.path, 'node_modules'));
  }

  write(name: string, text: string): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Runs Node with these arguments, in this folder. @throws when it does not end well */
  run(...args: string[]): string {
    return execFileSync(process.execPath, args, {
      cwd: this.path,
      encoding: 'utf8',
      // Nothing of this run of tests: colours, flags, how many workers.
      env: { PATH: process.env['PATH'], HOME: this.path, TMPDIR: tmpdir() },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

let packed: string | undefined;

/** Installs the package, and what it depends on, without a network: from its tarball, and from this checkout. */
function install(modules: string): void {
  packed ??= pack();
  cpSync(packed, join(modules, '@millpond/core'), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    cpSync(join(TOOLS, name), join(modules, name), { recursive: true, dereference: true });
  }
}

/** The files of the package as npm would publish them. */
function pack(): string {
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const options = { cwd: ROOT, encoding: 'utf8' as const };
  execFileSync('npm', ['pack', '--silent', '--workspace', 'packages/core', '--pack-destination', folder], options);
  const [tarball = ''] = readdirSync(folder);
  execFileSync('tar', ['-xzf', tarball], { cwd: folder });
  return join(folder, 'package');
}
