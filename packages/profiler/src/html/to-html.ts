import { createHash } from 'node:crypto';
import type { Comparable } from '../compare/comparison.js';
import { reportOf } from '../compare/report-of.js';
import type { ReportData } from '../model/report-data.js';
import { Buffer } from '../natives.js';
import { checkKeys, refuse, show } from '../options.js';
import { CLIENT_SCRIPT, CLIENT_STYLE } from './client-code.js';
import { pageParts } from './page-data.js';
import { safeText } from './shared/names.js';
import { escapeText } from './shared/node.js';
import { DATA_ID, PROFILES_ID, spansId } from './shared/page-data.js';

export interface HtmlOptions {
  /** Title of the page. @defaultValue the names of the pools */
  title?: string;
  /** A second run to set beside it: ratios with 95 % intervals. */
  compare?: Comparable;
}

/** Characters of the tags around all that. */
const TAGS = 2000;

/**
 * A report as one HTML file. It opens from disk and offline, asks no network, and keeps the choices of its reader in its address. Up
 * to 100,000 tries it is at most 1.5 MB long, and at most 5 MB with any number. What was left out for that is said in the page.
 * @throws ERR_OPTION for an unknown key or a wrong value
 */
export function toHtml(report: ReportData, options?: HtmlOptions): string {
  const given = checkKeys(options, ['title', 'compare']);
  if (given.title !== undefined && typeof given.title !== 'string')
    refuse('title', `must be a string; received ${show(given.title)}.`);
  const other = given.compare === undefined ? undefined : reportOf(given.compare, 'compare');
  const title = given.title ?? `Millpond: ${report.pools.map(({ name }) => name).join(', ') || 'no pool'}`;
  const shell = Buffer.byteLength(CLIENT_SCRIPT) + CLIENT_STYLE.length + TAGS;
  const { json, spans, profiles, still } = pageParts(report, title, shell, other);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(CLIENT_SCRIPT)}`,
    `style-src ${hashOf(CLIENT_STYLE)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escapeText(safeText(title))}</title>`,
    `<style>${CLIENT_STYLE}</style>`,
    '</head>',
    '<body>',
    '<div id="app"></div>',
    `<noscript>${still}</noscript>`,
    `<script type="application/json" id="${DATA_ID}">${json}</script>`,
    ...spans.flatMap((base64, pool) => (base64 === null ? [] : [block(spansId(pool), base64)])),
    ...(profiles === null ? [] : [block(PROFILES_ID, profiles)]),
    `<script>${CLIENT_SCRIPT}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function block(id: string, base64: string): string {
  return `<script type="application/octet-stream" id="${id}">${base64}</script>`;
}

/** Only this text may run, and only this style may apply. */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
