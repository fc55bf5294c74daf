import { nearestName } from '@millpond/core/internal';
import type { Finding } from './problems.js';

/** The keys of `input` that name a source; a workload has exactly one of them. */
const SOURCES = ['files', 'lines', 'jsonl', 'csv', 'items', 'range', 'stdin'] as const;

/**
 * Checks that need two keys. The data may not fit the schema, so that all mistakes of a file are found at once. Values of a wrong
 * shape are left to the schema.
 */
export function crossCheck(value: unknown): Finding[] {
  const root = record(value);
  if (root === undefined) return [];
  return [...checkWorker(root), ...checkInput(root), ...checkPool(root)];
}

function checkWorker(root: Entries): Finding[] {
  const worker = root['worker'];
  // One letter and a colon is a drive of Windows, not a scheme.
  const scheme = typeof worker === 'string' ? /^([a-z][a-z0-9+.-]+):/i.exec(worker)?.[1] : undefined;
  if (scheme === undefined) return [];
  return [{ path: ['worker'], message: `must be the path of a file; "${scheme}:" addresses are refused.` }];
}

function checkInput(root: Entries): Finding[] {
  const input = record(root['input']);
  if (input === undefined) return [];
  const given = SOURCES.filter((key) => input[key] !== undefined);
  const findings: Finding[] = [];
  if (given.length === 0 && !Object.keys(input).some((key) => nearestName(key, SOURCES) !== undefined)) {
    findings.push({ path: ['input'], message: `must have one of ${SOURCES.join(', ')}.` });
  }
  for (const extra of given.slice(1)) {
    findings.push({
      path: ['input', extra],
      message: `cannot stand beside "${given[0]}"; a workload has one source of items.`,
      atKey: true,
    });
  }
  if (input['ignore'] !== undefined && input['files'] === undefined) {
    findings.push({ path: ['input', 'ignore'], message: 'works only with "files".', atKey: true });
  }
  return [...findings, ...checkRange(record(input['range'])), ...checkCsv(record(input['csv']))];
}

function checkRange(range: Entries | undefined): Finding[] {
  const { from, to, step } = range ?? {};
  if (step === 0) return [{ path: ['input', 'range', 'step'], message: 'must not be 0.' }];
  if (typeof from !== 'number' || typeof to !== 'number' || typeof step !== 'number') return [];
  if (from === to || Math.sign(to - from) === Math.sign(step)) return [];
  return [
    {
      path: ['input', 'range', 'step'],
      message: `leads away from ${to}; from ${from} it must be ${to > from ? 'above' : 'below'} 0.`,
    },
  ];
}

function checkCsv(csv: Entries | undefined): Finding[] {
  const columns = csv?.['columns'];
  if (!Array.isArray(columns)) return [];
  return columns.flatMap((name: unknown, index) =>
    columns.indexOf(name) === index
      ? []
      : [{ path: ['input', 'csv', 'columns', index], message: `names column "${String(name)}" a second time.` }],
  );
}

function checkPool(root: Entries): Finding[] {
  const pool = record(root['pool']);
  const workers = record(pool?.['workers']);
  const findings: Finding[] = [];
  const { min, max } = workers ?? {};
  if (typeof min === 'number' && typeof max === 'number' && min > max) {
    findings.push({ path: ['pool', 'workers', 'min'], message: `is above max, which is ${max}.` });
  }
  if (pool?.['kind'] === 'inline') {
    for (const key of ['execArgv', 'env'] as const) {
      if (pool[key] === undefined) continue;
      findings.push({
        path: ['pool', key],
        message: 'does nothing with kind "inline", which starts no worker.',
        atKey: true,
      });
    }
  }
  return findings;
}

type Entries = Record<string, unknown>;

function record(value: unknown): Entries | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entries) : undefined;
}
