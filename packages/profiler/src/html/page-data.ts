import { deflateRawSync } from 'node:zlib';
import { compare } from '../compare/compare.js';
import type { CpuReport } from '../model/cpu.js';
import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import { Buffer } from '../natives.js';
import { safeData, safeText } from './shared/names.js';
import { toMarkup } from './shared/node.js';
import { count } from './shared/numbers.js';
import type { PageComparison, PageData, PagePool, PageProfiles, PageReport } from './shared/page-data.js';
import { type SpanBlock, spanBlock } from './span-block.js';
import { staticViews } from './static-views.js';

/** Size of a page with up to 100,000 spans, and of any page, characters. All of its text is ASCII. */
const USUAL_SIZE = 1_500_000;
const LARGEST_SIZE = 5_000_000;
const USUAL_SPANS = 100_000;
/** What is left for spans at least: a page without a picture would say little. */
const LEAST_FOR_SPANS = 150_000;

export interface PageParts {
  /** The summary as JSON, ready to stand in a script element. */
  json: string;
  /** One place a pool. */
  spans: (string | null)[];
  profiles: string | null;
  /** What the page shows without scripts, as HTML. */
  still: string;
  data: PageData;
}

/** Characters for other texts that are known late: remarks, and the columns of each pool's spans. */
const LATER_TEXTS = 2000;

/**
 * A report as the page needs it. Names are safe, profiles and spans lie apart, and all of it is within the size of a page.
 * @param shell characters of the page without data
 */
export function pageParts(report: ReportData, title: string, shell: number, other?: ReportData): PageParts {
  const safe = safeReport(report);
  const remarks: string[] = [];
  const spansKept = safe.pools.reduce((sum, { spans }) => sum + (spans?.kept ?? 0), 0);
  const whole = spansKept <= USUAL_SPANS ? USUAL_SIZE : LARGEST_SIZE;
  const summary: PageReport = {
    ...safe,
    pools: safe.pools.map(withoutBlocks),
    parent: { ...safe.parent, cpu: undefined } as PageReport['parent'],
  };
  const data: PageData = {
    title: safeText(title),
    report: summary,
    spans: safe.pools.map(() => null),
    hasProfiles: false,
    comparison: other === undefined ? null : comparisonOf(safe, safeReport(other)),
    remarks,
  };
  let json = scriptJson(data);
  // Lists of a long run may alone be too long. The page then keeps their beginnings.
  for (let most = 2000; json.length > LARGEST_SIZE / 2 && most >= 20; most = Math.floor(most / 4)) {
    data.report.pools = data.report.pools.map((pool) => shortened(pool, most));
    remarks.push(
      `Lists of this page end after ${count(most)} rows, to keep it below 5 MB. The report itself has all rows.`,
    );
    json = scriptJson(data);
  }
  const still = toMarkup(staticViews(data.report, data.title));
  const later = LATER_TEXTS * (1 + safe.pools.length) + Buffer.byteLength(still);
  const left = Math.max(LEAST_FOR_SPANS, LARGEST_SIZE - shell - json.length - LEAST_FOR_SPANS - later);
  const profiles = profilesBlock(safe, Math.min(left, LARGEST_SIZE / 3), remarks);
  data.hasProfiles = profiles !== null;
  const forSpans = Math.max(LEAST_FOR_SPANS, whole - shell - json.length - (profiles?.length ?? 0) - later);
  const blocks = safe.pools.map(({ spans }) =>
    spans === undefined || spans.kept === 0 ? null : spanBlock(spans, (forSpans * spans.kept) / spansKept),
  );
  data.spans = blocks.map((block) => block?.header ?? null);
  remarks.push(...blocks.flatMap((block, i) => (block === null ? [] : spanRemarks(block, safe.pools[i]?.name ?? ''))));
  return { still, json: scriptJson(data), spans: blocks.map((block) => block?.base64 ?? null), profiles, data };
}

function comparisonOf(report: ReportData, other: ReportData): PageComparison {
  const { verdict, metrics, remarks } = compare(report, other);
  const { startedAt, wallMs, node } = other.run;
  return { other: { startedAt, wallMs, node }, verdict, metrics, remarks };
}

function spanRemarks({ header: { rows, kept, quantumUs } }: SpanBlock, pool: string): string[] {
  return [
    ...(quantumUs > 1
      ? [`Times in the pictures of pool "${pool}" are rounded to ${quantumUs} µs, for a smaller file.`]
      : []),
    ...(rows < kept
      ? [`The pictures of pool "${pool}" show ${count(rows)} of ${count(kept)} kept tries, for a smaller file.`]
      : []),
  ];
}

/** All texts made safe. Spans have none but their names, and are too long to be looked through. */
function safeReport(report: ReportData): ReportData {
  const bare = { ...report, pools: report.pools.map(({ spans: _spans, ...pool }) => pool) };
  const safe = safeData<Omit<ReportData, 'pools'> & { pools: PoolReport[] }>(bare);
  const pools = safe.pools.map((pool, i) => {
    const spans = report.pools[i]?.spans;
    return spans === undefined ? pool : { ...pool, spans: { ...spans, tasks: safeData(spans.tasks) } };
  });
  return { ...safe, pools };
}

function withoutBlocks(pool: PoolReport): PagePool {
  const { spans: _spans, cpu: _cpu, ...rest } = pool;
  return rest;
}

/** Every list of a pool cut to its first rows. Curves stay, because one column goes with the other. */
function shortened(pool: PagePool, most: number): PagePool {
  const cut = Object.entries(pool).map(([key, value]) => [key, Array.isArray(value) ? value.slice(0, most) : value]);
  const heatmaps = pool.heatmaps.slice(0, most).map((map) => ({ ...map, cells: map.cells.slice(0, most * 10) }));
  return { ...(Object.fromEntries(cut) as PagePool), heatmaps };
}

/** The profiles, deflated; without times of samples, and with fewer labels, if they would be larger than `budget` characters. */
function profilesBlock(report: ReportData, budget: number, remarks: string[]): string | null {
  const profiles: PageProfiles = {
    pools: report.pools.map(({ cpu }) => cpu ?? []),
    parent: report.parent.cpu ?? null,
  };
  if (profiles.parent === null && profiles.pools.every(({ length }) => length === 0)) return null;
  for (const labels of [Infinity, 200, 40, 10, 0]) {
    const kept = { ...profiles, pools: profiles.pools.map((all) => all.map((each) => withLabels(each, labels))) };
    const text = JSON.stringify(kept, labels === Infinity ? undefined : withoutTimes);
    const base64 = deflateRawSync(text, { level: 7 }).toString('base64');
    if (base64.length <= budget) {
      if (labels !== Infinity) remarks.push('Flames have no times of samples, for a smaller file.');
      if (labels < 200 && report.pools.some(({ cpu }) => cpu?.some(({ byLabel }) => byLabel.length > labels)))
        remarks.push(`Flames of single task names are kept for ${labels} labels, for a smaller file.`);
      return base64;
    }
  }
  remarks.push('The CPU profiles are left out: they would make this page larger than 5 MB.');
  return null;
}

function withoutTimes(key: string, value: unknown): unknown {
  return key === 'times' ? undefined : value;
}

function withLabels(cpu: CpuReport, most: number): CpuReport {
  return { ...cpu, byLabel: cpu.byLabel.slice(0, most) };
}

/** JSON that can end no script element, and is ASCII alone. */
function scriptJson(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
