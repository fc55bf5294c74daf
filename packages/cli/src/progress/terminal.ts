import type { Palette } from '../color.js';
import { clearInterval, setInterval } from '../natives.js';
import type { ProgressMode } from './mode.js';
import type { ProgressView } from './render.js';
import { renderLive, renderPlain } from './render.js';

/** The stream for progress, such as standard error. */
export interface ProgressStream {
  columns?: number;
  write: NodeJS.WriteStream['write'];
}

const REDRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;
const CLEAR_LINE = '\r\u001b[2K';

/**
 * Shows progress until it is stopped: a line redrawn ten times a second, or a line every ten seconds. Other output to the
 * stream, such as that of workers, goes above the live line, which makes room for it.
 * @param look called for every line; must be cheap
 */
export function showProgress(
  mode: ProgressMode,
  stream: ProgressStream,
  palette: Palette,
  look: () => ProgressView,
): { stop(): void } {
  if (mode === 'quiet') return { stop() {} };
  if (mode === 'live') return showLive(stream, palette, look);
  const timer = setInterval(() => stream.write(`${renderPlain(look())}\n`), LINE_EVERY_MS);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
    },
  };
}

function showLive(stream: ProgressStream, palette: Palette, look: () => ProgressView): { stop(): void } {
  const write = stream.write;
  const direct = (text: string): void => void write.call(stream, text);
  let shown = false;
  const clear = (): void => {
    if (shown) direct(CLEAR_LINE);
    shown = false;
  };
  stream.write = function (this: unknown, ...args: Parameters<typeof write>): boolean {
    clear();
    return write.apply(stream, args);
  } as typeof write;
  const timer = setInterval(() => {
    const columns = stream.columns ?? 80;
    direct(`${CLEAR_LINE}${renderLive(look(), columns - 1, palette)}`);
    shown = true;
  }, REDRAW_EVERY_MS);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      clear();
      stream.write = write;
    },
  };
}
