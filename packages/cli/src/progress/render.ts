import { formatCount } from '@millpond/core/internal';
import type { Palette } from '../color.js';
import type { Reading } from './meter.js';
import { formatDuration, formatRate } from './units.js';

/** Contents of a progress line. */
export interface ProgressView extends Reading {
  failed: number;
  /** Workers that are alive, and those of them with a task in flight. */
  workers: { alive: number; busy: number };
  /** No new items are taken; tasks in flight are being finished. */
  draining: boolean;
}

/** Inner width of the bar, at most and at least. A narrower line has no bar. */
const BAR_WIDTH = { most: 20, least: 5 };

/** The live line: never wider than `width` columns, so that it can be redrawn over itself. */
export function renderLive(view: ProgressView, width: number, palette: Palette): string {
  const parts = [...describe(view), `${view.workers.busy}/${view.workers.alive} workers busy`];
  const failed = view.failed > 0 ? ` · ${formatCount(view.failed)} failed` : '';
  // Colour has no width, so everything is fitted before it is coloured.
  const room = Math.max(0, width - failed.length);
  const text = parts.join(' · ').slice(0, room);
  const barRoom = Math.min(BAR_WIDTH.most, room - text.length - '[] '.length);
  const bar =
    view.total === undefined || view.total === 0 || barRoom < BAR_WIDTH.least
      ? ''
      : `${renderBar(view.done / view.total, barRoom)} `;
  return `${bar === '' ? '' : palette.cyan(bar)}${text}${failed === '' ? '' : palette.red(failed)}`;
}

/** The line for logs: complete in itself. */
export function renderPlain(view: ProgressView): string {
  const parts = [...describe(view), `${formatCount(view.failed)} failed`];
  if (view.workers.alive > 0) parts.push(`${view.workers.busy}/${view.workers.alive} workers busy`);
  return `progress: ${parts.join(' · ')}`;
}

function describe(view: ProgressView): string[] {
  const { done, total } = view;
  const share = total === undefined || total === 0 ? '' : ` (${Math.floor((done / total) * 100)}%)`;
  const parts = [
    total === undefined ? `${formatCount(done)} done` : `${formatCount(done)}/${formatCount(total)}${share}`,
  ];
  if (done > 0) parts.push(formatRate(view.ratePerS));
  if (view.draining) parts.push('finishing');
  else if (view.etaMs !== undefined) parts.push(`ETA ${formatDuration(view.etaMs)}`);
  return parts;
}

function renderBar(fraction: number, width: number): string {
  const filled = Math.max(0, Math.min(width, Math.floor(fraction * width)));
  return `[${'='.repeat(filled)}${filled < width ? '>' : ''}${' '.repeat(Math.max(0, width - filled - 1))}]`;
}
