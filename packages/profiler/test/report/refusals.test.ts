import { describe, expect, it } from 'vitest';
import { Report } from '../../src/report/report.js';
import { sampleReport } from '../support/sample-report.js';

const report = (): Report => new Report(sampleReport({ tasks: 20 }));

describe('wrong options of outputs', () => {
  it.each([
    [80, 'Option "options" must be an object; received 80 (number).'],
    [{ widht: 80 }, 'Option "widht" is unknown. Did you mean "width"?'],
    ...[-1, 0, NaN, '80'].map(
      (width) => [{ width }, 'Option "width" must be a number of columns of at least 1'] as const,
    ),
    [{ color: 'always' }, `Option "color" must be true or false; received 'always' (string).`],
  ] as [unknown, string][])('are refused by toText: %j', (options, message) => {
    expect(() => report().toText(options as never)).toThrow(message);
  });

  it.each([
    [{ tasks: -1 }, 'Option "tasks" must be an integer of at least 0, or Infinity; received -1 (number).'],
    [{ tasks: 1.5 }, 'Option "tasks" must be an integer'],
    [{ task: 1 }, 'Did you mean "tasks"?'],
    [{ serviceName: '' }, 'Option "serviceName" must be a string of at least one character'],
    [{ serviceName: 5 }, 'Option "serviceName" must be a string of at least one character; received 5 (number).'],
  ])('are refused by toOtlp: %j', (options, message) => {
    expect(() => report().toOtlp(options as never)).toThrow(message);
  });

  it.each([
    [{ compare: 5 }, 'Option "compare" must be a report of version 2; received 5 (number).'],
    [{ compare: {} }, 'Option "compare" must be a report of version 2; received {} (object).'],
    [{ title: 5 }, 'Option "title" must be a string; received 5 (number).'],
    [{ tilte: 'a' }, 'Option "tilte" is unknown. Did you mean "title"?'],
    ['title', `Option "options" must be an object; received 'title' (string).`],
  ])('are refused by toHtml: %j', (options, message) => {
    expect(() => report().toHtml(options as never)).toThrow(message);
  });

  it('are none where nothing is wrong', () => {
    for (const width of [1, 80.5, Infinity, undefined]) report().toText({ width } as never);
    report().toOtlp({ tasks: 0 });
    report().toOtlp({ tasks: Infinity, serviceName: 'a' });
    const one = report();
    const inPage = (page: string) => page.replaceAll(one.data.run.startedAt, '');
    expect(inPage(one.toHtml({ compare: one }))).toBe(inPage(one.toHtml({ compare: one.data })));
  });
});
