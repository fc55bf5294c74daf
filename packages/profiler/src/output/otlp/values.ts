import { wellFormed } from '../../format/plain.js';
import type { ReportData } from '../../model/report-data.js';
import { Date } from '../../natives.js';

// OTLP in its JSON mapping: ids in hex, 64-bit numbers as texts, enums as numbers.

export type AnyValue =
  { stringValue: string } | { boolValue: boolean } | { intValue: string } | { doubleValue: number };

export interface KeyValue {
  key: string;
  value: AnyValue;
}

export interface Scope {
  name: string;
}

export const SCOPE: Scope = { name: '@millpond/profiler' };
/** Longest text of an attribute: receivers refuse requests with long ones. */
const MOST = 1024;

export function attributes(all: Readonly<Record<string, string | number | boolean | undefined>>): KeyValue[] {
  return Object.entries(all).flatMap(([key, value]) =>
    value === undefined || isHole(value) ? [] : [{ key, value: anyValue(value) }],
  );
}

function isHole(value: string | number | boolean): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

function anyValue(value: string | number | boolean): AnyValue {
  if (typeof value === 'string') return { stringValue: wellFormed(value.slice(0, MOST)) };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Attributes of the process that was measured. */
export function resourceOf({ run }: ReportData, serviceName: string): { attributes: KeyValue[] } {
  return {
    attributes: attributes({
      'service.name': serviceName,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': run.node,
      'telemetry.sdk.name': '@millpond/profiler',
      'telemetry.sdk.language': 'nodejs',
      'millpond.platform': run.platform,
      'millpond.level': run.level,
    }),
  };
}

/** Time of the profiler's construction, ms since 1970; 0 if it cannot be read. */
export function epochMs({ run }: ReportData): number {
  const ms = Date.parse(run.startedAt);
  return Number.isFinite(ms) ? ms : 0;
}

/** Nanoseconds as text. Beyond µs, a double has no room. */
export function nanos(ms: number): string {
  return String(BigInt(Math.max(0, Math.round(ms * 1000))) * 1000n);
}
