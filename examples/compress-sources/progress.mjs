// Shows the progress.

const REDRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 3000;
const CLEAR_LINE = '\r\u001b[2K';

/**
 * Shows what `look()` returns on standard error until it is stopped. A terminal has one line that is redrawn; otherwise a
 * line is written every three seconds.
 */
export function showProgress(look, stream = process.stderr) {
  const redraw = () => stream.write(`${CLEAR_LINE}${look().slice(0, (stream.columns || 80) - 1)}`);
  const addLine = () => stream.write(`${look()}\n`);
  const timer = stream.isTTY ? setInterval(redraw, REDRAW_EVERY_MS) : setInterval(addLine, LINE_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      if (stream.isTTY) stream.write(CLEAR_LINE);
    },
  };
}
