// Draws a pool that sizes itself over time, as SVG text. Workers, tasks at once in each, and tasks a second stand one below the
// other. The colours follow the reader's light or dark setting.
import { number } from './table.mjs';

const WIDTH = 860;
const LEFT = 60;
const RIGHT = 20;
const HEAD = 26;
const PLOT = 90;
const FOOT = 24;
const PANEL = HEAD + PLOT + 10;
const PANELS = [
  { key: 'workers', title: 'workers', isStepped: true },
  { key: 'concurrency', title: 'tasks at once in each', isStepped: true },
  { key: 'perSecond', title: 'tasks/s', isStepped: false },
];
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .head { font-weight: 600; }
  .note { fill: #59636e; }
  .line { fill: none; stroke: #0969da; stroke-width: 1.5; }
  .axis { stroke: #d1d9e0; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9198a1; }
    .line { stroke: #4493f8; }
    .axis { stroke: #3d444d; }
  }`;

/** @param lines `[{ name, line: [{ atMs, workers, concurrency, perSecond }] }]`, one block each */
export function renderTimeLines({ question, timeLines }) {
  const block = PANELS.length * PANEL + FOOT;
  const parts = timeLines.map(({ name, line }, index) => renderBlock(name, line, index * block));
  const height = timeLines.length * block;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(question)}">`,
    `<style>${STYLE}\n</style>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function renderBlock(name, line, top) {
  const endMs = line.at(-1).atMs;
  const x = (atMs) => LEFT + (atMs / endMs) * (WIDTH - LEFT - RIGHT);
  const panels = PANELS.map((panel, index) => renderPanel(panel, name, line, top + index * PANEL, x));
  const seconds = Math.round(endMs / 1000);
  const step = Math.max(1, Math.ceil(seconds / 10));
  const marks = [];
  for (let second = 0; second * 1000 <= endMs; second += step) {
    marks.push(text(x(second * 1000), top + PANELS.length * PANEL + 8, `${second} s`, 'note', 'middle'));
  }
  return [...panels, ...marks].join('\n');
}

function renderPanel({ key, title, isStepped }, name, line, top, x) {
  const most = Math.max(1, ...line.map((each) => each[key]));
  const bottom = top + HEAD + PLOT;
  const y = (value) => bottom - (value / most) * PLOT;
  const points = line.map((each) => [digits(x(each.atMs)), digits(y(each[key]))]);
  const path = points.map(([px, py], index) =>
    index === 0 ? `M${px} ${py}` : isStepped ? `H${px}V${py}` : `L${px} ${py}`,
  );
  return [
    text(0, top + 16, `${name}: ${title}`, 'head'),
    text(LEFT - 8, top + HEAD + 4, number(most), 'note', 'end'),
    text(LEFT - 8, bottom + 4, '0', 'note', 'end'),
    `<path class="axis" d="M${LEFT} ${bottom}H${WIDTH - RIGHT}"/>`,
    `<path class="line" d="${path.join('')}"/>`,
  ].join('\n');
}

function text(x, y, content, style, anchor) {
  const attributes = [`class="${style}"`, anchor && `text-anchor="${anchor}"`].filter(Boolean).join(' ');
  return `<text x="${digits(x)}" y="${digits(y)}" ${attributes}>${escape(content)}</text>`;
}

function digits(value) {
  return Number(value.toFixed(1));
}

function escape(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
