import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type MachineMemory, readMemory } from '../../src/sizing/memory-reading.js';
import { recordedTree } from '../support/recorded-tree.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** 16 GiB, 12 of them available. */
const MACHINE = {
  'proc/meminfo': `MemTotal:       16777216 kB\nMemFree:         1048576 kB\nMemAvailable:   12582912 kB\n`,
};
const V2 = { 'proc/self/cgroup': '0::/app.slice/web.service\n' };
const OWN = 'sys/fs/cgroup/app.slice/web.service';
const ABOVE = 'sys/fs/cgroup/app.slice';

/** The files of a version 2 group. */
function group(folder: string, max: string, current: number, inactiveFile = 0, high = 'max'): Record<string, string> {
  return {
    [`${folder}/memory.max`]: `${max}\n`,
    [`${folder}/memory.high`]: `${high}\n`,
    [`${folder}/memory.current`]: `${current}\n`,
    [`${folder}/memory.stat`]: `anon 1000\nfile 2000\ninactive_file ${inactiveFile}\nactive_file 50\n`,
  };
}

describe('memory in use', () => {
  it('is what the machine cannot give any more, where no group has a limit', () => {
    const reading = readMemory(recordedTree({ ...MACHINE, ...V2, ...group(OWN, 'max', GIB) }));
    expect(reading).toMatchObject({ usedBytes: 4 * GIB, limitBytes: 16 * GIB, source: 'machine', stall: undefined });
  });

  it('of a group is without the file cache that can go at once', () => {
    const reading = readMemory(
      recordedTree({ ...MACHINE, ...V2, ...group(OWN, String(512 * MIB), 500 * MIB, 200 * MIB) }),
    );
    expect(reading).toMatchObject({ usedBytes: 300 * MIB, limitBytes: 512 * MIB, source: 'control group' });
  });

  it('is that of the scarcest group, and comes with the smallest limit of all', () => {
    const files = {
      ...MACHINE,
      ...V2,
      ...group(OWN, String(GIB), 100 * MIB),
      ...group(ABOVE, String(4 * GIB), 3 * GIB),
    };
    expect(readMemory(recordedTree(files))).toMatchObject({
      usedBytes: 3 * GIB,
      limitBytes: 4 * GIB,
      smallestLimitBytes: GIB,
    });
  });

  it('counts the limit from which a group is slowed down', () => {
    const files = { ...MACHINE, ...V2, ...group(OWN, String(2 * GIB), 900 * MIB, 0, String(GIB)) };
    expect(readMemory(recordedTree(files))).toMatchObject({ limitBytes: GIB });
  });

  it('is read from version 1 groups, too, whose "no limit" is a huge number', () => {
    const v1 = {
      'proc/self/cgroup': '5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n',
      'sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': `${256 * MIB}\n`,
      'sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes': `${200 * MIB}\n`,
      'sys/fs/cgroup/memory/docker/abc/memory.stat': `cache 1\ntotal_inactive_file ${50 * MIB}\n`,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': `${4 * GIB}\n`,
    };
    expect(readMemory(recordedTree({ ...MACHINE, ...v1 }))).toMatchObject({
      usedBytes: 150 * MIB,
      limitBytes: 256 * MIB,
      smallestLimitBytes: 256 * MIB,
    });
  });

  it('of the program and its workers counts against a limit given as an option', () => {
    const root = recordedTree({ ...MACHINE, ...V2 });
    expect(readMemory(root, { usedBytes: 400 * MIB, limitBytes: 512 * MIB })).toMatchObject({
      usedBytes: 400 * MIB,
      source: 'option',
    });
    expect(readMemory(root, { usedBytes: 10 * MIB, limitBytes: 512 * MIB })).toMatchObject({ source: 'machine' });
  });

  it('is what Node tells where the machine has no such files', () => {
    const own = { usedBytes: GIB, limitBytes: undefined };
    const told = (): MachineMemory => ({ totalBytes: 16 * GIB, availableBytes: 6 * GIB });
    const reading = { usedBytes: 10 * GIB, limitBytes: 16 * GIB, smallestLimitBytes: 16 * GIB, source: 'machine' };
    expect(readMemory(recordedTree({}), own, told)).toMatchObject(reading);
    expect(readMemory(recordedTree({}), { usedBytes: GIB, limitBytes: GIB + MIB }, told)).toMatchObject({
      usedBytes: GIB,
      smallestLimitBytes: GIB + MIB,
      source: 'option',
    });
  });

  it('is at least that of the program and its workers, where not even Node can tell', () => {
    const own = { usedBytes: GIB, limitBytes: undefined };
    const unknown = (): MachineMemory => ({ totalBytes: 16 * GIB, availableBytes: undefined });
    expect(readMemory(recordedTree({}), own, unknown)).toMatchObject({ usedBytes: GIB, limitBytes: 16 * GIB });
    // Where there are such files, no other source is asked.
    expect(readMemory(recordedTree(MACHINE), own, unknown)).toMatchObject({ usedBytes: 4 * GIB });
    expect(readMemory(recordedTree({}), undefined, unknown)).toBeUndefined();
    const unreadable = recordedTree({ ...V2, [`${OWN}/memory.max`]: 'nonsense\n' });
    expect(readMemory(unreadable, undefined, unknown)).toBeUndefined();
  });

  it('on this machine has a limit, whatever the system', () => {
    const own = { usedBytes: process.memoryUsage.rss(), limitBytes: undefined };
    const elsewhere = readMemory(recordedTree({}), own);
    expect(elsewhere).toMatchObject({ limitBytes: totalmem(), source: 'machine' });
    expect(elsewhere?.usedBytes).toBeGreaterThan(0);
    expect(elsewhere?.usedBytes).toBeLessThan(totalmem());
  });
});

describe('stalls', () => {
  const pressure = (some: number, full: number): string =>
    `some avg10=${some.toFixed(2)} avg60=0.00 avg300=0.00 total=1\nfull avg10=${full.toFixed(2)} avg60=0.00 avg300=0.00 total=1\n`;

  it('are those of the nearest group that tells, else of the machine', () => {
    const machine = { ...MACHINE, ...V2, 'proc/pressure/memory': pressure(1.5, 0) };
    expect(readMemory(recordedTree(machine))?.stall).toEqual({ some: 1.5, full: 0 });
    const own = { ...machine, [`${OWN}/memory.pressure`]: pressure(12.25, 6) };
    expect(readMemory(recordedTree(own))?.stall).toEqual({ some: 12.25, full: 6 });
  });
});
