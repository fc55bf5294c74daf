// Makes docs/performance.md and its charts from the newest result of each benchmark: `node performance.mjs`. Every full run
// ends with it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillGuide } from './break-even-table.mjs';
import { renderChart } from './chart.mjs';
import { newestResults } from './newest-results.mjs';
import { rangeToPeers, realWorkChart, realWorkOf, renderRealWork } from './real-work-summary.mjs';
import { headCells, measuredAgainst, number, resultCells, row, verdict } from './table.mjs';
import { renderTimeLines } from './time-line-chart.mjs';

/** Results from before this day belong to another engine: see `olderNote`. */
const ENGINE_SINCE = '2026-11-28';

if (process.argv[1] === import.meta.filename) {
  writePage(join(import.meta.dirname, 'results'), join(import.meta.dirname, '../docs'));
}

/** @returns the file of the page */
export function writePage(resultsFolder, pageFolder) {
  // By the first number of their goals.
  const order = ({ numbers }) => Number(numbers[0].slice(1));
  const results = [...newestResults(resultsFolder).values()].sort((a, b) => order(a) - order(b));
  const charts = join(pageFolder, 'performance');
  mkdirSync(charts, { recursive: true });
  for (const result of results) writeFileSync(join(charts, `${result.id}.svg`), renderChart(result));
  const clients = realWorkOf(results);
  if (clients.length > 0)
    writeFileSync(join(charts, 'real-work.svg'), renderChart(realWorkChart(clients, results[0].settings)));
  writeTimeLines(results, join(pageFolder, 'sizing'));
  const page = join(pageFolder, 'performance.md');
  writeFileSync(page, renderPage(results));
  fillGuide(results, join(pageFolder, 'guides/when-a-pool-pays.md'));
  return page;
}

/** How pools that size themselves went on over time: one chart a load, for docs/sizing.md. */
function writeTimeLines(results, folder) {
  for (const result of results.filter(({ timeLines }) => timeLines !== undefined)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${result.id.replace(/^sizing-/, '')}.svg`), renderTimeLines(result));
  }
}

/** Names the figures that come from older code; empty when there are none. */
function olderNote(results) {
  const older = results.filter(({ date }) => date.slice(0, 10) < ENGINE_SINCE);
  if (older.length === 0) return '';
  const which = older.length === results.length ? 'All figures on this page' : 'Sections with an earlier date';
  return `
> **Measured before the engine of ${ENGINE_SINCE}.** ${which} are older than two changes.
> These are the encoding of inputs one by one ([0015](decisions/0015-tree-codec.md)) and the result log ([0017](decisions/0017-result-log.md)).
> Goals that rest on these figures are as old. Codecs named \`msgpack\` and \`json\` are gone since.
`;
}

function renderPage(results) {
  const clients = realWorkOf(results);
  return `# Performance

${renderFirst(results, clients)}
Made by [bench/](../bench/README.md) from the newest results. \`npm run bench\` measures on your machine and writes this page anew. Ratios hold
better than numbers, because machines differ. All contestants of a question ran on the same machine, in turns.
${olderNote(results)}${clients.length === 0 ? '' : renderClients(clients)}
## Goals

| | question | goal for | measured | |
| --- | --- | --- | --- | --- |
${results.flatMap(goalRows).join('\n')}

${results.map(renderSection).join('\n')}`;
}

/** One sentence and three charts: what most readers want. */
function renderFirst(results, clients) {
  const shown = ['identity', 'real-work', 'mixed-lengths'];
  const isThere = (id) => (id === 'real-work' ? clients.length > 0 : results.some((each) => each.id === id));
  const charts = shown.filter(isThere).map((id) => `![${id}](performance/${id}.svg)\n`);
  return [sentenceOf(results, clients), '', ...charts].join('\n');
}

function sentenceOf(results, clients) {
  const timesPeer = (id, name) => {
    const { contestants, metrics } = results.find((each) => each.id === id) ?? { contestants: [] };
    return contestants.find((each) => each.name === name)?.results?.[metrics[0].key].toBestPeer;
  };
  const [processes, threads] = ['Millpond processes', 'Millpond threads'].map((name) => timesPeer('identity', name));
  const tiny =
    processes !== undefined && threads !== undefined
      ? `Millpond moves tiny tasks ${number(processes)} times as fast as the best other process pool. With threads it moves them ${number(threads)} times as fast as the best other thread pool.`
      : undefined;
  const range = rangeToPeers(clients);
  const real =
    range &&
    `Real work of ${clients.length} kinds takes ${number(range[0])} to ${number(range[1])} times as long as in the [best dynamic peer](#real-work). Both have the same kind of workers.`;
  const parts = [tiny, real].filter((part) => part !== undefined);
  return parts.length === 0 ? 'What a pool costs, beside other pools and beside no pool at all.' : parts.join(' ');
}

function renderClients(clients) {
  return `
## Real work

Pools have two workers. The ideal is two bare forks: each has half of the list beforehand and throws its results away. Dynamic peers give the
next task to a free worker. Below 1, Millpond is faster than that peer.

${renderRealWork(clients)}
`;
}

function goalRows({ id, question, goals }) {
  return goals.map((goal) =>
    row([goal.number, `[${question}](#${id})`, goal.text, measuredAgainst(goal), verdict(goal)]),
  );
}

function renderSection({
  id,
  file,
  question,
  method,
  date,
  machine,
  versions,
  settings,
  metrics,
  contestants,
  isCompact,
}) {
  const { node, ...packages } = versions;
  const gibibytes = number(machine.memoryBytes / 2 ** 30);
  const head = ['', ...headCells(metrics, isCompact)];
  return `<a id="${id}"></a>

## ${question}

${method}

![${question}](performance/${id}.svg)

${row(head)}
${row(head.map((_, column) => (column === 0 ? '---' : '--:')))}
${contestants.map((each) => contestantRow(each, metrics, isCompact)).join('\n')}

Median of ${settings.rounds} rounds${isCompact ? '.' : '. “× best peer” is the ratio to the best pool with the same kind of workers; above 1 is better.'}
${date.slice(0, 10)}, Node.js ${node}, ${machine.cpu}, ${machine.cores} cores, ${gibibytes} GiB, ${machine.platform}, load ${number(machine.loadAverage)} before the start.
${Object.entries(packages)
  .map(([name, version]) => `${name} ${version}`)
  .join(', ')}. All rounds: \`bench/results/${file}\`.
`;
}

function contestantRow(contestant, metrics, isCompact) {
  const { name, role } = contestant;
  const label = role === 'subject' ? `**${name}**` : role === 'baseline' ? `*${name}*` : name;
  return row([label, ...resultCells(contestant, metrics, isCompact)]);
}
