import type { CpuProfile } from '@millpond/core';
import { type HtmlOptions, toHtml } from '../html/to-html.js';
import type { Verdict } from '../model/finding.js';
import type { ReportData } from '../model/report-data.js';
import type { ChromeTrace } from '../output/chrome/events.js';
import type { RawProfiles } from '../output/chrome/profiles.js';
import { toChromeTrace } from '../output/chrome/to-chrome-trace.js';
import { toPrometheus } from '../output/metrics/to-prometheus.js';
import { type Otlp, type OtlpOptions, toOtlp } from '../output/otlp/to-otlp.js';
import type { TextOptions } from '../output/text/page.js';
import { toText } from '../output/text/to-text.js';
import { toCompact } from '../output/to-compact.js';
import { type CpuProfileOptions, toCpuProfile } from '../output/to-cpuprofile.js';
import { type CsvTable, toCsv } from '../output/to-csv.js';
import { toFolded } from '../output/to-folded.js';
import { toJson } from '../output/to-json.js';
import { toMarkdown } from '../output/to-markdown.js';
import { toPprof } from '../output/to-pprof.js';
import { type SpeedscopeFile, toSpeedscope } from '../output/to-speedscope.js';
import { writeReport } from '../output/write.js';

/** The outcome of a profiled run. All outputs are made from the same `data`, so their numbers agree. */
export class Report {
  readonly data: ReportData;
  readonly #raw: RawProfiles | undefined;

  /** @param raw CPU profiles of threads as V8 wrote them, for `toChromeTrace` */
  constructor(data: ReportData, raw?: RawProfiles) {
    this.data = data;
    this.#raw = raw;
  }

  /** The first thing to know, and the step to take. */
  get verdict(): Verdict {
    return this.data.verdict;
  }

  /** For a terminal. Ends in the step to take. Tables have at most 20 rows. */
  toText(options?: TextOptions): string {
    return toText(this.data, options);
  }

  /**
   * Plain data, `version` first; also what `JSON.stringify(report)` writes. `@millpond/profiler/report.schema.json` describes it. Numbers
   * that JSON does not have are replaced, and named under `quality.remarks`.
   */
  toJSON(): ReportData {
    return toJson(this.data);
  }

  /** One file for a browser: pictures and tables, without a network. */
  toHtml(options?: HtmlOptions): string {
    return toHtml(this.data, options);
  }

  /** For a pull request: verdict, step and findings, then folded tables. */
  toMarkdown(): string {
    return toMarkdown(this.data);
  }

  /** Less than 4 KB of text, most important first, with the option to change and the place in the source. */
  toCompact(): string {
    return toCompact(this.data);
  }

  /** For Chrome's DevTools and for Perfetto. Single tries are in it from level 'trace' on, the latest functions at level 'cpu'. */
  toChromeTrace(): ChromeTrace {
    return toChromeTrace(this.data, this.#raw);
  }

  /** For speedscope: CPU profiles, and the tasks of each worker over time. */
  toSpeedscope(): SpeedscopeFile {
    return toSpeedscope(this.data);
  }

  /** CPU profile of all workers, of one of them, or of the main thread. Undefined below level 'cpu'. */
  toCpuProfile(options?: CpuProfileOptions): CpuProfile | undefined {
    return toCpuProfile(this.data, options);
  }

  /** Folded stacks for flame graph tools: CPU time, or self time of sections below level 'cpu'. */
  toFolded(): string {
    return toFolded(this.data);
  }

  /** CPU time as gzipped pprof, with thread, task and section as labels. */
  toPprof(): Uint8Array {
    return toPprof(this.data);
  }

  /** One table as CSV. */
  toCsv(table: CsvTable): string {
    return toCsv(this.data, table);
  }

  /** Prometheus' text format, version 0.0.4. */
  toPrometheus(): string {
    return toPrometheus(this.data);
  }

  /** Bodies of two requests in OTLP/JSON: traces and metrics. */
  toOtlp(options?: OtlpOptions): Otlp {
    return toOtlp(this.data, options);
  }

  /**
   * Writes one file, its form by the ending of its name, or all files into a folder. `report.txt`, `.compact.txt`, `.html`, `.md`, `.json`, `.trace.json`,
   * `.speedscope.json`, `.cpuprofile`, `.folded`, `.pb.gz`, `.prom`, `.otlp-traces.json`, `.otlp-metrics.json`; `tasks.csv` and the other tables.
   * A file appears as a whole or not at all.
   * @returns paths of the files
   * @throws ERR_OPTION for an unknown ending, ERR_REPORT when a file cannot be written
   */
  write(target: string): Promise<string[]> {
    return writeReport(this.data, target);
  }
}
