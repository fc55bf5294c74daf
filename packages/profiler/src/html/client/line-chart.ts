import uPlot from 'uplot';
import { ms } from '../shared/numbers.js';
import { timeLabels, timeTicks } from '../shared/scales.js';
import { colour } from './colours.js';
import type { Page } from './page.js';
import { FONT } from './surface.js';

export interface Line {
  label: string;
  /** Name of the colour in the style sheet. */
  colour: string;
  values: readonly (number | null)[];
  /** Points alone, without a line. */
  points?: boolean;
  /** Filled below the line. */
  area?: boolean;
  /** Drawn in steps: the value holds from its place to the next one. */
  steps?: boolean;
  dashed?: boolean;
}

export interface ChartOptions {
  title: string;
  height: number;
  /** Values along the horizontal axis, rising. */
  x: readonly number[];
  lines: readonly Line[];
  format(value: number): string;
  /** With a page, the horizontal axis is the time that all views share. Without one it is as long as the data. */
  page?: Page;
  /** Upper end of the vertical axis at least. */
  least?: number;
  fromZero?: boolean;
}

/** One chart with the lines of a quantity. */
export class LineChart {
  readonly #plot: uPlot;
  readonly #host: HTMLElement;
  readonly #options: ChartOptions;

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#host = host;
    this.#options = options;
    const { x, lines, page } = options;
    this.#plot = new uPlot(
      this.#settings(),
      [[...x], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData,
      host,
    );
    this.#plot.root.setAttribute('role', 'img');
    this.#plot.root.setAttribute('aria-label', options.title);
    if (page !== undefined) this.#plot.over.addEventListener('dblclick', () => page.store.set({ range: null }));
  }

  draw(): void {
    const width = this.#width;
    if (width !== this.#plot.width) this.#plot.setSize({ width, height: this.#options.height });
    if (this.#options.page !== undefined) {
      const [min, max] = this.#options.page.range;
      this.#plot.setScale('x', { min, max });
    }
    this.#plot.redraw(false, true);
  }

  get #width(): number {
    return Math.max(160, this.#host.clientWidth);
  }

  #settings(): uPlot.Options {
    const { title, height, lines, format, page, least = 0, fromZero = true } = this.#options;
    const axis = {
      font: FONT,
      stroke: () => colour('text-2'),
      grid: { stroke: () => colour('line'), width: 1 },
      ticks: { show: false },
    };
    const cut = (values: readonly (number | null)[], show: (value: number) => string) =>
      values.map((value) => (value === null ? '' : show(value)));
    return {
      title,
      width: this.#width,
      height,
      legend: { live: true },
      cursor: {
        ...(page === undefined ? {} : { sync: { key: 'time' } }),
        drag: { x: page !== undefined, y: false, setScale: false },
        points: { size: 5 },
      },
      scales: {
        x: { time: false },
        y: { range: (_plot, low, high) => yRange(low, high, least, fromZero) },
      },
      axes: [
        {
          ...axis,
          ...{ size: 22, gap: 2 },
          splits: (plot, _axis, from, to) => timeTicks(from, to, Math.max(2, plot.width / 110)),
          values: (_plot, values) => timeLabels(values),
        },
        { ...axis, size: 66, gap: 4, space: 26, values: (_plot, values) => cut(values, format) },
      ],
      series: [
        { label: ' ', value: (_plot, value) => (value === null || value === undefined ? '' : ms(value)) },
        ...lines.map((line) => series(line, format)),
      ],
      hooks: {
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            if (page === undefined || width < 4) return;
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            page.setRange(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          },
        ],
      },
    };
  }
}

function yRange(low: number | null, high: number | null, least: number, fromZero: boolean): uPlot.Range.MinMax {
  const top = Math.max(high ?? 0, least);
  const bottom = fromZero ? Math.min(0, low ?? 0) : (low ?? 0);
  if (top <= bottom) return [bottom, bottom + 1];
  const margin = (top - bottom) * 0.08;
  return [fromZero && bottom === 0 ? 0 : bottom - margin, top + margin];
}

function series(line: Line, format: (value: number) => string): uPlot.Series {
  const stepped = line.steps === true ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    label: line.label,
    stroke: () => colour(line.colour),
    width: 1.25,
    ...(line.area === true ? { fill: () => `${colour(line.colour)}26` } : {}),
    ...(line.dashed === true ? { dash: [4, 3] } : {}),
    ...(line.points === true ? { paths: () => null } : stepped === undefined ? {} : { paths: stepped }),
    points: line.points === true ? { show: true, size: 5, fill: () => colour(line.colour) } : { show: false },
    value: (_plot, value) => (value === null || value === undefined ? '' : format(value)),
  };
}
