import type { ReportData } from '../model/report-data.js';

/** A finished report. */
export class Report {
  readonly #data: ReportData;

  constructor(data: ReportData) {
    this.#data = data;
  }

  toJSON(): ReportData {
    return this.#data;
  }
}
