/** Whether a key fits. */
export type KeyTest = (key: string) => boolean;

const ANY: KeyTest = () => true;

/** The test that a pattern describes: the beginning of keys, keys as a whole (`*` and `?`), or a RegExp. */
export function keyTest(match: string | RegExp | undefined): KeyTest {
  if (match === undefined) return ANY;
  if (typeof match !== 'string') return found(match);
  return /[*?]/.test(match) ? (key) => fits(match, key) : (key) => key.startsWith(match);
}

/** A copy: flags g and y would make the answer depend on the one before. */
function found({ source, flags }: RegExp): KeyTest {
  const pattern = new RegExp(source, flags.replace(/[gy]/g, ''));
  return (key) => pattern.test(key);
}

/**
 * Whether a text is what a glob describes. After a mismatch only the last `*` takes one character more. So the time is at most
 * the product of both lengths. A RegExp of many `*` could take for ever.
 */
function fits(glob: string, text: string): boolean {
  let [at, textAt, star, resumeAt] = [0, 0, -1, 0];
  while (textAt < text.length) {
    const want = glob[at];
    if (want === '*') {
      star = at++;
      resumeAt = textAt;
    } else if (want === '?' || want === text[textAt]) {
      at++;
      textAt++;
    } else if (star >= 0) {
      at = star + 1;
      textAt = ++resumeAt;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}
