// Draws a result as SVG text. Each contestant has a horizontal bar, with whiskers from the lowest to the highest round. The
// colours follow the reader's light or dark setting, also in an image of a page.
import { number } from './table.mjs';

const WIDTH = 860;
const LABELS = 270;
const VALUES = 110;
const BARS = WIDTH - LABELS - VALUES;
const ROW = 20;
const BAR = 12;
const HEAD = 34;
const FOOT = 26;
// Whiskers may go a little beyond the longest bar; one outlier must not make all bars short.
const BEYOND = 1.15;
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .head { font-weight: 600; }
  .note { fill: #59636e; }
  .subject { fill: #0969da; }
  .peer { fill: #9aa4af; }
  .baseline { fill: none; stroke: #9aa4af; }
  .whisker { stroke: #1f2328; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9198a1; }
    .subject { fill: #4493f8; }
    .peer { fill: #656c76; }
    .baseline { stroke: #656c76; }
    .whisker { stroke: #e6edf3; }
  }`;

/** @param result of a benchmark, as in results/; each of its metrics is a panel, one below the other */
export function renderChart({ question, metrics, contestants, settings, outlined = 'no pool' }) {
  const panels = [];
  let top = 0;
  for (const metric of metrics) {
    const shown = contestants.filter((each) => isOnScale(each, metric));
    panels.push(renderPanel(metric, shown, top));
    top += HEAD + shown.length * ROW + FOOT;
  }
  const note = `Median of ${settings.rounds} rounds, whiskers from the lowest to the highest. Outlined: ${outlined}.`;
  const height = top + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(question)}">`,
    `<style>${STYLE}\n</style>`,
    ...panels,
    text(0, height - 6, note, 'note'),
    '</svg>',
    '',
  ].join('\n');
}

/** A direct call is far off the scale: beside it no other bar could be seen. */
function isOnScale({ kind }, { better }) {
  return !(kind === 'none' && better === 'higher');
}

function renderPanel({ key, unit, better }, contestants, top) {
  const medians = contestants.filter(({ results }) => results).map(({ results }) => results[key].median);
  const scale = BARS / (Math.max(Number.MIN_VALUE, ...medians) * BEYOND);
  const x = (value) => LABELS + Math.min(BARS, Math.max(0, value * scale));
  const direction = better === 'higher' ? 'longer is better' : 'shorter is better';
  const rows = contestants.map((each, index) => renderRow(each, key, top + HEAD + index * ROW, x));
  return [text(0, top + 20, `${unit}, ${direction}`, 'head'), ...rows].join('\n');
}

function renderRow({ name, role, results, failure }, key, top, x) {
  const middle = top + BAR / 2;
  const label = text(LABELS - 8, middle + 4, name, '', 'end');
  if (results === undefined) return `${label}\n${text(LABELS, middle + 4, failure, 'note')}`;
  const { median, min, max } = results[key];
  const end = Math.max(x(median), x(max));
  return [
    label,
    `<rect class="${role}" x="${LABELS}" y="${top}" width="${digits(x(median) - LABELS)}" height="${BAR}"/>`,
    whisker(x(min), x(max), middle),
    text(end + 6, middle + 4, number(median)),
  ].join('\n');
}

function whisker(from, to, y) {
  const [a, b] = [digits(from), digits(to)];
  return `<path class="whisker" fill="none" d="M${a} ${y - 3}v6M${a} ${y}H${b}M${b} ${y - 3}v6"/>`;
}

function text(x, y, content, style, anchor) {
  const attributes = [style && `class="${style}"`, anchor && `text-anchor="${anchor}"`].filter(Boolean).join(' ');
  return `<text x="${digits(x)}" y="${digits(y)}"${attributes && ` ${attributes}`}>${escape(content)}</text>`;
}

function digits(value) {
  return Number(value.toFixed(1));
}

function escape(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
