import { Buffer, process } from '../base/natives.js';
import { Arena } from '../codec/arena.js';
import { closeQuietly, openMemoryFile } from './memory-file.js';

const FIRST_PAGE = Buffer.alloc(4096);

/** The two files of a worker process's arena, and the parent's ends of them; see codec/arena.ts. */
export class ArenaFilePair {
  readonly toWorkerFd: number;
  readonly toParentFd: number;
  readonly arena: Arena;

  private constructor(toWorkerFd: number, toParentFd: number) {
    this.toWorkerFd = toWorkerFd;
    this.toParentFd = toParentFd;
    this.arena = new Arena(toWorkerFd, toParentFd);
  }

  /** Undefined if no file can be opened: then all values go through the socket. */
  static open(): ArenaFilePair | undefined {
    // A file that is open cannot lose its name on Windows, so it might be left behind.
    if (process.platform === 'win32') return undefined;
    const fds: number[] = [];
    try {
      for (let file = 0; file < 2; file++) fds.push(openMemoryFile(FIRST_PAGE));
    } catch {
      // No room, or too many open files. The worker must start in any case.
      for (const fd of fds) closeQuietly(fd);
      return undefined;
    }
    return new ArenaFilePair(fds[0] as number, fds[1] as number);
  }

  close(): void {
    this.arena.close();
    for (const fd of [this.toWorkerFd, this.toParentFd]) closeQuietly(fd);
  }
}
