import type { Document, Node, Pair } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Finding, Path, Problem } from './problems.js';

/** More aliases than this, counted after expansion, are treated as an attack. */
const MAX_ALIASES = 100;
/** Deeper nesting is refused. */
const MAX_DEPTH = 100;
/** More syntax errors than this are follow-ups of the first ones. */
const MAX_SYNTAX_PROBLEMS = 10;
/** Keys that reach into the prototype of a carelessly filled object. */
const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];

/** The parsed text of a workload file: its value, or the problems of its text, and the places of paths. */
export interface WorkloadDocument {
  /** Plain data. Undefined when `problems` is not empty. */
  value: unknown;
  problems: Problem[];
  /** Gives a finding the line and column of its value, or of the nearest value above it in the text. */
  locate(finding: Finding): Problem;
}

/**
 * Reads YAML 1.2 (core schema) or JSON, which is YAML. Nothing in the text can run code or name a type. Custom tags,
 * deep nesting, alias bombs and keys that reach into prototypes are problems.
 */
export function readDocument(text: string): WorkloadDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
  });
  const placeOf = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problemAt = (offset: number, path: Path, message: string): Problem => ({ ...placeOf(offset), path, message });

  const problems: Problem[] = [];
  const tooDeep = document.errors.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  for (const error of tooDeep === undefined ? [...document.errors, ...document.warnings] : [tooDeep]) {
    problems.push(problemAt(error.pos[0], [], describeSyntaxError(error.code, error.message)));
  }
  let value: unknown;
  if (problems.length === 0) {
    problems.push(...findForbidden(document, problemAt));
    if (problems.length === 0) {
      try {
        value = document.toJS({ maxAliasCount: MAX_ALIASES });
      } catch (error) {
        // An alias without an anchor, or too many of them; both name no place.
        problems.push({ line: 0, column: 0, path: [], message: `${(error as Error).message}.` });
      }
    }
  }
  return {
    value,
    problems: problems.slice(0, MAX_SYNTAX_PROBLEMS),
    locate: (finding) =>
      problemAt(offsetOf(document, finding.path, finding.atKey === true), finding.path, finding.message),
  };
}

function describeSyntaxError(code: string, message: string): string {
  switch (code) {
    case 'RESOURCE_EXHAUSTION':
      return 'is nested too deeply.';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; a workload file holds one.';
    case 'DUPLICATE_KEY':
      return 'this key is here twice.';
    case 'TAG_RESOLVE_FAILED':
      return `tags are not allowed (${message.replace(/^Unresolved tag: /, '')}).`;
    default:
      return `${message}.`;
  }
}

function findForbidden(
  document: Document.Parsed,
  problemAt: (offset: number, path: Path, message: string) => Problem,
): Problem[] {
  const problems: Problem[] = [];
  const offsetOfNode = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;
  try {
    visit(document, {
      Node(_key, node, ancestors) {
        if (ancestors.length <= MAX_DEPTH * 2) return undefined;
        problems.push(problemAt(offsetOfNode(node), [], 'is nested too deeply.'));
        return visit.BREAK;
      },
      Pair(_key, pair, ancestors) {
        const name = isScalar(pair.key) ? String(pair.key.value) : '';
        if (!FORBIDDEN_KEYS.includes(name)) return undefined;
        problems.push(problemAt(offsetOfNode(pair.key), [...pathOf(ancestors), name], 'this key is not allowed.'));
        return problems.length < MAX_SYNTAX_PROBLEMS ? undefined : visit.BREAK;
      },
      Alias(_key, alias) {
        if (alias.resolve(document) !== undefined) return undefined;
        problems.push(problemAt(offsetOfNode(alias), [], `no anchor "&${alias.source}" comes before this alias.`));
        return problems.length < MAX_SYNTAX_PROBLEMS ? undefined : visit.BREAK;
      },
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push({ line: 0, column: 0, path: [], message: 'is nested too deeply.' });
  }
  return problems;
}

/** The keys on the way to a node, from its chain of ancestors. */
function pathOf(ancestors: readonly unknown[]): Path {
  const path: (string | number)[] = [];
  ancestors.forEach((ancestor, index) => {
    if (isPair(ancestor)) path.push(keyText(ancestor));
    else if (isSeq(ancestor)) path.push(Math.max(0, ancestor.items.indexOf(ancestors[index + 1])));
  });
  return path;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** Offset of the value at `path`, or of its key. If the path leaves the text, the offset of the last value on it. */
function offsetOf(document: Document.Parsed, path: Path, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) return offset;
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item) === String(part));
      if (pair === undefined) return offset;
      const keyOffset = (pair.key as Node | null)?.range?.[0] ?? offset;
      const valueOffset = (pair.value as Node | null)?.range?.[0];
      // For something missing inside a mapping, its key says more than the first of its other entries.
      const valueIsBlock = isMap(pair.value) || isSeq(pair.value);
      offset = (isLast && atKey) || valueOffset === undefined || valueIsBlock ? keyOffset : valueOffset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)];
      if (item === undefined) return offset;
      offset = (item as Node | null)?.range?.[0] ?? offset;
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}
