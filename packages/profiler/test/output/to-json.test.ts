import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { toJson } from '../../src/output/to-json.js';
import { reportsByName } from '../support/all-reports.js';
import { richReport } from '../support/rich-report.js';

type Json = ReturnType<typeof JSON.parse>;
const schema = JSON.parse(readFileSync(new URL('../../report.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema);
/** The same schema without further fields: what the schema does not name must not be there. */
const validateClosed = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  Object.assign({}, closed(schema), { $id: 'closed' }),
);

/** A copy in which every object has only the fields that it names. */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed);
  if (typeof part !== 'object' || part === null) return part;
  const copy = Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, key === 'enum' ? (value as unknown) : closed(value)]),
  );
  const isRecord = !('properties' in part) || 'additionalProperties' in part;
  return 'type' in part && part.type === 'object' && !isRecord ? { ...copy, additionalProperties: false } : copy;
}

describe('the JSON of a report', () => {
  it.each(reportsByName())('is what the schema says, and survives a round trip: %s', (_, report) => {
    const json = JSON.parse(JSON.stringify(toJson(report)));
    expect(validate(json), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
    expect(validateClosed(json), JSON.stringify(validateClosed.errors?.slice(0, 3))).toBe(true);
    expect(json).toEqual(JSON.parse(JSON.stringify(report)));
    expect(json.version).toBe(2);
  });

  it.each([
    ['a wrong version', (json: Json) => (json.version = 1)],
    ['a number as text', (json: Json) => (json.run.wallMs = '1')],
    ['a missing field', (json: Json) => delete json.pools[0].byTask[0].latency.p99Ms],
    ['an unknown outcome', (json: Json) => (json.pools[0].spans.outcome[0] = 'lost')],
    ['an id that is none', (json: Json) => (json.findings[0].id = 'X1')],
    ['a NaN', (json: Json) => (json.pools[0].capacity.wantedMs = null)],
  ])('is refused by the schema with %s', (_, spoil) => {
    const json = JSON.parse(JSON.stringify(richReport()));
    spoil(json);
    expect(validate(json)).toBe(false);
  });

  it('has no number that JSON does not have: it is replaced, and said', () => {
    const report = richReport({ tasks: 5 });
    report.pools[0]!.tasksPerSecond = Infinity;
    report.pools[0]!.byTask[0]!.latency.meanMs = NaN;
    report.pools[0]!.curves.queued[0] = NaN;
    report.pools[0]!.spans!.stamps[0]![5] = NaN;
    const json = toJson(report);
    expect(json.quality.remarks.at(-1)).toBe(
      '3 numbers were not finite and read 0: .pools[0].tasksPerSecond, .pools[0].byTask[0].latency.meanMs, .pools[0].curves.queued[0]',
    );
    expect(json.pools[0]!.spans!.stamps[0]![5]).toBeNull();
    expect(validate(JSON.parse(JSON.stringify(json)))).toBe(true);
    expect(report.pools[0]!.tasksPerSecond).toBe(Infinity);
  });

  it('keeps a name that is __proto__', () => {
    const report = richReport({ name: '__proto__', tasks: 2 });
    const reasons = toJson(report).pools[0]!.batches[0]!.byReason;
    expect(Object.keys(reasons)).toEqual(Object.keys(report.pools[0]!.batches[0]!.byReason));
  });
});
