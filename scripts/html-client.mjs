// Makes the code of the HTML report one text. The browser's side is TypeScript, and the profiler's bundle has it as a string. So the
// page needs no file beside it. Runs before tsc, because a source of the profiler imports what it writes.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLIENT = `${ROOT}packages/profiler/src/html/client`;
const OUTPUT = `${ROOT}packages/profiler/src/html/client-code.ts`;

const [script, style] = await Promise.all([bundled(`${CLIENT}/main.ts`), bundled(`${CLIENT}/style.css`)]);
const licence = readFileSync(`${ROOT}node_modules/uplot/LICENSE`, 'utf8').trim();
const text = [
  '// Made by scripts/html-client.mjs from client/. Not kept in the repository.',
  `export const CLIENT_SCRIPT: string = ${literal(`/*! uPlot, bundled below:\n${licence}\n*/\n${script}`)};`,
  `export const CLIENT_STYLE: string = ${literal(withDarkTwice(style))};`,
  '',
].join('\n');
// The same text leaves the file alone: a newer file would make tsc build again.
if (!existsSync(OUTPUT) || readFileSync(OUTPUT, 'utf8') !== text) {
  writeFileSync(`${OUTPUT}.${process.pid}`, text);
  renameSync(`${OUTPUT}.${process.pid}`, OUTPUT);
}

async function bundled(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    outdir: 'out',
    format: 'iife',
    target: ['chrome109', 'firefox115', 'safari16.4'],
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'error',
  });
  return outputFiles[0].text.trim();
}

/** Dark colours stand in the style once. They hold for a dark system, and for a reader who has chosen them. */
function withDarkTwice(css) {
  const rule = /@media ?\(prefers-color-scheme: ?dark\)\{:root:not\(\[data-theme=light\]\)(\{[^}]*\})\}/.exec(css);
  if (rule === null) throw new Error('The style has no dark colours in the form that is looked for.');
  return css.replace(rule[0], `${rule[0]}:root[data-theme=dark]${rule[1]}`);
}

function literal(code) {
  if (/<\/(?:script|style)|<!--/i.test(code)) throw new Error('The code would end its own element.');
  return JSON.stringify(code);
}
