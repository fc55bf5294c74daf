import { formatCount } from '@millpond/core/internal';
import { evidenceWords, gainWords, optionWords, placeWords, scopeWords } from '../../format/finding-words.js';
import type { Advice, Finding, RuleId } from '../../model/finding.js';
import type { ReportData } from '../../model/report-data.js';
import { facts, type Page, paragraph, titled } from './page.js';

/** Findings in full; those after them have one line each. */
const IN_FULL = 5;
const MOST_LINES = 20;

/** A finding: cause, numbers, evidence, what to do, and the symptoms that it explains. */
export function findingLines(finding: Finding, index: number, report: ReportData, page: Page): string[] {
  if (index >= MOST_LINES) {
    return index === MOST_LINES
      ? [
          `… and ${formatCount(report.findings.length - index)} more ${report.findings.length - index === 1 ? 'finding' : 'findings'}, in the JSON report`,
        ]
      : [];
  }
  const [first = '', ...rest] = headOf(finding, report, page, `${index + 1} `);
  const head = [page.alarm(first), ...rest];
  if (index >= IN_FULL) return head;
  return [
    ...head,
    ...paragraph(page, finding.text, '  '),
    ...(finding.evidence.length === 0
      ? []
      : paragraph(page, finding.evidence.map(evidenceWords).join(' · '), '  ', 'seen: ')),
    ...finding.advice.flatMap((advice) => adviceLines(advice, page)),
    ...symptomLines(finding.explains, report, page),
  ];
}

/** Findings that are too small to act on, one line each. */
export function noteLines(report: ReportData, page: Page): string[] {
  const lines = report.notes.slice(0, IN_FULL).flatMap((note) => headOf(note, report, page, '', '  '));
  const more = report.notes.length - IN_FULL;
  return titled(
    page,
    'Too small to act on',
    more > 0 ? [...lines, `  … and ${formatCount(more)} more, in the JSON report`] : lines,
  );
}

function headOf(finding: Finding, { pools }: ReportData, page: Page, rank: string, indent = ''): string[] {
  const { pool } = finding.scope;
  const where = scopeWords(finding.scope);
  return facts(
    page,
    [
      `${rank}${finding.title}`,
      gainWords(finding),
      `confidence ${finding.confidence}`,
      pools.length > 1 && pool !== undefined ? `pool "${pool}"` : '',
      where,
      finding.id,
    ],
    indent,
  );
}

function adviceLines(advice: Advice, page: Page): string[] {
  const option = optionWords(advice);
  const place = placeWords(advice);
  return [
    ...paragraph(page, advice.text, '  ', 'do: '),
    ...(option === undefined ? [] : paragraph(page, option, '      ')),
    ...(place === undefined ? [] : paragraph(page, place, '      ', 'at ')),
    ...(advice.command === undefined ? [] : paragraph(page, advice.command, '      ', 'check: ')),
  ];
}

function symptomLines(explains: readonly RuleId[], report: ReportData, page: Page): string[] {
  if (explains.length === 0) return [];
  const names = explains.map((id) => {
    const symptom = [...report.findings, ...report.notes].find((each) => each.id === id);
    return symptom === undefined ? id : `${symptom.title.toLowerCase()} [${id}]`;
  });
  return paragraph(page, names.join(', '), '  ', 'explains: ');
}
