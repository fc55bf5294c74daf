// Checks that each package offers what its API report says. The reports are committed (packages/*/api), so that a review sees each
// change of the public surface. With --update, the reports are written anew.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const update = process.argv.includes('--update');
const differences = [];
for (const name of readdirSync('packages')) {
  const made = readReports(`packages/${name}/dist/api`);
  const committed = readReports(`packages/${name}/api`);
  for (const file of new Set([...Object.keys(committed), ...Object.keys(made)])) {
    if (made[file] === committed[file]) continue;
    const path = `packages/${name}/api/${file}`;
    if (update) put(path, made[file]);
    else differences.push(`${path}\n${changes(committed[file] ?? '', made[file] ?? '')}`);
  }
}
if (differences.length > 0) {
  console.error(
    `${differences.join('\n')}\nThe public surface has changed. If that is meant: npm run check:api -- --update`,
  );
  process.exitCode = 1;
}

/** Texts by file name. */
function readReports(folder) {
  let files;
  try {
    files = readdirSync(folder);
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
  return Object.fromEntries(
    files.map((file) => [basename(file), inOneOrder(readFileSync(`${folder}/${file}`, 'utf8'))]),
  );
}

/**
 * The names of an enum in alphabetical order. The compiler lists them as it meets them. A clean build meets them in another order
 * than a build that follows a change.
 */
function inOneOrder(text) {
  return text.replace(/(?:^ +"?[\w-]+"?: "[^"\n]*";\n){2,}/gm, (names) =>
    names
      .split(/(?<=\n)/)
      .sort()
      .join(''),
  );
}

/** @param text undefined for an entry that is gone */
function put(path, text) {
  if (text === undefined) return rmSync(path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Lines that only one of them has. */
function changes(before, after) {
  const [old, now] = [before, after].map((text) => text.split('\n'));
  const gone = old.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const come = now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`);
  return [...gone, ...come].join('\n');
}
