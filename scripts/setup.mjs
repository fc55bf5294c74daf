// Makes a checkout ready: dependencies as the lockfile says, then a build. Does only what is out of date, so
// `npm start` and `npm test` can run it every time. Runs before anything is installed: Node's own modules only.
import { execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const STAMP = 'node_modules/.millpond-setup';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Millpond needs Node.js 20.19 or later; this is ${process.versions.node}.`);
}

const wanted = fingerprint();
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== wanted || !isComplete()) {
  console.log('installing dependencies …');
  rmSync(STAMP, { force: true });
  run(
    'npm ci --no-audit --no-fund --loglevel=error',
    'npm ci failed, see above. If a package.json changed, `npm install` updates the lockfile.',
  );
  // Last, so that an install that stopped half-way leaves no stamp and is done again.
  writeFileSync(STAMP, wanted);
}

console.log('building …');
run('node scripts/build.mjs', 'The build failed, see above.');

/** Changes whenever an installed node_modules may no longer fit: other dependencies, or another ABI of Node. */
function fingerprint() {
  const hash = createHash('sha256').update(`node ${major}\n`);
  for (const file of ['package-lock.json', ...workspaceManifests()]) {
    hash.update(`${file}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** The package.json of every workspace; of the globs that npm allows, `folder/*` is the one in use here. */
function workspaceManifests() {
  const { workspaces } = JSON.parse(readFileSync('package.json', 'utf8'));
  return workspaces
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      return existsSync(parent)
        ? readdirSync(parent)
            .sort()
            .map((name) => `${parent}/${name}`)
        : [];
    })
    .map((folder) => `${folder}/package.json`)
    .filter((file) => existsSync(file));
}

/** Whether every package of the lockfile is there; optional ones may be missing, as they are for other platforms. */
function isComplete() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return Object.entries(packages).every(
    ([path, { optional, devOptional }]) => optional || devOptional || existsSync(`${path || '.'}/package.json`),
  );
}

function run(command, complaint) {
  try {
    execSync(command, { stdio: 'inherit' });
  } catch {
    fail(complaint);
  }
}

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}
