import type { Palette } from './color.js';
import { paletteFor } from './color.js';

/** The outside world of a command. */
export interface Io {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
}

/** Colours for standard error, which has all messages for people. */
export function paletteOf(io: Io, flags: { color: boolean }): Palette {
  return paletteFor({ refused: !flags.color, isTTY: io.stderr.isTTY === true, env: io.env });
}
