import { gzipSync } from 'node:zlib';
import { plainName, wellFormed } from '../format/plain.js';
import type { FlameGraph } from '../model/cpu.js';
import type { ReportData } from '../model/report-data.js';
import { Date } from '../natives.js';
import { mergedCpuOf, type OwnedCpu, ownerName } from './cpu-reports.js';
import { walkFlame } from './flame.js';
import { ProtoWriter } from './proto-writer.js';

/** Numbers of the fields in profile.proto. */
const PROFILE = {
  sampleType: 1,
  sample: 2,
  location: 4,
  function: 5,
  strings: 6,
  timeNanos: 9,
  durationNanos: 10,
  periodType: 11,
  period: 12,
};
const VALUE_TYPE = { type: 1, unit: 2 };
const SAMPLE = { location: 1, value: 2, label: 3 };
const LABEL = { key: 1, text: 2 };
const LOCATION = { id: 1, line: 4 };
const LINE = { function: 1, line: 2 };
const FUNCTION = { id: 1, name: 2, systemName: 3, file: 4, startLine: 5 };

/**
 * CPU profiles as gzipped pprof, nanoseconds by call path. Each sample has the labels `thread`, and `pool`, `task` and `section` where they
 * are known. Empty if the report has no CPU profile.
 */
export function toPprof(report: ReportData): Uint8Array {
  const tables = new Tables();
  const samples = new ProtoWriter();
  for (const owned of mergedCpuOf(report)) writeSamples(samples, owned, report.pools.length, tables);
  const profile = new ProtoWriter();
  profile.message(PROFILE.sampleType, valueType(tables, 'cpu', 'nanoseconds'));
  profile.append(samples);
  profile.append(tables.locations);
  profile.append(tables.functions);
  profile.number(PROFILE.timeNanos, nanosOf(report.run.startedAt));
  profile.number(PROFILE.durationNanos, BigInt(Math.round(report.run.wallMs * 1e6)));
  profile.message(PROFILE.periodType, valueType(tables, 'cpu', 'nanoseconds'));
  const intervalUs = mergedCpuOf(report)[0]?.cpu.intervalUs ?? 0;
  profile.number(PROFILE.period, Math.round(intervalUs * 1000));
  for (const text of tables.strings) profile.text(PROFILE.strings, text);
  return gzipSync(profile.bytes());
}

function writeSamples(samples: ProtoWriter, owned: OwnedCpu, poolCount: number, tables: Tables): void {
  const { cpu, pool } = owned;
  const parts = cpu.byLabel.length === 0 ? [{ task: '', section: '', flame: cpu.flame }] : cpu.byLabel;
  for (const { task, section, flame } of parts) {
    const labels = { thread: ownerName(owned, poolCount), pool: pool ?? '', task, section };
    const places = flame.frames.map((frame) => tables.location(frame));
    for (const { selfMs, stack } of walkFlame(flame)) {
      if (!(selfMs > 0)) continue;
      const sample = new ProtoWriter();
      // Innermost first.
      sample.packed(
        SAMPLE.location,
        [...stack].reverse().map((frame) => places[frame] ?? 0),
      );
      sample.packed(SAMPLE.value, [Math.round(selfMs * 1e6)]);
      for (const [key, text] of Object.entries(labels)) {
        if (text === '') continue;
        const label = new ProtoWriter();
        label.number(LABEL.key, tables.string(key));
        label.number(LABEL.text, tables.string(plainName(text)));
        sample.message(SAMPLE.label, label);
      }
      samples.message(PROFILE.sample, sample);
    }
  }
}

/** Tables that samples point into; each entry once. */
class Tables {
  readonly strings: string[] = [''];
  readonly locations = new ProtoWriter();
  readonly functions = new ProtoWriter();
  readonly #strings = new Map<string, number>([['', 0]]);
  readonly #locations = new Map<string, number>();

  string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const place = this.strings.length;
    this.strings.push(text);
    this.#strings.set(text, place);
    return place;
  }

  /** Id of the place of a function: one place each, because a report keeps no lines within a function. */
  location({ functionName, file, line }: FlameGraph['frames'][number]): number {
    const key = `${line}\0${file}\0${functionName}`;
    const known = this.#locations.get(key);
    if (known !== undefined) return known;
    const id = this.#locations.size + 1;
    this.#locations.set(key, id);
    const name = this.string(plainName(functionName, '(anonymous)'));
    const own = new ProtoWriter();
    own.number(FUNCTION.id, id);
    own.number(FUNCTION.name, name);
    own.number(FUNCTION.systemName, name);
    own.number(FUNCTION.file, this.string(wellFormed(file)));
    own.number(FUNCTION.startLine, line);
    this.functions.message(PROFILE.function, own);
    const place = new ProtoWriter();
    place.number(LOCATION.id, id);
    const at = new ProtoWriter();
    at.number(LINE.function, id);
    at.number(LINE.line, line);
    place.message(LOCATION.line, at);
    this.locations.message(PROFILE.location, place);
    return id;
  }
}

function valueType(tables: Tables, type: string, unit: string): ProtoWriter {
  const writer = new ProtoWriter();
  writer.number(VALUE_TYPE.type, tables.string(type));
  writer.number(VALUE_TYPE.unit, tables.string(unit));
  return writer;
}

function nanosOf(iso: string): bigint {
  const ms = Date.parse(iso);
  return Number.isFinite(ms) ? BigInt(ms) * 1_000_000n : 0n;
}
