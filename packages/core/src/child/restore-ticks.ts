import { nextTick, process } from '../base/natives.js';

/** Gives the streams of Node their process.nextTick back: under a fake of it the last bytes would never be written. */
export function restoreTicks(): void {
  Object.assign(process, { nextTick });
}
