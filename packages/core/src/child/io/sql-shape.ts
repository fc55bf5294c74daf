import { type SqlDialect, SqlScanner, type Token, VALUE } from './sql-scanner.js';
import { textHash } from './text-hash.js';

export const DIALECTS = {
  mysql: { escapes: true, textInDoubleQuotes: true, nameInBrackets: false, commentAfterHash: true },
  mssql: { escapes: false, textInDoubleQuotes: false, nameInBrackets: true, commentAfterHash: false },
  /** PostgreSQL, SQLite and the rest. */
  standard: { escapes: false, textInDoubleQuotes: false, nameInBrackets: false, commentAfterHash: false },
} as const satisfies Record<string, SqlDialect>;

/** What a report says of a statement. */
export interface SqlShape {
  /** Verb and first table: 'SELECT orders'. */
  readonly operation: string;
  /** Hash of the statement without its literals. */
  readonly statement: string;
}

/** Longest name of a table. */
const LONGEST_TABLE = 100;
const OTHER_VERB = '(other)';
/** Only these are shown: a text that is no statement may be a value. */
const VERBS = new Set(
  (
    'select insert update delete replace merge call exec execute set show begin start commit rollback savepoint release create ' +
    'alter drop truncate pragma explain describe desc analyze vacuum lock unlock use do load copy listen notify unlisten fetch ' +
    'declare close prepare deallocate grant revoke table values if kill handler optimize reindex refresh attach detach bulk ' +
    'reset discard end abort checkpoint xa flush rename comment repair check'
  ).split(' '),
);
/** Word after which a table follows, by verb. */
const BEFORE_TABLE: Readonly<Record<string, string>> = {
  select: 'from',
  delete: 'from',
  insert: 'into',
  replace: 'into',
  merge: 'into',
  update: 'update',
  call: 'call',
  exec: 'exec',
  execute: 'execute',
  truncate: 'truncate',
  copy: 'copy',
  create: 'table',
  alter: 'table',
  drop: 'table',
};
/** Words between that one and the table. */
const BETWEEN = new Set(['table', 'only', 'ignore', 'low_priority', 'if', 'not', 'exists', 'or', 'lateral', 'delayed']);
/** Verbs that a statement may have behind the tables that it names first. */
const AFTER_WITH = new Set(['select', 'insert', 'update', 'delete', 'merge', 'replace']);

/** Verb, first table, and the hash of a statement. Nothing else of its text is kept. */
export function sqlShape(sql: string, dialect: SqlDialect): SqlShape {
  const scanner = new SqlScanner(sql, dialect);
  const shape = new ShapeWriter();
  const finder = new TableFinder();
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
    finder.see(token);
    shape.add(token.text);
  }
  return { operation: finder.operation, statement: shape.hash() };
}

/** Joins the tokens of a statement. Lists of values, and of rows of values, have one shape at any length. */
class ShapeWriter {
  readonly #parts: string[] = [];

  add(text: string): void {
    const parts = this.#parts;
    const last = parts.length - 1;
    if (text === VALUE) {
      if (isSign(parts[last]) && !isOperand(parts[last - 1])) parts.pop();
      // `?, ?` is `?`.
      if (parts.at(-1) === ',' && parts.at(-2) === VALUE) return void parts.pop();
    } else if (text === ')' && parts[last] === VALUE && parts[last - 1] === '(') {
      // `(?), (?)` is `(?)`.
      const isNextRow = parts[last - 2] === ',' && parts[last - 3] === ')' && parts[last - 4] === VALUE;
      if (isNextRow && parts[last - 5] === '(') return void (parts.length -= 3);
    }
    parts.push(text);
  }

  hash(): string {
    const parts = this.#parts;
    if (parts.at(-1) === ';') parts.pop();
    return textHash(parts);
  }
}

function isSign(text: string | undefined): boolean {
  return text === '-' || text === '+';
}

/** Whether a sign behind it is an operator, and not part of a number. */
function isOperand(text: string | undefined): boolean {
  return text !== undefined && (text === VALUE || text === ')' || /^[\w"`[\u0080-\uffff]/.test(text));
}

/** Finds the verb of a statement, and its first table. */
class TableFinder {
  #verb: string | undefined;
  #isAfterWith = false;
  #before: string | undefined;
  #isNext = false;
  #table: string | undefined;
  /** Whether another part of the name follows: `shop.orders`. */
  #goesOn = false;
  #isOver = false;
  #last = '';
  /** Open parentheses, and whether each has a statement inside. */
  readonly #depth: boolean[] = [];

  see(token: Token): void {
    if (!this.#isOver) this.#look(token);
    this.#last = token.text;
  }

  get operation(): string {
    const verb = this.#verb?.toUpperCase() ?? OTHER_VERB;
    return this.#table === undefined ? verb : `${verb} ${this.#table.slice(0, LONGEST_TABLE)}`;
  }

  #look(token: Token): void {
    const { text, name } = token;
    if (this.#table !== undefined) return this.#continueTable(token);
    if (text === '(') this.#depth.push(false);
    else if (text === ')') this.#depth.pop();
    if (text === 'select' && this.#last === '(') this.#depth[this.#depth.length - 1] = true;
    if (this.#verb === undefined) return this.#lookForVerb(text, name);
    // A text before may end elsewhere, so a name may be a part of it.
    if (token.isDoubtful) this.#isOver = true;
    else if (this.#isNext && name !== undefined && !BETWEEN.has(text)) this.#table = name;
    else if (this.#isNext && name === undefined) this.#isNext = false;
    else if (text === this.#before && this.#depth.at(-1) !== false) this.#isNext = true;
  }

  #lookForVerb(text: string, name: string | undefined): void {
    if (name === undefined) return;
    if (text === 'with') {
      this.#isAfterWith = true;
    } else if (this.#isAfterWith) {
      if (this.#depth.length === 0 && AFTER_WITH.has(text)) this.#begin(text);
    } else if (VERBS.has(text)) {
      this.#begin(text);
    } else {
      this.#isOver = true;
    }
  }

  #begin(verb: string): void {
    this.#verb = verb;
    this.#before = BEFORE_TABLE[verb];
    this.#isNext = this.#before === verb;
    // A statement in parentheses is as good as one without.
    this.#depth.length = 0;
  }

  #continueTable({ text, name }: Token): void {
    if (text === '.') this.#goesOn = true;
    else if (this.#goesOn && name !== undefined) {
      this.#table += `.${name}`;
      this.#goesOn = false;
    } else this.#isOver = true;
  }
}
