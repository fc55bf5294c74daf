import type { ReportData } from '../../model/report-data.js';
import { qualityWords } from '../quality-words.js';
import { type Page, paragraph } from './page.js';

/** Everything that was left out or is uncertain, so that nothing is hidden. */
export function qualityLines(report: ReportData, page: Page): string[] {
  return qualityWords(report).flatMap((text) => paragraph(page, text, '  '));
}
