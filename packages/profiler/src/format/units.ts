import { formatCount } from '@millpond/core/internal';

/** Milliseconds for people: three digits or so, in µs, ms or s. */
export function formatMs(ms: number): string {
  if (!(ms > 0)) return '0';
  // The unit is chosen by the rounded value, so that 999.96 µs reads "1.00 ms", never "1000 µs".
  if (Math.round(ms * 1000) < 1000) return `${digits(ms * 1000)} µs`;
  if (Math.round(ms) < 1000) return `${digits(ms)} ms`;
  return `${digits(ms / 1000)} s`;
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

/** A name from the user's program, cut to 60 characters. Control characters are made visible, so it cannot steer a terminal. */
export function formatName(name: string): string {
  const safe = name.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return safe.length > 60 ? `${safe.slice(0, 59)}…` : safe;
}

/** Names from the outermost section inwards, as one line. */
export function formatPath(path: readonly string[]): string {
  return formatName(path.join(' › '));
}
