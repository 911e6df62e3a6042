import { describe, expect, test } from 'vitest'
import { parseStatement } from '../../../../src/planner/parser/parser.js'
import { splitStatements } from '../../../../src/planner/parser/splitter.js'
import { STATEMENTS } from './statements.js'

function texts(text: string): string[] {
  return splitStatements(text).map(({ sql, terminated }) => (terminated ? `${sql};` : sql))
}

describe('splitStatements', () => {
  test.each([
    ['', []],
    [' ; ;; -- nothing\n', []],
    ['SELECT 1', ['SELECT 1']],
    ['SELECT 1;SELECT 2 ; ', ['SELECT 1;', 'SELECT 2;']],
    ['SELECT \';\', ";", `;` -- ;\n, 1 /* ; */ ; x', ['SELECT \';\', ";", `;` -- ;\n, 1;', 'x']],
    ["SELECT 'a", ["SELECT 'a"]],
    ["SELECT 'a; b", ["SELECT 'a;", 'b']],
    [
      'CREATE FUNCTION f() RETURNS bigint RETURN 1; SELECT 2',
      ['CREATE FUNCTION f() RETURNS bigint RETURN 1;', 'SELECT 2'],
    ],
    [
      'CREATE FUNCTION f() RETURNS bigint BEGIN DECLARE x bigint; RETURN x; END; SELECT 2;',
      ['CREATE FUNCTION f() RETURNS bigint BEGIN DECLARE x bigint; RETURN x; END;', 'SELECT 2;'],
    ],
    [
      'CREATE FUNCTION f() RETURNS bigint BEGIN RETURN 1;',
      ['CREATE FUNCTION f() RETURNS bigint BEGIN RETURN 1;'],
    ],
    [
      'CREATE FUNCTION f() RETURNS x LANGUAGE PYTHON AS $$a; b$$; SELECT 1',
      ['CREATE FUNCTION f() RETURNS x LANGUAGE PYTHON AS $$a; b$$;', 'SELECT 1'],
    ],
    [
      `WITH FUNCTION f() RETURNS bigint BEGIN
         IF if(a, b) THEN RETURN CASE WHEN a THEN if(b, c) ELSE repeat('x', 2) END; END IF;
         CASE a WHEN 1 THEN LOOP LEAVE x; END LOOP; ELSE BEGIN END; END CASE;
         WHILE a DO SET a = 1; END WHILE; REPEAT SET b = 2; UNTIL c END REPEAT;
         RETURN 1;
       END, FUNCTION g() RETURNS bigint RETURN CASE WHEN true THEN 1 END
       SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 1`,
      undefined,
    ],
  ])('%s', (text, expected) => {
    const actual = texts(text)
    if (expected !== undefined) expect(actual).toEqual(expected)
    else expect(actual).toEqual([text.slice(0, text.lastIndexOf(';') + 1), 'SELECT 1'])
  })

  test('an unfinished routine body is not terminated', () => {
    const [only] = splitStatements('CREATE FUNCTION f() RETURNS bigint BEGIN RETURN 1;')
    expect(only?.terminated).toBe(false)
  })

  test('statements know where they stand', () => {
    const [, second] = splitStatements('SELECT 1;\n  /* 😀 */ SELECT 2')
    expect(second).toEqual({
      sql: 'SELECT 2',
      start: 21,
      end: 29,
      line: 2,
      column: 11,
      terminated: false,
    })
  })

  test('every statement of the grammar is one', () => {
    const all = STATEMENTS.join(';\n')
    const split = splitStatements(all)
    expect(split.map(({ sql }) => sql)).toEqual([...STATEMENTS])
    for (const { sql } of split) expect(parseStatement(sql).location.line).toBe(1)
  })
})
