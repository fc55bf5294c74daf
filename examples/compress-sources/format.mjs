// Formats numbers and paths.
import { relative } from 'node:path';

/** 1 → "1 file", 6974 → "6,974 files". */
export function formatCount(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** In units of 1000: 950 → "950 B", 107_210_689 → "107.2 MB". */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** 874 → "874 ms", 15_860 → "15.9 s". */
export function formatDuration(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Relative to the working directory if it is inside; else unchanged. */
export function formatPath(path) {
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}
