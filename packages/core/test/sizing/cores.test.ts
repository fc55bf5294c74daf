import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { cpuQuota, usableCores } from '../../src/sizing/cores.js';
import { recordedTree } from '../support/recorded-tree.js';

const V2 = { 'proc/self/cgroup': '0::/app.slice/web.service\n' };

describe('control groups v2', () => {
  it('give quota ÷ period as a fraction', () => {
    const root = recordedTree({ ...V2, 'sys/fs/cgroup/app.slice/web.service/cpu.max': '150000 100000\n' });
    expect(cpuQuota(root)).toBe(1.5);
  });

  it('set no limit with "max"', () => {
    expect(cpuQuota(recordedTree({ ...V2, 'sys/fs/cgroup/app.slice/web.service/cpu.max': 'max 100000\n' }))).toBe(
      Infinity,
    );
  });

  it('pass on the strictest limit of all groups above', () => {
    const own = { 'sys/fs/cgroup/app.slice/web.service/cpu.max': '400000 100000\n' };
    const parent = { 'sys/fs/cgroup/app.slice/cpu.max': '50000 100000\n' };
    const top = { 'sys/fs/cgroup/cpu.max': '300000 100000\n' };
    expect(cpuQuota(recordedTree({ ...V2, ...own }))).toBe(4);
    expect(cpuQuota(recordedTree({ ...V2, ...own, ...top }))).toBe(3);
    expect(cpuQuota(recordedTree({ ...V2, ...own, ...top, ...parent }))).toBe(0.5);
  });

  it('are read at the top in a container that sees itself as the root', () => {
    const root = recordedTree({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '200000 100000\n' });
    expect(cpuQuota(root)).toBe(2);
  });
});

describe('control groups v1', () => {
  const CGROUP = '12:memory:/docker/c1\n5:cpu,cpuacct:/docker/c1\n1:name=systemd:/\n';
  const limit = (folder: string, quota: number): Record<string, string> => ({
    [`${folder}/cpu.cfs_quota_us`]: `${quota}\n`,
    [`${folder}/cpu.cfs_period_us`]: '100000\n',
  });

  it.each(['sys/fs/cgroup/cpu,cpuacct', 'sys/fs/cgroup/cpu'])('are found under %s', (mount) => {
    const root = recordedTree({ 'proc/self/cgroup': CGROUP, ...limit(`${mount}/docker/c1`, 250_000) });
    expect(cpuQuota(root)).toBe(2.5);
  });

  it('pass on the strictest limit of all groups above', () => {
    const mount = 'sys/fs/cgroup/cpu,cpuacct';
    const files = { ...limit(`${mount}/docker/c1`, -1), ...limit(`${mount}/docker`, 75_000), ...limit(mount, -1) };
    expect(cpuQuota(recordedTree({ 'proc/self/cgroup': CGROUP, ...files }))).toBe(0.75);
  });

  it('set no limit with -1, or without a period', () => {
    const folder = 'sys/fs/cgroup/cpu/docker/c1';
    expect(cpuQuota(recordedTree({ 'proc/self/cgroup': CGROUP, ...limit(folder, -1) }))).toBe(Infinity);
    const noPeriod = { 'proc/self/cgroup': CGROUP, [`${folder}/cpu.cfs_quota_us`]: '100000' };
    expect(cpuQuota(recordedTree(noPeriod))).toBe(Infinity);
  });

  it('limit nothing through groups of other controllers', () => {
    const files = { 'proc/self/cgroup': '12:memory:/m\n', ...limit('sys/fs/cgroup/cpu/m', 1000) };
    expect(cpuQuota(recordedTree(files))).toBe(Infinity);
  });

  it('count beside v2 on a host that has both', () => {
    const both = { 'proc/self/cgroup': `${CGROUP}0::/x\n`, ...limit('sys/fs/cgroup/cpu/docker/c1', 300_000) };
    expect(cpuQuota(recordedTree({ ...both, 'sys/fs/cgroup/x/cpu.max': '200000 100000' }))).toBe(2);
  });
});

describe('usableCores', () => {
  it('is what the affinity allows where there are no control groups', () => {
    expect(cpuQuota(recordedTree({}))).toBe(Infinity);
    expect(usableCores(recordedTree({}))).toBe(availableParallelism());
  });

  it('is the quota where that is less, and never more than the affinity', () => {
    const quota = (text: string): string =>
      recordedTree({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': text });
    expect(usableCores(quota('25000 100000'))).toBe(0.25);
    expect(usableCores(quota('99900000 100000'))).toBe(availableParallelism());
  });

  it.each(['', 'nonsense', '0 0', '-5 100000', '100000'])('takes the unreadable limit "%s" for none', (text) => {
    const root = recordedTree({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': text });
    expect(cpuQuota(root)).toBe(Infinity);
  });

  it('is above 0 on this machine', () => {
    expect(usableCores()).toBeGreaterThan(0);
  });
});
