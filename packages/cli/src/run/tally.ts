import type { ItemId } from '../input/source.js';
import type { ResultLine } from '../output/result-line.js';
import type { ErrorJson } from '../output/to-json.js';

/** Failures with the same message, numbers and quoted texts aside. */
export interface ErrorClass {
  /** The code of the error, or its name. */
  kind: string;
  /** Message of the first of them. */
  message: string;
  count: number;
  /** Id of the first item with this failure. */
  example: ItemId;
}

/** Most classes, including the one for all further errors: messages may hold a random part. */
const MAX_CLASSES = 1000;
const OTHER = '(other)';

/** Counts results as they are written. */
export class Tally {
  ok = 0;
  failed = 0;
  readonly #classes = new Map<string, ErrorClass>();

  get done(): number {
    return this.ok + this.failed;
  }

  add(line: ResultLine): void {
    if (line.ok) {
      this.ok++;
      return;
    }
    this.failed++;
    const kind = line.error.code ?? line.error.name;
    const key = classKey(kind, line.error);
    const hasPlace = this.#classes.has(key) || this.#classes.size < MAX_CLASSES - 1;
    const known = this.#classes.get(hasPlace ? key : OTHER);
    if (known !== undefined) known.count++;
    else if (hasPlace) this.#classes.set(key, { kind, message: line.error.message, count: 1, example: line.id });
    else this.#classes.set(OTHER, { kind: OTHER, message: 'Failures of further kinds.', count: 1, example: line.id });
  }

  /** The most frequent classes of errors, most frequent first. */
  topErrors(most: number): ErrorClass[] {
    return [...this.#classes.values()].sort((a, b) => b.count - a.count).slice(0, most);
  }
}

function classKey(kind: string, error: ErrorJson): string {
  const pattern = error.message
    .slice(0, 300)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    // File and line of a bad input line, then any number.
    .replace(/^\S+:\d+: /, '')
    .replace(/\d+(\.\d+)?/g, '#');
  return `${kind}\n${pattern}`;
}
