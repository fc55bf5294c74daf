import { afterEach, describe, expect, it, vi } from 'vitest';
import { heapLimitBytes } from '../../src/child/own-memory.js';
import { SectionRecorder } from '../../src/child/section-recorder.js';
import { SelfReport } from '../../src/child/self-report.js';
import { TaskUse } from '../../src/child/task-use.js';
import { REPORT_EVERY_MS } from '../../src/wire/pace.js';

const MIB = 1024 * 1024;
const clock = vi.hoisted(() => ({ nowMs: 1000 }));
vi.mock('../../src/base/clock.js', () => ({ hostNowMs: () => clock.nowMs }));
const memory = vi.hoisted(() => ({ rssBytes: undefined as number | undefined }));
vi.mock('../../src/base/natives.js', async (original) => {
  const natives = await original<typeof import('../../src/base/natives.js')>();
  return { ...natives, rss: () => memory.rssBytes ?? natives.rss() };
});

function open() {
  const sections = new SectionRecorder(() => {});
  const uses = [new TaskUse(), new TaskUse()] as const;
  let polledMs = 0;
  const poll = {
    takePolledMs: () => {
      const taken = polledMs;
      polledMs = 0;
      return taken;
    },
  };
  const report = new SelfReport(sections, poll, uses);
  return { report, sections, uses, polled: (ms: number) => (polledMs += ms) };
}

/** Memory of this process from now on, as far as a report can see. */
function pretendRss(bytes: number): void {
  memory.rssBytes = bytes;
}

afterEach(() => void (memory.rssBytes = undefined));

describe('a report', () => {
  it('is due at once, and then four times a second', () => {
    const { report } = open();
    pretendRss(50 * MIB);
    const first = report.due(false);
    expect(first).toMatchObject({ sections: [], heapLimitBytes: heapLimitBytes() });
    expect(first?.rssBytes).toBe(50 * MIB);
    expect(first?.heapUsedBytes).toBeGreaterThan(0);
    clock.nowMs += REPORT_EVERY_MS - 1;
    expect(report.due(false)).toBeUndefined();
    clock.nowMs += 1;
    expect(report.due(false)).toBeDefined();
  });

  it('tells how long tasks have been in handlers, those under way included', () => {
    const { report, uses } = open();
    uses[0].ran(30);
    uses[1].waits(clock.nowMs, clock.nowMs + 1);
    clock.nowMs += 100;
    expect(report.due(false)?.handlerMs).toBe(130);
  });

  it('tells what each handler did that had tasks since the report before', () => {
    const { report, uses } = open();
    const told = (): unknown =>
      report.due(false)?.uses.map(([handler, { handlerMs, calledMs }]) => [handler, handlerMs, calledMs]);
    expect(told()).toEqual([]);
    uses[1].ran(30);
    clock.nowMs += REPORT_EVERY_MS;
    expect(told()).toEqual([[1, 30, 30]]);
    uses[0].waits(clock.nowMs, clock.nowMs + 2);
    clock.nowMs += REPORT_EVERY_MS;
    expect(told()).toEqual([[0, REPORT_EVERY_MS, 2]]);
    uses[1].ran(5);
    clock.nowMs += REPORT_EVERY_MS;
    expect(told()).toEqual([
      [0, 2 * REPORT_EVERY_MS, 2],
      [1, 35, 35],
    ]);
  });

  it('does not count the time for which its worker only stayed awake', () => {
    const busy = open();
    const before = busy.report.due(false)?.loopMs as number;
    const { report, polled } = open();
    polled(before / 2);
    expect(report.due(false)?.loopMs).toBeLessThan(before);
    polled(1e9);
    clock.nowMs += 1000;
    expect(report.due(false)).toMatchObject({ loopMs: 0, elu: 0 });
  });
});

describe('a worker that grows fast', () => {
  it('says so before its next report is due, for every 16 MiB', () => {
    const { report } = open();
    pretendRss(100 * MIB);
    expect(report.due(false)?.rssBytes).toBe(100 * MIB);
    clock.nowMs += 10;
    pretendRss(116 * MIB);
    expect(report.due(false)).toBeUndefined();
    clock.nowMs += 10;
    pretendRss(117 * MIB);
    expect(report.due(false)?.rssBytes).toBe(117 * MIB);
    clock.nowMs += 10;
    pretendRss(130 * MIB);
    expect(report.due(false)).toBeUndefined();
  });

  it('looks at its memory every 10 ms at most', () => {
    const { report } = open();
    pretendRss(100 * MIB);
    report.due(false);
    clock.nowMs += 10;
    expect(report.due(false)).toBeUndefined();
    pretendRss(500 * MIB);
    clock.nowMs += 9;
    expect(report.due(false)).toBeUndefined();
    clock.nowMs += 1;
    expect(report.due(false)).toBeDefined();
  });
});

describe('sections', () => {
  it('leave when work pauses, or with the rest of a report', () => {
    const { report, sections } = open();
    report.due(false);
    sections.run({ task: 'work', id: 1 }, 'part', () => {});
    clock.nowMs += REPORT_EVERY_MS - 1;
    expect(report.due(false)).toBeUndefined();
    expect(report.due(true)?.sections).toHaveLength(1);
    sections.run({ task: 'work', id: 1 }, 'part', () => {});
    clock.nowMs += 1;
    expect(report.due(false)?.sections).toHaveLength(1);
    expect(report.due(true)).toBeUndefined();
  });
});
