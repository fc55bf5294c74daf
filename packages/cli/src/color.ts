import { styleText } from './natives.js';

/** Puts text into a style, or returns it unchanged where colour is off. */
export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** Facts that decide about colour. */
export interface ColorView {
  /** `--no-color` was given. */
  refused: boolean;
  /** The stream is a terminal. */
  isTTY: boolean;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Whether to print in colour. The first of these decides: `--no-color`, NO_COLOR (any value but the empty one), FORCE_COLOR (any
 * value but 0 and false). Without them, the stream must be a terminal that knows colours.
 */
export function wantsColor(view: ColorView): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = view.env;
  if (view.refused) return false;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return view.isTTY && TERM !== 'dumb';
}

const plain = (text: string): string => text;
/** This module decides whether a stream gets colours, and not Node. */
const styled =
  (format: keyof Palette) =>
  (text: string): string =>
    styleText(format, text, { validateStream: false });

const PLAIN: Palette = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };
const COLORED: Palette = {
  bold: styled('bold'),
  dim: styled('dim'),
  red: styled('red'),
  green: styled('green'),
  yellow: styled('yellow'),
  cyan: styled('cyan'),
};

/** The palette for a stream, by {@link wantsColor}. */
export function paletteFor(view: ColorView): Palette {
  return wantsColor(view) ? COLORED : PLAIN;
}
