import type { CpuReport } from '../../model/cpu.js';
import { gridOfReport, gridOfSpans, type HeatGrid } from '../shared/heat-bins.js';
import { type Life, lifeOf, type Pressure, pressureOf } from '../shared/idle-kinds.js';
import { buildLanes, type Lane, workersByPlace } from '../shared/lanes.js';
import type { PageData, PagePool, PageProfiles } from '../shared/page-data.js';
import { clampRange } from '../shared/scales.js';
import type { SpanTable } from '../shared/span-table.js';
import type { Store } from './state.js';

/** Workers in the list of the filter. */
const MOST_CHOICES = 512;

/** One pool with what views derive from it, each made once. */
export class PoolData {
  readonly report: PagePool;
  readonly table: SpanTable | null;
  readonly cpu: CpuReport[];
  /** Names by time in handlers, most first: their colours follow from their places. */
  readonly tasks: string[];
  /** Workers that can be chosen. */
  readonly workerIds: number[];
  /** Workers of each place of the pool, one after another. */
  readonly places: number[][];
  readonly endMs: number;
  /** Place in `tasks` of each name of the spans. */
  readonly ofSpans: Int32Array;
  #pressure: Pressure | undefined;
  #lanes: { key: string; lanes: Lane[] } | undefined;
  readonly #grids = new Map<number, HeatGrid>();
  readonly #lives = new Map<number, Life | undefined>();

  constructor(report: PagePool, table: SpanTable | null, cpu: CpuReport[]) {
    this.report = report;
    this.table = table;
    this.cpu = cpu;
    const byTime = [...report.byTask].sort((a, b) => b.segments.execution.totalMs - a.segments.execution.totalMs);
    this.tasks = [...new Set([...byTime.map(({ task }) => task), ...(table?.tasks ?? [])])];
    this.ofSpans = Int32Array.from(table?.tasks ?? [], (task) => this.tasks.indexOf(task));
    this.places = workersByPlace(table, report.workers);
    const ids = this.places.flat();
    // More cannot be chosen from a list, and the report knows no more of them than their tries.
    const choice = ids.length > MOST_CHOICES ? report.workers.map(({ workerId }) => workerId) : ids;
    this.workerIds = choice.sort((a, b) => a - b);
    const { atMs, windowMs } = report.curves;
    const lastWindow = atMs.length === 0 ? 0 : (atMs.at(-1) ?? 0) + windowMs;
    this.endMs = Math.max(report.wallMs, lastWindow, 0.001);
  }

  /** Place in `tasks` of the name of a span. */
  taskOf(span: number): number {
    return this.ofSpans[this.table?.task[span] ?? 0] ?? 0;
  }

  get pressure(): Pressure | undefined {
    if (this.table === null) return undefined;
    return (this.#pressure ??= pressureOf(this.table, this.report.curves));
  }

  /** Times of a worker, if the report has it. */
  lifeOf(workerId: number): Life | undefined {
    if (!this.#lives.has(workerId)) {
      const worker = this.report.workers.find((each) => each.workerId === workerId);
      this.#lives.set(workerId, worker === undefined ? undefined : lifeOf(worker, this.report.marks, this.endMs));
    }
    return this.#lives.get(workerId);
  }

  lanes(task: number, worker: number): Lane[] {
    const key = `${task} ${worker}`;
    if (this.#lanes?.key !== key) {
      const places = worker === 0 ? this.places : [[worker]];
      const isShown = task < 0 ? () => true : (span: number) => this.taskOf(span) === task;
      this.#lanes = { key, lanes: this.table === null ? [] : buildLanes(this.table, places, isShown) };
    }
    return this.#lanes.lanes;
  }

  /** Counts over time and latency: of the report if it has them, else of the sample. */
  grid(task: number): HeatGrid | undefined {
    let grid = this.#grids.get(task);
    if (grid !== undefined) return grid;
    const map = this.report.heatmaps.find((each) => each.task === this.tasks[task]);
    if (map !== undefined && map.cells.length > 0) grid = gridOfReport(map);
    else if (this.table !== null)
      grid = gridOfSpans(this.table, (span) => this.taskOf(span) === task, this.endMs / 240, this.endMs);
    else return undefined;
    this.#grids.set(task, grid);
    return grid;
  }
}

/** What every view reads. */
export class Page {
  readonly data: PageData;
  readonly store: Store;
  readonly profiles: PageProfiles | null;
  readonly #pools: PoolData[];

  constructor(data: PageData, tables: (SpanTable | null)[], profiles: PageProfiles | null, store: Store) {
    this.data = data;
    this.store = store;
    this.profiles = profiles;
    this.#pools = data.report.pools.map(
      (report, i) => new PoolData(report, tables[i] ?? null, profiles?.pools[i] ?? []),
    );
  }

  get pool(): PoolData | undefined {
    return this.#pools[this.store.state.pool];
  }

  get endMs(): number {
    return this.pool?.endMs ?? Math.max(this.data.report.run.wallMs, 1);
  }

  /** Range of the time axis that is shown. */
  get range(): readonly [from: number, to: number] {
    return this.store.state.range ?? [0, this.endMs];
  }

  /** @param from, to ms, in any order; the range is kept within the run */
  setRange(from: number, to: number): void {
    const range = clampRange(from, to, this.endMs, Math.min(this.endMs, 0.01));
    const isWhole = range[1] - range[0] >= this.endMs * 0.9999;
    this.store.set({ range: isWhole ? null : range });
  }

  /** @param factor below 1 to see less time, above 1 to see more */
  zoom(factor: number): void {
    const [from, to] = this.range;
    const middle = (from + to) / 2;
    const half = ((to - from) * factor) / 2;
    this.setRange(middle - half, middle + half);
  }

  /** @param part of the range's length to move by */
  pan(part: number): void {
    const [from, to] = this.range;
    const by = (to - from) * part;
    this.setRange(from + by, to + by);
  }
}

/** A view that stands in the page. */
export interface Drawn {
  draw(): void;
}

export interface View {
  id: string;
  title: string;
  /** Why a number is as it is: formula and source. */
  why: readonly string[];
  mount(host: HTMLElement, page: Page): Drawn;
}
