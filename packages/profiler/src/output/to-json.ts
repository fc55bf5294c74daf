import type { ReportData } from '../model/report-data.js';

/** Most places that a remark names. */
const MOST_NAMED = 10;

/**
 * The report as plain data for JSON, as `report.schema.json` describes it. Numbers that JSON does not have are replaced, and said under
 * `quality.remarks`: a stamp becomes null, any other number 0.
 */
export function toJson(report: ReportData): ReportData {
  const found: string[] = [];
  let count = 0;
  const clean = (value: unknown, path: string): unknown => {
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return value;
      if (path.includes('.stamps[')) return null;
      count++;
      if (found.length < MOST_NAMED) found.push(path);
      return 0;
    }
    if (Array.isArray(value))
      return value.some(needsCare) ? value.map((each, i) => clean(each, `${path}[${i}]`)) : value;
    if (typeof value !== 'object' || value === null) return value;
    const copy: Record<string, unknown> = {};
    for (const [key, each] of Object.entries(value)) {
      // A name of the program may be `__proto__`, which a plain assignment would take for the prototype.
      if (each !== undefined) Object.defineProperty(copy, key, { value: clean(each, `${path}.${key}`), ...OPEN });
    }
    return copy;
  };
  const plain = clean(report, '') as ReportData;
  if (count === 0) return plain;
  const remark = `${count} ${count === 1 ? 'number was' : 'numbers were'} not finite and read 0: ${found.join(', ')}`;
  return { ...plain, quality: { ...plain.quality, remarks: [...plain.quality.remarks, remark] } };
}

const OPEN = { enumerable: true, writable: true, configurable: true } as const;

/** Whether a part of a list has to be looked at: long columns of numbers mostly have not. */
function needsCare(value: unknown): boolean {
  return typeof value === 'number' ? !Number.isFinite(value) : typeof value === 'object' && value !== null;
}
