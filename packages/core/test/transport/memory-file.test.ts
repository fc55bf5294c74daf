import { closeSync, fstatSync, readdirSync, readSync, writeSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { openMemoryFile } from '../../src/transport/memory-file.js';

describe.each(['linux', 'freebsd'])('a file in memory (%s)', (platform) => {
  it('has no name, and can be written and read', () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue(platform as NodeJS.Platform);
    const fd = openMemoryFile();
    try {
      expect(fstatSync(fd)).toMatchObject({ nlink: 0, size: 0 });
      expect(readdirSync('/dev/shm').filter((name) => name.startsWith(`millpond-${process.pid}-`))).toEqual([]);
      writeSync(fd, Buffer.from('kept'), 0, 4, 100);
      const read = Buffer.alloc(4);
      readSync(fd, read, 0, 4, 100);
      expect(read.toString()).toBe('kept');
    } finally {
      closeSync(fd);
      vi.restoreAllMocks();
    }
  });
});
