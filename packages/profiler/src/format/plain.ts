/** Halves of a pair without the other half: no text has them, and parsers of other languages refuse them. */
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const MOST = 200;

/** A name for a file that a program reads: complete characters, at most 200 of them, never empty. */
export function plainName(name: string, empty = '(unnamed)'): string {
  const near = name.length > MOST ? `${name.slice(0, MOST - 1)}…` : name;
  const whole = near.replace(LONE, '\ufffd');
  return whole === '' ? empty : whole;
}

/** The text without halves of characters. */
export function wellFormed(text: string): string {
  return text.replace(LONE, '\ufffd');
}
