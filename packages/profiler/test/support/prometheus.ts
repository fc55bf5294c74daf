import { createRequire } from 'node:module';

/** A family as the parser has read it. */
export interface ParsedFamily {
  name: string;
  help: string;
  type: string;
  metrics: { value?: string; labels?: Record<string, string> }[];
}

// The package has no types.
const require = createRequire(import.meta.url);
const parse = require('parse-prometheus-text-format') as (text: string) => ParsedFamily[];

export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  return new Map(parse(text).map((family) => [family.name, family]));
}

/** One histogram. The parser merges the series of a histogram: without its type, each sample is one of its own. */
export function histogramOf(text: string, name: string, task: string) {
  const families = parse(text.replace(/^# TYPE (\S+) histogram$/gm, ''));
  const samples = (suffix: string) =>
    families
      .filter((family) => family.name === `${name}_${suffix}`)
      .flatMap(({ metrics }) => metrics.filter(({ labels }) => labels?.['task'] === task));
  return {
    buckets: samples('bucket').map(({ labels, value }) => ({ le: labels!['le']!, count: Number(value) })),
    count: Number(samples('count')[0]!.value),
    sum: Number(samples('sum')[0]!.value),
  };
}
