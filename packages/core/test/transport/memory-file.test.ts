import { closeSync, fstatSync, readdirSync, readSync, writeSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ArenaFilePair } from '../../src/transport/arena-files.js';
import { openMemoryFile } from '../../src/transport/memory-file.js';

afterEach(() => void vi.restoreAllMocks());

describe.each(['linux', 'freebsd'])('a file in memory (%s)', (platform) => {
  it('has no name, holds what it begins with, and can be written and read', () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue(platform as NodeJS.Platform);
    const begin = Buffer.from('begin').subarray(1);
    const fd = openMemoryFile(begin);
    try {
      expect(fstatSync(fd)).toMatchObject({ nlink: 0, size: 4 });
      expect(readdirSync('/dev/shm').filter((name) => name.startsWith(`millpond-${process.pid}-`))).toEqual([]);
      writeSync(fd, Buffer.from('kept'), 0, 4, 100);
      const read = Buffer.alloc(104);
      expect(readSync(fd, read, 0, 104, 0)).toBe(104);
      expect([read.toString('latin1', 0, 4), read.toString('latin1', 100)]).toEqual(['egin', 'kept']);
    } finally {
      closeSync(fd);
    }
  });

  it('holds as many zeros after its beginning as asked for', () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue(platform as NodeJS.Platform);
    const zeros = 100_000;
    const fd = openMemoryFile(Buffer.from('begin'), zeros);
    try {
      // Blocks of the file system: what is only skipped takes none.
      expect(fstatSync(fd)).toMatchObject({ size: 5 + zeros });
      expect(fstatSync(fd).blocks * 512).toBeGreaterThanOrEqual(5 + zeros);
      const read = Buffer.alloc(5 + zeros, 'x');
      readSync(fd, read, 0, read.length, 0);
      expect(read.equals(Buffer.concat([Buffer.from('begin'), Buffer.alloc(zeros)]))).toBe(true);
    } finally {
      closeSync(fd);
    }
  });

  it('is each a file of its own, readable to its owner only', () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue(platform as NodeJS.Platform);
    const fds = [openMemoryFile(Buffer.of(1)), openMemoryFile(Buffer.of(2))] as const;
    try {
      const [first, second] = fds.map((fd) => fstatSync(fd));
      expect(first?.ino).not.toBe(second?.ino);
      expect((first?.mode ?? 0) & 0o777).toBe(0o600);
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  });
});

describe('the files of an arena', () => {
  it('that something has closed already are let go of without an error', () => {
    const pair = ArenaFilePair.open() as ArenaFilePair;
    for (const fd of [pair.toWorkerFd, pair.toParentFd]) closeSync(fd);
    expect(() => pair.close()).not.toThrow();
  });
});
