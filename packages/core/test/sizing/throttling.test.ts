import { describe, expect, it } from 'vitest';
import { readThrottling, throttledShare } from '../../src/sizing/throttling.js';
import { recordedTree } from '../support/recorded-tree.js';

const stat = (periods: number, throttled: number): string =>
  `usage_usec 12\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec 5\n`;

describe('the periods of a CPU quota', () => {
  it('are those of the nearest group that has one', () => {
    const files = {
      'proc/self/cgroup': '0::/app.slice/web.service\n',
      'sys/fs/cgroup/app.slice/web.service/cpu.stat': stat(0, 0),
      'sys/fs/cgroup/app.slice/cpu.stat': stat(200, 30),
      'sys/fs/cgroup/cpu.stat': stat(999, 999),
    };
    expect(readThrottling(recordedTree(files))).toEqual({ periods: 200, throttled: 30 });
  });

  it('are read from version 1 groups, too', () => {
    const files = {
      'proc/self/cgroup': '3:cpu,cpuacct:/docker/abc\n',
      'sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.stat': 'nr_periods 50\nnr_throttled 5\nthrottled_time 1\n',
    };
    expect(readThrottling(recordedTree(files))).toEqual({ periods: 50, throttled: 5 });
  });

  it('are not known where there is no quota, and where nothing can be read', () => {
    const none = { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.stat': 'usage_usec 12\n' };
    expect(readThrottling(recordedTree(none))).toBeUndefined();
    expect(readThrottling(recordedTree({}))).toBeUndefined();
  });
});

describe('the share of the time in which a quota was used up', () => {
  it('is that of the periods between two readings', () => {
    expect(throttledShare({ periods: 100, throttled: 90 }, { periods: 140, throttled: 100 })).toBe(0.25);
  });

  it('is none where nothing is known, or nothing has passed, or the group is another one now', () => {
    const reading = { periods: 100, throttled: 90 };
    expect(throttledShare(undefined, reading)).toBe(0);
    expect(throttledShare(reading, undefined)).toBe(0);
    expect(throttledShare(reading, reading)).toBe(0);
    expect(throttledShare(reading, { periods: 10, throttled: 5 })).toBe(0);
    expect(throttledShare(reading, { periods: 110, throttled: 5 })).toBe(0);
  });
});
