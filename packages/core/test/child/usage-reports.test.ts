import { describe, expect, it } from 'vitest';
import { UsageReports } from '../../src/child/usage-reports.js';
import { checkUsed } from '../../src/contract/used-units.js';
import type { UsedUnits } from '../../src/wire/topics.js';

function open() {
  const sent: (readonly UsedUnits[])[] = [];
  const taken: (() => void)[] = [];
  const reports = new UsageReports((all, done) => {
    sent.push(all);
    taken.push(done);
  });
  return { reports, sent, take: () => taken.shift()?.() };
}

describe('reports of what tasks have used', () => {
  it('leave one message at a time, the latest of each task', () => {
    const { reports, sent, take } = open();
    for (let tokens = 1; tokens <= 1000; tokens++) {
      reports.report(1, { tokens });
      reports.report(2, { tokens: -tokens });
    }
    expect(sent).toEqual([[[1, { tokens: 1 }]]]);
    take();
    expect(sent[1]).toEqual([
      [2, { tokens: -1000 }],
      [1, { tokens: 1000 }],
    ]);
    take();
    expect(sent).toHaveLength(2);
  });

  it('leave ahead of the result of their task, also when another message is under way', () => {
    const { reports, sent, take } = open();
    reports.report(1, { tokens: 1 });
    reports.report(1, { tokens: 2 });
    expect([reports.end(1), reports.end(1), reports.end(2)]).toEqual([true, false, false]);
    expect(sent).toEqual([[[1, { tokens: 1 }]], [[1, { tokens: 2 }]]]);
    reports.report(3, { tokens: 3 });
    take();
    expect(sent).toHaveLength(2);
    take();
    expect(sent[2]).toEqual([[3, { tokens: 3 }]]);
  });
});

describe('a report', () => {
  it('is copied', () => {
    const given = { tokens: 1 };
    const used = checkUsed(given);
    given.tokens = 2;
    expect(used).toEqual({ tokens: 1 });
  });

  const many = Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`unit ${at}`, 1]));
  it.each([undefined, null, 5, [1], {}, { tokens: NaN }, { tokens: -1 }, { tokens: Infinity }, { tokens: '1' }, many])(
    'of %o is refused',
    (given) => {
      expect(() => checkUsed(given)).toThrow(TypeError);
    },
  );
});
