import { rss } from './natives.js';

let lastKnown = 0;

/** Resident memory of this process. Where it cannot be read just now, for want of a file descriptor, what it was before. */
export function residentBytes(): number {
  try {
    lastKnown = rss();
  } catch {
    // EMFILE: Linux tells it by a file.
  }
  return lastKnown;
}
