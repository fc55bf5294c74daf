// Puts the code of each page that a browser runs into one text of a TypeScript file. So a page needs no file beside the bundle of
// its package. Runs before tsc, which reads that file, and before tests.
import { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = `${ROOT}packages/profiler/src`;
/** Each page, by its folder, with the packages that are bundled into it. */
const PAGES = [
  { folder: 'html', packages: ['uplot'] },
  { folder: 'live', packages: [] },
];
const TARGETS = ['chrome109', 'firefox115', 'safari16.4'];

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await bundleClients();

export default async function bundleClients() {
  await Promise.all(PAGES.map(bundleClient));
}

async function bundleClient({ folder, packages }) {
  const client = `${SOURCES}/${folder}/client`;
  const [script, style] = await Promise.all([bundled(`${client}/main.ts`), bundled(`${client}/style.css`)]);
  const licences = packages.map((name) => `/*! ${name}, bundled below:\n${licenceOf(name)}\n*/\n`).join('');
  const text = [
    '// Made by scripts/bundle-clients.mjs from client/. Not kept in the repository.',
    `export const CLIENT_SCRIPT: string = ${literal(licences + script)};`,
    `export const CLIENT_STYLE: string = ${literal(withDarkTwice(style))};`,
    '',
  ].join('\n');
  writeChanged(`${SOURCES}/${folder}/client-code.ts`, text);
}

async function bundled(entry) {
  // Loaded late: other scripts import this file where nothing is installed yet.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    outdir: 'out',
    format: 'iife',
    target: TARGETS,
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'error',
  });
  return outputFiles[0].text.trim();
}

function licenceOf(name) {
  return readFileSync(`${ROOT}node_modules/${name}/LICENSE`, 'utf8').trim();
}

/** Dark colours stand in a style once. They hold for a dark system, and for a reader who has chosen them. */
function withDarkTwice(css) {
  const rule = /@media ?\(prefers-color-scheme: ?dark\)\{:root:not\(\[data-theme=light\]\)(\{[^}]*\})\}/.exec(css);
  return rule === null ? css : css.replace(rule[0], `${rule[0]}:root[data-theme=dark]${rule[1]}`);
}

function literal(code) {
  if (/<\/(?:script|style)|<!--/i.test(code)) throw new Error('The code would end its own element.');
  return JSON.stringify(code);
}

/** A file that stays the same stays as old as it is: tsc then has nothing to do. */
function writeChanged(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  // Several builds may run at once: each reader finds a whole file.
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}
