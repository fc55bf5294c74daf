import { describe, expect, it } from 'vitest';
import { UtilizationMeter } from '../../src/worker/utilization-meter.js';

const REPORT = { handlerMs: 150, loopMs: 100, cpuMs: 80, delayMs: 7 };

describe('the load of a worker', () => {
  it('is what it reported last, up to then, while its loop can be free', () => {
    const meter = new UtilizationMeter(1000);
    meter.report(1250, REPORT);
    expect(meter.read(1500, true, undefined)).toEqual({ atMs: 1250, ...REPORT });
  });

  it('goes on with the clock while a worker with a task is silent: its loop must be busy', () => {
    const meter = new UtilizationMeter(1000);
    meter.report(1250, REPORT);
    expect(meter.read(3250, true, undefined)).toEqual({
      atMs: 3250,
      handlerMs: 2150,
      loopMs: 2100,
      cpuMs: 2080,
      delayMs: 7,
    });
  });

  it('takes the processor time of the system for that of its reports', () => {
    const meter = new UtilizationMeter(1000);
    expect(meter.read(3000, true, 15)).toEqual({ atMs: 3000, handlerMs: 2000, loopMs: 2000, cpuMs: 15, delayMs: 0 });
  });

  it('stands still while a silent worker has no task in a handler', () => {
    const meter = new UtilizationMeter(1000);
    meter.report(1250, REPORT);
    expect(meter.read(60_000, false, undefined)).toEqual({ atMs: 60_000, ...REPORT });
    // From here on it may be silent because it is busy.
    expect(meter.read(60_300, true, undefined)).toEqual({ atMs: 60_000, ...REPORT });
    expect(meter.read(61_000, true, undefined)).toEqual({
      atMs: 61_000,
      handlerMs: 1150,
      loopMs: 1100,
      cpuMs: 1080,
      delayMs: 7,
    });
  });

  it('never goes down, whatever the next report says', () => {
    const meter = new UtilizationMeter(0);
    meter.read(2000, true, undefined);
    meter.report(2100, { handlerMs: 1600, loopMs: 1500, cpuMs: 1400, delayMs: 0 });
    expect(meter.read(2200, true, undefined)).toEqual({
      atMs: 2100,
      handlerMs: 2000,
      loopMs: 2000,
      cpuMs: 2000,
      delayMs: 0,
    });
    meter.report(3000, { handlerMs: 2600, loopMs: 2400, cpuMs: 2300, delayMs: 0 });
    expect(meter.read(3000, true, undefined)).toEqual({
      atMs: 3000,
      handlerMs: 2600,
      loopMs: 2400,
      cpuMs: 2300,
      delayMs: 0,
    });
  });
});
