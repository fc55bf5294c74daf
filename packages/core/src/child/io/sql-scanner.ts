/** Part of a statement that is read. Longer ones are mostly lists of values. */
const MOST_SCANNED = 4096;
/** Stands for a literal or a parameter. */
export const VALUE = '?';

/** How a database writes texts and names. */
export interface SqlDialect {
  /** Whether a backslash may escape a quote. */
  readonly escapes: boolean;
  /** Whether "…" is a text. Elsewhere it is a name. */
  readonly textInDoubleQuotes: boolean;
  /** Whether […] is a name. */
  readonly nameInBrackets: boolean;
  /** Whether # begins a comment. */
  readonly commentAfterHash: boolean;
}

export interface Token {
  /** A keyword or name in lower case, a quoted name with its quotes, a sign, or VALUE. */
  readonly text: string;
  /** A name as it was written, without quotes; undefined for all other tokens. */
  readonly name: string | undefined;
  /** Whether a text before it can be read in two ways: '\' ends it in one database and not in another. */
  readonly isDoubtful: boolean;
}

const DOUBLE_QUOTE = 34;
const HASH = 35;
const DOLLAR = 36;
const QUOTE = 39;
const STAR = 42;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const AT = 64;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const BACKTICK = 96;

/** Words that are values. A list of rows has the same shape with them and without. */
const VALUE_WORDS = new Set(['null', 'true', 'false', 'default']);

/** Reads a statement token by token. Comments and the content of literals are passed by, and never kept. */
export class SqlScanner {
  readonly #sql: string;
  readonly #dialect: SqlDialect;
  #at = 0;
  #isDoubtful = false;

  constructor(sql: string, dialect: SqlDialect) {
    // A literal that is cut has no end. It then counts as one all the same.
    this.#sql = sql.length > MOST_SCANNED ? sql.slice(0, MOST_SCANNED) : sql;
    this.#dialect = dialect;
  }

  /** The next token; undefined at the end. */
  next(): Token | undefined {
    this.#skipBlanks();
    const sql = this.#sql;
    if (this.#at >= sql.length) return undefined;
    const code = sql.charCodeAt(this.#at);
    if (isLetter(code)) return this.#word();
    if (isDigit(code) || (code === DOT && isDigit(sql.charCodeAt(this.#at + 1)))) return this.#number();
    switch (code) {
      case QUOTE:
        return this.#literal(QUOTE);
      case DOUBLE_QUOTE:
        return this.#dialect.textInDoubleQuotes ? this.#literal(code) : this.#quotedName(code);
      case BACKTICK:
        return this.#quotedName(code);
      case OPEN_BRACKET:
        return this.#dialect.nameInBrackets ? this.#quotedName(CLOSE_BRACKET) : this.#sign();
      case DOLLAR:
        return this.#dollar();
      case AT:
      case COLON:
        return this.#parameter(code);
      default:
        return this.#sign();
    }
  }

  #skipBlanks(): void {
    const sql = this.#sql;
    for (;;) {
      const code = sql.charCodeAt(this.#at);
      if (code <= 32) this.#at++;
      else if (code === MINUS && sql.charCodeAt(this.#at + 1) === MINUS) this.#skipTo('\n', 2);
      else if (code === HASH && this.#dialect.commentAfterHash) this.#skipTo('\n', 1);
      else if (code === SLASH && sql.charCodeAt(this.#at + 1) === STAR) this.#skipTo('*/', 2);
      else return;
    }
  }

  #skipTo(end: string, from: number): void {
    const found = this.#sql.indexOf(end, this.#at + from);
    this.#at = found === -1 ? this.#sql.length : found + end.length;
  }

  #word(): Token {
    const sql = this.#sql;
    const from = this.#at;
    while (isInWord(sql.charCodeAt(this.#at))) this.#at++;
    const code = sql.charCodeAt(this.#at);
    // A prefix of a literal: N'…', x'…', _utf8'…', E'…'. The last has escapes in all databases.
    if (code === QUOTE) return this.#literal(code, sql.charCodeAt(this.#at - 1) === 69);
    if (this.#at >= MOST_SCANNED) return this.#token(VALUE);
    const name = sql.slice(from, this.#at);
    const text = name.toLowerCase();
    return VALUE_WORDS.has(text) ? this.#token(VALUE) : this.#token(text, name);
  }

  #number(): Token {
    const sql = this.#sql;
    for (;;) {
      const code = sql.charCodeAt(this.#at);
      const isExponent = (code === 43 || code === MINUS) && (sql.charCodeAt(this.#at - 1) | 32) === 101;
      if (!isInWord(code) && code !== DOT && !isExponent) return this.#token(VALUE);
      this.#at++;
    }
  }

  /** Passes a literal by. @param escapes whether it has escapes whatever the dialect says */
  #literal(quote: number, escapes = this.#dialect.escapes): Token {
    const sql = this.#sql;
    for (this.#at++; this.#at < sql.length; this.#at++) {
      const code = sql.charCodeAt(this.#at);
      if (code === BACKSLASH) {
        if (sql.charCodeAt(this.#at + 1) === quote) this.#isDoubtful = true;
        if (escapes) this.#at++;
      } else if (code === quote) {
        if (sql.charCodeAt(++this.#at) !== quote) return this.#token(VALUE);
      }
    }
    return this.#token(VALUE);
  }

  #quotedName(end: number): Token {
    const sql = this.#sql;
    const from = this.#at++;
    for (; this.#at < sql.length; this.#at++) {
      if (sql.charCodeAt(this.#at) !== end) continue;
      if (sql.charCodeAt(++this.#at) !== end) {
        const name = sql.slice(from + 1, this.#at - 1);
        return this.#token(sql.slice(from, this.#at), name);
      }
    }
    // It has no end, so it may be anything.
    return this.#token(VALUE);
  }

  /** A parameter ($1), or a text between two tags: $$…$$, $tag$…$tag$. */
  #dollar(): Token {
    const sql = this.#sql;
    const from = this.#at++;
    while (isInWord(sql.charCodeAt(this.#at)) && sql.charCodeAt(this.#at) !== DOLLAR) this.#at++;
    if (sql.charCodeAt(this.#at) !== DOLLAR) return this.#token(VALUE);
    const tag = sql.slice(from, this.#at + 1);
    this.#at = from;
    this.#skipTo(tag, tag.length);
    return this.#token(VALUE);
  }

  /** A parameter (:name, @name), or a cast (::type). */
  #parameter(code: number): Token {
    const sql = this.#sql;
    if (code === COLON && sql.charCodeAt(this.#at + 1) === COLON) {
      this.#at += 2;
      return this.#token('::');
    }
    this.#at++;
    while (isInWord(sql.charCodeAt(this.#at)) || sql.charCodeAt(this.#at) === AT) this.#at++;
    return this.#token(VALUE);
  }

  #sign(): Token {
    return this.#token(this.#sql.charAt(this.#at++));
  }

  #token(text: string, name?: string): Token {
    return { text, name, isDoubtful: this.#isDoubtful };
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return ((code | 32) >= 97 && (code | 32) <= 122) || code === 95 || code >= 128;
}

function isInWord(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === DOLLAR;
}
