import { describe, expect, it } from 'vitest';
import { SectionRecorder } from '../../src/child/section-recorder.js';
import { TASK } from './section-clock.js';

describe('the names of sections', () => {
  it('may be 200,000 of 10 KB', () => {
    const own = new SectionRecorder(() => {});
    const long = 'x'.repeat(10_000);
    for (let i = 0; i < 200_000; i++) own.run(TASK, `${i}${long}`, () => {});
    const deltas = own.take();
    expect(deltas).toHaveLength(101);
    expect(deltas.every(({ path }) => (path[0]?.length ?? 0) <= 201)).toBe(true);
    expect(deltas.reduce((sum, { count }) => sum + count, 0)).toBe(200_000);
  });
});
