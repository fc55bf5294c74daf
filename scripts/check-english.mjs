// Holds comments and Markdown to the rules of english.mjs. With `--count` it prints the number of faults by folder only.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { faultsOfSentences, paragraphsOfComments, paragraphsOfMarkdown } from './english.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const PATHS = [
  'packages/*/src/**/*.ts',
  'scripts/**/*.mjs',
  'bench/**/*.mjs',
  'examples/**/*.ts',
  'examples/**/*.mjs',
  '*.md',
  '**/*.md',
];
const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...PATHS.map((p) => `:(glob)${p}`)],
  { encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => file !== '');

const faults = [...new Set(files)].flatMap((file) => {
  const source = readFileSync(file, 'utf8');
  const paragraphs = file.endsWith('.md') ? paragraphsOfMarkdown(source) : paragraphsOfComments(source);
  return faultsOfSentences(paragraphs).map((fault) => ({ file, ...fault }));
});

if (process.argv.includes('--count')) {
  const counts = new Map();
  for (const { file } of faults) {
    const folder = file.split('/').slice(0, 4).join('/');
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  for (const [folder, count] of [...counts].sort(([, a], [, b]) => b - a))
    console.log(String(count).padStart(5), folder);
} else {
  for (const { file, line, rule, sentence } of faults) console.log(`${file}:${line}: ${rule}: ${sentence}`);
}
console.log(`${faults.length} sentences to mend`);
process.exitCode = faults.length === 0 ? 0 : 1;
