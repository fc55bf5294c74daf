// C0 and C1 controls, DEL, and the characters that reverse or hide text on a terminal.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text that cannot steer a terminal: on one line, without control characters. File names, item ids and messages of
 * handlers come from outside and pass through here before they are printed.
 * @param max longest result in characters; a longer text is cut and ends in "…"
 */
export function printable(text: string, max = Infinity): string {
  const clean = text.replace(/\r?\n|\t/g, ' ').replace(CONTROL, '');
  return clean.length <= max ? clean : `${clean.slice(0, max - 1)}…`;
}
