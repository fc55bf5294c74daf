import { describe, expect, it } from 'vitest';
import { TaskMaker } from '../support/tasks.js';

describe('TaskType', () => {
  it('takes tasks of a new name for long ones, so that nothing is sent ahead behind them', () => {
    expect(new TaskMaker().type('new').expectedMs).toBeGreaterThan(100);
  });

  it('expects what the first one took, and then follows slowly', () => {
    const type = new TaskMaker().type('work');
    type.record(0, 5, 5);
    expect(type.expectedMs).toBe(5);
    type.record(0, 15, 15);
    expect(type.expectedMs).toBeCloseTo(6);
    for (let task = 0; task < 100; task++) type.record(0, 15, 15);
    expect(type.expectedMs).toBeCloseTo(15, 2);
  });

  it('keeps what is typical through one that takes much longer, and finds out when most do', () => {
    const type = new TaskMaker().type('work');
    for (let task = 0; task < 99; task++) type.record(0, 0.01, 0.01);
    type.record(0, 200, 200);
    expect(type.typicalMs).toBeLessThan(0.02);
    expect(type.expectedMs).toBeGreaterThan(19);
    for (let task = 0; task < 40; task++) type.record(0, 200, 200);
    expect(type.typicalMs).toBeGreaterThan(10);
  });

  it('keeps the times of waiting, running and both apart', () => {
    const type = new TaskMaker().type('work');
    type.record(1, 20, 300);
    expect([type.wait.sum, type.run.sum, type.total.sum]).toEqual([1, 20, 300]);
  });
});
