import type { ProfileMessage } from '@millpond/core';
import { hostNowMs } from '@millpond/core/internal';
import { describe, expect, it } from 'vitest';
import { ParentProfile } from '../../src/cpu/parent-profile.js';
import { ProfileRecorder } from '../../src/cpu/profile-recorder.js';

function plantedParentSpin(ms: number): number {
  const end = performance.now() + ms;
  let sum = 0;
  while (performance.now() < end) for (let step = 0; step < 1000; step++) sum += Math.sqrt(step);
  return sum;
}

describe('the profile of the main thread', () => {
  it('shows what it runs, window by window, with times on the clock of traces', () => {
    const recorder = new ProfileRecorder(0);
    const parts: ProfileMessage['part'][] = [];
    const profile = new ParentProfile(1000, (message) => {
      parts.push(message.part);
      recorder.add(message);
    });
    const begin = hostNowMs();
    profile.start();
    profile.start();
    plantedParentSpin(300);
    profile.collect();
    plantedParentSpin(100);
    profile.stop();
    profile.stop();
    profile.collect();
    expect(parts.map(({ kind }) => kind)).toEqual(['cpu', 'cpu']);
    for (const part of parts) {
      if (part.kind !== 'cpu') throw new Error('no profile');
      expect(part.profile.startTime / 1000).toBeGreaterThan(begin - 50);
      expect(part.profile.endTime / 1000).toBeLessThan(hostNowMs() + 50);
    }
    const [report] = recorder.cpu();
    expect(report).toMatchObject({ workerId: 0, lost: [] });
    const hot = report?.hot.find(({ functionName }) => functionName === 'plantedParentSpin');
    expect(hot?.share).toBeGreaterThan(0.5);
    expect(hot?.file).toMatch(/parent-profile\.test\.ts$/);
    expect(profile.profilerMs).toBeGreaterThan(0);
  });

  it('begins again after its end', () => {
    const kinds: string[] = [];
    const profile = new ParentProfile(1000, ({ part }) => kinds.push(part.kind));
    for (let round = 0; round < 2; round++) {
      profile.start();
      profile.stop();
    }
    expect(kinds).toEqual(['cpu', 'cpu']);
  });
});
