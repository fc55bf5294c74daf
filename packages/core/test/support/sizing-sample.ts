import type { SizingSample } from '../../src/sizing/sample.js';

/** A tick of a quarter of a second in which nothing was seen, but for `seen`. */
export function sampleOf(seen: Partial<SizingSample> = {}): SizingSample {
  return {
    nowMs: 1000,
    elapsedMs: 250,
    workers: 1,
    concurrency: 1,
    waiting: 0,
    executing: 0,
    backlogMs: 0,
    ended: 0,
    workMs: 0,
    inflation: 1,
    ready: 1,
    starting: 0,
    spanMs: 0,
    handlerMs: 0,
    loopMs: 0,
    cpuMs: 0,
    delayMs: 0,
    parentShare: 0.2,
    bootMs: 60,
    memoryRoom: Infinity,
    memoryCap: Infinity,
    ...seen,
  };
}
