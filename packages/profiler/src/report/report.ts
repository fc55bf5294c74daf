import type { ReportData } from '../model/report-data.js';
import { toText } from '../output/text/to-text.js';

/** A finished report. */
export class Report {
  readonly data: ReportData;

  constructor(data: ReportData) {
    this.data = data;
  }

  toText(): string {
    return toText(this.data);
  }

  toJSON(): ReportData {
    return this.data;
  }
}
