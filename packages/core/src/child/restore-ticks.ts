import { nextTick, process } from '../base/natives.js';

/** Restores process.nextTick for the streams of Node: under a fake of it, the last bytes would never be written. */
export function restoreTicks(): void {
  Object.assign(process, { nextTick });
}
