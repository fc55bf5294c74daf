// What the program of the soak holds while none of its workers runs, and what it leaves behind.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
/** Time in which V8 gives memory back after a collection, and the system clears up an ended thread. */
const CLEAR_MS = 100;
const MARK = 'MILLPOND_SOAK';

/** Memory after a collection, in bytes; open files and threads. `native` is resident memory beside the heap and Buffers. */
export async function holdings() {
  await wait(CLEAR_MS);
  collect();
  // The first collection frees objects whose callbacks let go of others.
  await wait(CLEAR_MS);
  collect();
  await wait(CLEAR_MS);
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    heap: heapUsed,
    buffers: arrayBuffers,
    // Without the pages that V8 keeps for objects to come. They are up to 20 MiB more from one rest to the next.
    native: rss - getHeapStatistics().total_physical_size - arrayBuffers,
    rss,
    files: countIn('/proc/self/fd'),
    threads: countIn('/proc/self/task'),
  };
}

/** Marks the processes that this one starts from now on. */
export function markChildren() {
  process.env[MARK] = String(process.pid);
}

/** Live processes that this one started, zombies not counted. */
export function children() {
  if (!existsSync('/proc/self/environ')) return [];
  const read = (path) => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return ''; // gone meanwhile
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).includes(`${MARK}=${process.pid}\0`))
    .filter((pid) => !/\) [ZX] /.test(read(`/proc/${pid}/stat`)));
}

/** Entries of a folder of /proc, which Linux alone has. */
function countIn(folder) {
  return existsSync(folder) ? readdirSync(folder).length : 0;
}
