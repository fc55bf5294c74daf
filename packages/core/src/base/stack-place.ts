/** Files of this package that a worker starts with. */
const OURS = /[\\/](?:(?:process|thread)-entry\.c?js|inline-host\.c?js|child[\\/][\w-]+\.[jt]s):/;
/** The head that Node puts before the stack of a syntax error: place, text, and marks below it. */
const HEAD = /^((?:file:|\/|[A-Za-z]:\\)[^\n]*:\d+)\n/;
const CALL = /^ {4}at (?:.* \()?(?:async )?((?:file:\/\/|\/|[A-Za-z]:\\)[^\n]*:\d+:\d+)\)?$/;

/**
 * Place of an error, by its stack: "file:///app/worker.js:5:9". For a syntax error it has several lines, with the text at that
 * place. Undefined when the stack names only Node and the files that workers start with.
 */
export function placeOf(stack: string | undefined): string | undefined {
  if (stack === undefined) return undefined;
  if (HEAD.test(stack)) {
    const lines = stack.split('\n');
    const end = lines.findIndex((line) => line === '' || /^\w*Error\b/.test(line));
    return lines.slice(0, end < 0 ? 1 : end).join('\n');
  }
  for (const line of stack.split('\n')) {
    const place = OURS.test(line) ? undefined : CALL.exec(line)?.[1];
    if (place !== undefined) return place;
  }
  return undefined;
}
