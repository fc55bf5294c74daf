import { expect, it } from 'vitest';
import type { ReportMessage, TaskUseTotals } from '../../src/wire/messages.js';
import { UseMeter } from '../../src/worker/use-meter.js';
import { reportOf } from '../support/reports.js';

const totals = (handlerMs: number, calledMs: number): TaskUseTotals => ({
  handlerMs,
  calledMs,
  sampledMs: 0,
  sampledCpuMs: 0,
});

function report(loopMs: number, uses: ReportMessage['uses']): ReportMessage {
  return reportOf({ loopMs, cpuMs: loopMs, uses });
}

it('the work of a worker since its report before is shared out by handler, whichever reports had it in them', () => {
  const meter = new UseMeter();
  expect(meter.report(report(0, []))).toEqual([]);
  expect(meter.report(report(50, [[1, totals(40, 40)]]))).toMatchObject([
    [1, { handlerMs: 40, loopMs: 40, cpuMs: 40 }],
  ]);
  // The report between is that of another handler: its time is not handler 1's.
  expect(meter.report(report(90, [[0, totals(300, 10)]]))).toMatchObject([[0, { handlerMs: 300, loopMs: 40 }]]);
  expect(
    meter.report(
      report(100, [
        [0, totals(310, 10)],
        [1, totals(45, 45)],
      ]),
    ),
  ).toMatchObject([
    [0, { handlerMs: 10, loopMs: 5 }],
    [1, { handlerMs: 5, loopMs: 5 }],
  ]);
});
