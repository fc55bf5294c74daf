import type { FirstBottleneck, ReportData } from '../snapshot/report-data.js';
import { renderText } from './text.js';

/** The outcome of a profiled run. Text and JSON are two views of the same `data`, so their numbers agree. */
export class Report {
  readonly data: ReportData;

  constructor(data: ReportData) {
    this.data = data;
  }

  /** The largest share of time: a sentence, and its values as data. */
  get firstBottleneck(): FirstBottleneck {
    return this.data.firstBottleneck;
  }

  /** For a terminal: no colour, lines as long as they need, at most 20 rows a table. Ends with a line break. */
  toText(): string {
    return renderText(this.data);
  }

  /** Plain data, `version` first; also what `JSON.stringify(report)` writes. */
  toJSON(): ReportData {
    return this.data;
  }
}
