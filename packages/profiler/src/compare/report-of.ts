import { isRecord } from '@millpond/core/internal';
import type { ReportData } from '../model/report-data.js';
import { refuse, show } from '../options.js';
import type { Comparable } from './comparison.js';

/**
 * The data of a report, given as such or by what has it.
 * @param orElse what is taken instead of a report: `, or a list of them`
 * @throws ERR_OPTION if it is no report
 */
export function reportOf(given: Comparable, option: string, orElse = ''): ReportData {
  const data = dataOf(given);
  if (!isReport(data)) refuse(option, `must be a report of version 2${orElse}; received ${show(given)}.`);
  return data;
}

/** What its `toJSON` gives, if it has one; else itself. */
export function dataOf(given: unknown): unknown {
  const toJSON = isRecord(given) ? given['toJSON'] : undefined;
  return typeof toJSON === 'function' ? (toJSON.call(given) as unknown) : given;
}

/** Whether it has the parts that every report of this version has. */
export function isReport(data: unknown): data is ReportData {
  return (
    isRecord(data) &&
    data['version'] === 2 &&
    isRecord(data['run']) &&
    typeof data['run']['wallMs'] === 'number' &&
    isRecord(data['verdict']) &&
    [data['pools'], data['findings']].every((list) => Array.isArray(list) && list.every((each) => isRecord(each)))
  );
}
