import { describe, expect, it } from 'vitest';
import { workerReports } from '../../src/build/worker-reports.js';
import { IdleClock } from '../../src/record/idle-clock.js';
import { WorkerLedger } from '../../src/record/worker-ledger.js';
import { ran, traceOf, workerMessage as message } from '../fakes.js';

const NO_MEANS = new Map<string, number>();

function ledgerOf(startMs = 1000, wanted = 1): WorkerLedger {
  return new WorkerLedger(startMs, wanted, new IdleClock('noWork', startMs), { handled: () => {}, up: () => {} });
}

describe('the ledger of workers', () => {
  it('divides busy by the time since ready', () => {
    const ledger = ledgerOf(1000);
    ledger.changed(message('ready', 1, 1100, 45));
    ledger.ran(ran(1100, 1150));
    ledger.ran(ran(1200, 1250, { outcome: 'error' }));
    const { workers, utilization, peakWorkers } = workerReports(ledger, 1300, NO_MEANS);
    expect(workers).toMatchObject([
      {
        workerId: 1,
        tasks: 2,
        failed: 1,
        upMs: 200,
        busyMs: 100,
        utilization: 0.5,
        executionMs: 100,
        bootMs: 45,
        exited: false,
      },
    ]);
    expect({ utilization, peakWorkers }).toEqual({ utilization: 0.5, peakWorkers: 1 });
  });

  it('counts overlapping tasks of one worker once as busy, and each as execution', () => {
    const ledger = ledgerOf(1000);
    ledger.wasThere(1, 0, true);
    ledger.ran(ran(1000, 1080));
    ledger.ran(ran(1040, 1100));
    expect(workerReports(ledger, 1200, NO_MEANS).workers[0]).toMatchObject({
      busyMs: 100,
      executionMs: 140,
      utilization: 0.5,
    });
  });

  it('stops counting at the exit', () => {
    const ledger = ledgerOf(1000);
    ledger.wasThere(1, 0, true);
    ledger.ran(ran(1000, 1100));
    ledger.changed(message('exited', 1, 1100));
    ledger.changed(message('ready', 2, 1150, 50));
    const { workers, utilization, peakWorkers } = workerReports(ledger, 1250, NO_MEANS);
    expect(workers[0]).toMatchObject({ upMs: 100, utilization: 1, exited: true });
    expect(workers[1]).toMatchObject({ upMs: 100, utilization: 0, exited: false });
    expect({ utilization, peakWorkers }).toEqual({ utilization: 0.5, peakWorkers: 1 });
  });

  it('counts a worker that was ready before only from the begin of the window, and does not know its boot time', () => {
    const ledger = ledgerOf(1000);
    ledger.wasThere(1, 0, true);
    ledger.ran(ran(500, 1100));
    expect(workerReports(ledger, 1200, NO_MEANS).workers[0]).toMatchObject({ upMs: 200, busyMs: 100, bootMs: null });
  });

  it('counts a worker that was not announced from its first task on', () => {
    const ledger = ledgerOf(1000);
    ledger.ran(ran(1100, 1150, { workerId: 7 }));
    expect(workerReports(ledger, 1200, NO_MEANS).workers[0]).toMatchObject({ workerId: 7, upMs: 100, busyMs: 50 });
  });

  it('leaves out tries that never came back, and workers that never became ready', () => {
    const ledger = ledgerOf(1000);
    ledger.ran(traceOf([1, 1], { outcome: 'crash' }));
    ledger.changed(message('exited', 3, 1100));
    expect(workerReports(ledger, 1200, NO_MEANS)).toMatchObject({ workers: [], utilization: 0, peakWorkers: 0 });
  });

  it('keeps the time of workers beyond the latest 256 of the gone, without a row for each', () => {
    const ledger = ledgerOf(0);
    for (let id = 1; id <= 1000; id++) {
      ledger.changed(message('ready', id, id * 10));
      ledger.ran(ran(id * 10, id * 10 + 5, { workerId: id }));
      ledger.changed(message('exited', id, id * 10 + 10));
    }
    ledger.ran(ran(10, 15, { workerId: 1 })); // late, of a worker that has no row any more
    const { workers, foldedWorkers, utilization } = workerReports(ledger, 20_000, NO_MEANS);
    expect(workers).toHaveLength(256);
    expect(foldedWorkers).toMatchObject({ workers: 744, tasks: 744, upMs: 7440, busyMs: 3720 });
    expect(utilization).toBeCloseTo(0.5, 9);
  });

  it('does not let a result from after the window make a worker busier than it was up', () => {
    const ledger = ledgerOf(1000);
    ledger.wasThere(1, 0, true);
    ledger.ran(ran(1000, 1300));
    expect(workerReports(ledger, 1200, NO_MEANS).workers[0]).toMatchObject({ upMs: 200, busyMs: 200, utilization: 1 });
  });
});
