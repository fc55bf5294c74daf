import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SqlScanner } from '../../../src/child/io/sql-scanner.js';
import { DIALECTS, sqlShape } from '../../../src/child/io/sql-shape.js';

type Dialect = keyof typeof DIALECTS;
const DIALECT_NAMES = Object.keys(DIALECTS) as Dialect[];

function shape(sql: string, dialect: Dialect = 'standard') {
  return sqlShape(sql, DIALECTS[dialect]);
}

/** All text that the hash is made of. */
function kept(sql: string, dialect: Dialect): string {
  const scanner = new SqlScanner(sql, DIALECTS[dialect]);
  const texts: string[] = [];
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) texts.push(token.text);
  return texts.join(' ');
}

describe('the shape of a statement', () => {
  it.each([
    ['SELECT * FROM orders', 'SELECT orders'],
    ['select a, b from "Order Lines" where x = 1', 'SELECT Order Lines'],
    ['  -- first\n/* second */ SELECT 1', 'SELECT'],
    ["SELECT 'from secret' AS x FROM shop.orders o JOIN users u ON u.id = o.id", 'SELECT shop.orders'],
    ['SELECT EXTRACT(YEAR FROM created) FROM orders', 'SELECT orders'],
    ['SELECT * FROM (SELECT id FROM orders) AS t', 'SELECT orders'],
    ['(SELECT id FROM orders) UNION (SELECT id FROM users)', 'SELECT orders'],
    ['WITH recent AS (SELECT * FROM orders) SELECT * FROM recent', 'SELECT recent'],
    ['WITH gone AS (SELECT 1) DELETE FROM orders USING gone', 'DELETE orders'],
    ["INSERT INTO orders (a, b) VALUES (1, 'x'), (2, 'y')", 'INSERT orders'],
    ['INSERT IGNORE INTO orders VALUES (1)', 'INSERT orders'],
    ['UPDATE LOW_PRIORITY orders SET a = 1', 'UPDATE orders'],
    ['DELETE FROM ONLY orders', 'DELETE orders'],
    ['CREATE TABLE IF NOT EXISTS orders (id INT)', 'CREATE orders'],
    ['TRUNCATE TABLE orders', 'TRUNCATE orders'],
    ['CALL refresh_orders(1)', 'CALL refresh_orders'],
    ['BEGIN', 'BEGIN'],
    ['', '(other)'],
    ['s3cret', '(other)'],
    ["'s3cret'", '(other)'],
  ])('%s', (sql, operation) => {
    expect(shape(sql).operation).toBe(operation);
  });

  it('reads names as each database writes them', () => {
    expect(shape('SELECT * FROM `orders`', 'mysql').operation).toBe('SELECT orders');
    expect(shape('SELECT * FROM [dbo].[orders]', 'mssql').operation).toBe('SELECT dbo.orders');
    // A text there, in the place of a table.
    expect(shape('SELECT * FROM "s3cret"', 'mysql').operation).toBe('SELECT');
  });

  it.each([
    ['SELECT a FROM t WHERE id = 1', "SELECT a FROM t WHERE id = 'x'"],
    ['SELECT a FROM t WHERE id = 1', 'select a  from T where ID = $1 ;'],
    ['SELECT a FROM t WHERE id IN (1)', 'SELECT a FROM t WHERE id IN (1, 2, -3, ?, NULL)'],
    ['INSERT INTO t VALUES (1, 2)', "INSERT INTO t VALUES (1, 'a'), (2, NULL), (3.5e-7, DEFAULT)"],
    ['SELECT a FROM t WHERE x > 5', 'SELECT a FROM t WHERE x > -5 -- why'],
    ['SELECT a FROM t LIMIT 10', 'SELECT a FROM t LIMIT 0x1F'],
    ["SELECT a FROM t WHERE b = N'x'", "SELECT a FROM t WHERE b = E'it\\'s'"],
    ['SELECT a FROM t WHERE b = $$it$$', "SELECT a FROM t WHERE b = $tag$it's $$ it$tag$"],
  ])('%s has the hash of %s', (one, other) => {
    expect(shape(other).statement).toBe(shape(one).statement);
  });

  it.each([
    ['SELECT a FROM t', 'SELECT b FROM t'],
    ['SELECT a FROM t WHERE x = 1', 'SELECT a FROM t WHERE x > 1'],
    ['SELECT a - 1 FROM t', 'SELECT a FROM t'],
    ['SELECT a FROM t WHERE id IN (1)', 'SELECT a FROM t WHERE id = 1'],
  ])('%s has another hash than %s', (one, other) => {
    expect(shape(other).statement).not.toBe(shape(one).statement);
  });

  it('has one hash for rows of any number, even if the text is cut', () => {
    const rows = (count: number): string =>
      `INSERT INTO t (a, b) VALUES ${Array.from({ length: count }, (_, n) => `(${n}, 'row ${n}')`).join(', ')}`;
    expect(shape(rows(2)).statement).toBe(shape(rows(1)).statement);
    expect(shape(rows(100)).statement).toBe(shape(rows(1)).statement);
  });

  it('bounds what it reads and what it says', () => {
    const long = shape(`SELECT * FROM ${'t'.repeat(3000)} WHERE a = '${'x'.repeat(5_000_000)}'`);
    expect(long.operation.length).toBeLessThanOrEqual(110);
    expect(long.statement).toMatch(/^[0-9a-z]{11}$/);
  });

  it('names no table behind a text that may end elsewhere', () => {
    // Two databases read this in two ways. In one of them, the name of the table is part of a text.
    const sql = "SELECT 'a\\' , ' FROM s3cret WHERE x = ' FROM orders";
    for (const dialect of DIALECT_NAMES) expect(shape(sql, dialect).operation).toBe('SELECT');
  });
});

// Letters that no keyword and no name of these statements has.
const SECRET = 'zqxj';

/** How a client writes a text into a statement: quotes are doubled, and where backslashes count, they are, too. */
function quoted(text: string, dialect: Dialect): string {
  const escaped = dialect === 'mysql' ? text.replaceAll('\\', '\\\\') : text;
  return `'${escaped.replaceAll("'", "''")}'`;
}

const literal = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        SECRET,
        "'",
        '"',
        '\\',
        '`',
        '--',
        '/*',
        '*/',
        ' FROM ',
        '$$',
        '$a$',
        '[',
        ']',
        '\n',
        '?',
        '(',
        ',',
      ),
    )
    .map((parts) => ({ kind: 'text' as const, text: parts.join('') })),
  fc.integer().map((number) => ({ kind: 'bare' as const, text: `${number}` })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => ({ kind: 'bare' as const, text: `${number}` })),
  fc.constantFrom('0xDEADBEEF', '1e10', '.5').map((text) => ({ kind: 'bare' as const, text })),
);

describe('literals', () => {
  it('never survive, and never change the shape', () => {
    fc.assert(
      fc.property(
        fc.array(literal, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(...DIALECT_NAMES),
        fc.boolean(),
        (literals, dialect, hasComment) => {
          const write = (values: string[]): string =>
            `SELECT id, name FROM orders${hasComment ? ` /* ${SECRET} */` : ''} WHERE a IN (${values.join(', ')}) AND b = 'x'`;
          const values = literals.map(({ kind, text }) => (kind === 'text' ? quoted(text, dialect) : text));
          const sql = write(values);
          expect(kept(sql, dialect)).not.toContain(SECRET);
          expect(sqlShape(sql, DIALECTS[dialect])).toEqual(sqlShape(write(['1']), DIALECTS[dialect]));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('leave no digits in what is kept of any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.constantFrom(...DIALECT_NAMES), (noise, dialect) => {
        const text = kept(noise, dialect);
        // A digit is kept inside of a name alone: behind a letter, or between quotes of a name.
        const outsideOfNames = text.replace(/"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[(?:[^\]]|\]\])*\]/g, '');
        expect(outsideOfNames).not.toMatch(/(?<![\w$\u0080-\uffff])\d/);
      }),
      { numRuns: 2000 },
    );
  });

  it('never make it throw or loop, whatever the text is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 20 }),
            fc.constantFrom("'", '"', '`', '[', '$', '$$', ':', '@', '--', '/*', 'FROM', '(', ')'),
          ),
        ),
        fc.constantFrom(...DIALECT_NAMES),
        (parts, dialect) => {
          const { operation, statement } = sqlShape(parts.join(''), DIALECTS[dialect]);
          expect(operation.length).toBeLessThanOrEqual(120);
          expect(statement).toMatch(/^[0-9a-z]{11}$/);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
