import { describe, expect, it, vi } from 'vitest';
import { ReportTimer } from '../../src/child/report-timer.js';
import type { SelfReport } from '../../src/child/self-report.js';
import { FRAME } from '../../src/wire/frame.js';
import type { ReportMessage } from '../../src/wire/messages.js';
import { fakeTimersInEachTest } from '../support/live-natives.js';

vi.mock('../../src/base/natives.js', async (original) =>
  (await import('../support/live-natives.js')).withLiveTime(original),
);

fakeTimersInEachTest();

/** A worker of which a test says whether it has tasks, and whether a report is due. */
function open() {
  const state = { idle: false, isDue: true };
  const sent: number[] = [];
  const report: Pick<SelfReport, 'due'> = { due: () => (state.isDue ? ({} as ReportMessage) : undefined) };
  const timer = new ReportTimer(state, report, { send: (kind) => sent.push(kind) });
  return { state, sent, timer };
}

describe('reports', () => {
  it('go on while tasks wait for something', () => {
    const { timer, sent } = open();
    timer.keepComing();
    timer.keepComing();
    vi.advanceTimersByTime(1000);
    expect(sent).toEqual(Array(4).fill(FRAME.report));
    expect(vi.getTimerCount()).toBe(1);
  });

  it('end with the last task, and begin again with the next', () => {
    const { timer, sent, state } = open();
    timer.keepComing();
    vi.advanceTimersByTime(250);
    state.idle = true;
    vi.advanceTimersByTime(250);
    expect([sent.length, vi.getTimerCount()]).toEqual([1, 0]);
    state.idle = false;
    timer.keepComing();
    vi.advanceTimersByTime(250);
    expect(sent).toHaveLength(2);
  });

  it('are sent only when one is due', () => {
    const { timer, sent, state } = open();
    state.isDue = false;
    timer.now();
    timer.keepComing();
    vi.advanceTimersByTime(500);
    expect(sent).toEqual([]);
    state.isDue = true;
    timer.now();
    expect(sent).toEqual([FRAME.report]);
  });
});
