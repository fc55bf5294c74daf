import { formatCount } from '@millpond/core/internal';
import { cutTo } from './width.js';

/** Milliseconds for people: three digits or so, in µs, ms or s. */
export function formatMs(ms: number): string {
  if (!(ms > 0)) return '0';
  // The unit is chosen by the rounded value, so that 999.96 µs reads "1.00 ms", never "1000 µs".
  if (Math.round(ms * 1000) < 1000) return `${digits(ms * 1000)} µs`;
  if (Math.round(ms) < 1000) return `${digits(ms)} ms`;
  if (ms < 600_000) return `${digits(ms / 1000)} s`;
  if (ms < 7_200_000) return `${digits(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${digits(ms / 3_600_000)} h` : `${digits(ms / 86_400_000)} days`;
}

/** Two decimals below 10, one below 100, none above. Thousands are separated. */
function digits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  if (value < 99.95) return value.toFixed(1);
  return formatCount(value);
}

/** Things per second. */
export function formatRate(perSecond: number): string {
  return `${digits(perSecond)}/s`;
}

/** 0.614 as "61 %"; below 10 % with one decimal, so that a small share is not rounded to 0 or 1. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.05) return '<0.1 %';
  return `${percent < 9.95 ? percent.toFixed(1) : formatCount(percent)} %`;
}

/** Bytes for people: "812 B", "1.21 MB". */
export function formatBytes(bytes: number): string {
  if (!(bytes > 0)) return '0 B';
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (unit < units.length - 1 && Math.round(value) >= 1000) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? formatCount(value) : digits(value)} ${units[unit] ?? ''}`;
}

/** A ratio or a mean: up to two decimals, no zeros at its end. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Number.isInteger(value) || Math.abs(value) >= 99.95 ? formatCount(value) : String(Number(value.toFixed(2)));
}

/** Characters that steer a terminal, or that reverse or hide text. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/** Halves of a pair without the other half: no text has them, and some readers refuse them. */
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text from outside, on one line, its control characters made visible, cut to a number of columns. */
export function formatLine(text: string, columns = Infinity): string {
  // A name may have megabytes: what is cut anyway is not looked at.
  const near = columns === Infinity ? text : text.slice(0, 4 * columns);
  const safe = near.replace(LONE, '\ufffd').replace(CONTROL, visible);
  return cutTo(safe, columns);
}

function visible(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A name from the user's program, cut to 60 columns. It cannot steer a terminal. */
export function formatName(name: string): string {
  return formatLine(name, 60);
}

/** Names from the outermost section inwards, as one line. */
export function formatPath(path: readonly string[]): string {
  return formatName(path.join(' › '));
}
