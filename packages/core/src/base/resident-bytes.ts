import { rss } from './natives.js';

let lastKnown = 0;

/** Resident memory of this process. Gives the last known value while no file descriptor is left to read it. */
export function residentBytes(): number {
  try {
    lastKnown = rss();
  } catch {
    // EMFILE: on Linux the value is read from a file.
  }
  return lastKnown;
}
