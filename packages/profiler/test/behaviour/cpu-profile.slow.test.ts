import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  CHANNELS,
  Pool,
  type PoolProfiling,
  type ProfileMessage,
  type ProfileTerms,
  type SectionsMessage,
} from '@millpond/core';
import { PROFILING } from '@millpond/core/internal';
import { describe, expect, it } from 'vitest';
import { ProfileRecorder } from '../../src/cpu/profile-recorder.js';
import type { CpuReport } from '../../src/model/cpu.js';

const WORKER = new URL('./fixtures/planted-sections.mjs', import.meta.url);
const TERMS: ProfileTerms = { level: 'cpu', io: false, sampleUs: 1000, heap: true };
const WITHIN_MS = 20_000;

async function recording(
  kind: 'process' | 'thread',
  body: (pool: Pool, collect: () => Promise<ProfileRecorder>) => Promise<void>,
): Promise<void> {
  const recorder = new ProfileRecorder(0);
  const add = (message: unknown): void => recorder.add(message as ProfileMessage);
  subscribe(CHANNELS.profile, add);
  const pool = new Pool(WORKER, { kind, workers: 1 });
  try {
    // Before the profile: V8 compiles the function that runs first while it runs, and so it is the slower one.
    await Promise.all(Array.from({ length: 16 }, () => pool.run('oneToThree', 5_000_000)));
    const open = (pool as unknown as Record<symbol, (terms: ProfileTerms) => PoolProfiling>)[PROFILING];
    const profiling = open?.call(pool, TERMS);
    await body(pool, async () => {
      await profiling?.collect(WITHIN_MS);
      return recorder;
    });
    profiling?.stop();
  } finally {
    unsubscribe(CHANNELS.profile, add);
    await pool.destroy();
  }
}

function labelOf({ byLabel }: CpuReport, label: string): CpuReport['byLabel'][number] {
  const found = byLabel.find((each) => each.label === label);
  if (found === undefined) throw new Error(`No samples of ${label}: ${byLabel.map((each) => each.label).join(', ')}.`);
  return found;
}

/** Line of a function in the worker module. */
function lineOf(name: string): number {
  const lines = readFileSync(WORKER, 'utf8').split('\n');
  return lines.findIndex((text) => text.startsWith(`function ${name}(`)) + 1;
}

/** Share of the section `first` in the time of both, as the worker's clock has it. A busy machine may stretch either one. */
async function timedShare(body: () => Promise<void>): Promise<number> {
  const ms: Record<string, number> = { first: 0, second: 0 };
  const listen = (message: unknown): void => {
    for (const { path, totalMs } of (message as SectionsMessage).sections)
      ms[path[0] ?? ''] = (ms[path[0] ?? ''] ?? 0) + totalMs;
  };
  subscribe(CHANNELS.sections, listen);
  try {
    await body();
  } finally {
    unsubscribe(CHANNELS.sections, listen);
  }
  return (ms.first ?? 0) / ((ms.first ?? 0) + (ms.second ?? 0));
}

describe.each(['process', 'thread'] as const)('profiles of workers of kind %s', (kind) => {
  it('give sections the shares of their times, and name the hot function, its file and its line', async () => {
    await recording(kind, async (pool, collect) => {
      let merged: CpuReport | undefined;
      let samples = 0;
      const timed = await timedShare(async () => {
        for (let round = 0; round < 40 && samples < 2000; round++) {
          await Promise.all(Array.from({ length: 8 }, () => pool.run('oneToThree', 5_000_000)));
          [merged] = (await collect()).cpu();
          const own = merged?.byLabel.filter(({ task }) => task === 'oneToThree') ?? [];
          samples = (own.reduce((sum, { ms }) => sum + ms, 0) * 1000) / (merged?.intervalUs ?? 1);
        }
      });
      const report = merged as CpuReport;
      expect(samples).toBeGreaterThanOrEqual(2000);
      const [first, second] = [labelOf(report, 'oneToThree › first'), labelOf(report, 'oneToThree › second')];
      expect(Math.abs(first.ms / (first.ms + second.ms) - timed)).toBeLessThan(0.03);
      expect(second).toMatchObject({ task: 'oneToThree', section: 'second' });
      const [hot] = second.hot;
      expect(hot).toMatchObject({
        functionName: 'plantedHot',
        file: fileURLToPath(WORKER),
        line: lineOf('plantedHot'),
      });
      expect(hot?.share).toBeGreaterThan(0.8);
      expect(report.lost).toEqual([]);
    });
  });

  it('name the function that allocates', async () => {
    await recording(kind, async (pool, collect) => {
      for (let n = 0; n < 40; n++) await pool.run('allocates', 50_000);
      const [merged] = (await collect()).heap();
      expect(merged?.hot[0]).toMatchObject({ functionName: 'plantedAllocation', line: lineOf('plantedAllocation') });
      expect(merged?.totalBytes).toBeGreaterThan(10_000_000);
    });
  });
});
