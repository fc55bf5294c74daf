import { didYouMean, nearestOrAll } from '@millpond/core/internal';
import type * as z from 'zod';
import { crossCheck } from './cross-checks.js';
import type { Finding, Path } from './problems.js';
import type { WorkloadFile } from './schema.js';
import { workloadJsonSchema, workloadSchema } from './schema.js';

/** Checks the data of a workload file. Finds all mistakes at once; pure. */
export function checkWorkload(value: unknown): { workload: WorkloadFile } | { findings: Finding[] } {
  const parsed = workloadSchema.safeParse(value);
  const findings = parsed.success ? [] : parsed.error.issues.flatMap((issue) => toFindings(issue, [], value));
  findings.push(...crossCheck(value));
  return parsed.success && findings.length === 0 ? { workload: parsed.data } : { findings };
}

type Issue = z.core.$ZodIssue;

/** One issue of zod in our words. Several unknown keys are several findings; a union speaks for the branch that was meant. */
function toFindings(issue: Issue, prefix: Path, root: unknown): Finding[] {
  const path: Path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const value = valueAt(root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: describeUnknownKey(key, knownKeys(path)),
        atKey: true,
      }));
    case 'invalid_union': {
      const meant = branchMeant(issue.errors);
      if (meant !== undefined) return meant.flatMap((inner) => toFindings(inner, path, root));
      return [{ path, message: `${issue.message}; ${received(value)}.` }];
    }
    case 'invalid_value':
      if (issue.message.startsWith('must')) return [{ path, message: describeWrong(issue.message, value) }];
      return [{ path, message: describeWrongChoice(issue.values.map(String), value) }];
    default:
      return [{ path, message: describeWrong(issue.message, value) }];
  }
}

function describeWrong(phrase: string, value: unknown): string {
  return value === undefined ? `is missing; it ${phrase}.` : `${phrase}; ${received(value)}.`;
}

function describeWrongChoice(allowed: readonly string[], value: unknown): string {
  return `must be one of ${allowed.join(', ')}; ${received(value)}.${didYouMean(value, allowed)}`;
}

function describeUnknownKey(key: string, known: readonly string[]): string {
  return `is an unknown key.${nearestOrAll(key, known)}`;
}

/** 'received "three"' : what is in the file, as it would be written in JSON, cut to a readable length. */
function received(value: unknown): string {
  if (value === null) return 'it is empty';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return `received ${text.length > 80 ? `${text.slice(0, 79)}…` : text}`;
}

/**
 * The branch of a union that the writer of the file meant. It accepts this kind of value and complains about something inside.
 * Undefined if no branch fits at all.
 */
function branchMeant(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter((issues) =>
    issues.every(
      (issue) => issue.path.length > 0 || !['invalid_type', 'invalid_value', 'invalid_union'].includes(issue.code),
    ),
  );
  return fitting.sort((a, b) => a.length - b.length)[0];
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** The keys that the format knows in the mapping at `path`, over all its variants. */
function knownKeys(path: Path): string[] {
  let nodes: SchemaNode[] = variants(workloadJsonSchema());
  for (const part of path) {
    nodes = nodes.flatMap((node) => {
      const next = typeof part === 'number' ? node.items : node.properties?.[part];
      return next === undefined ? [] : variants(next);
    });
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))].filter((key) => key !== '$schema');
}

interface SchemaNode {
  properties?: Record<string, SchemaNode | undefined>;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
}

function variants(node: SchemaNode): SchemaNode[] {
  return node.anyOf === undefined ? [node] : node.anyOf.flatMap(variants);
}
