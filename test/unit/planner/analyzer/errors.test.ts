import { describe, expect, test } from 'vitest'
import { planError } from '../plan-query.js'

const CASES: Readonly<Record<string, readonly (readonly [sql: string, error: string])[]>> = {
  names: [
    ['SELECT nope FROM nation', "COLUMN_NOT_FOUND 1:8 Column 'nope' cannot be resolved"],
    ['SELECT n.nope FROM nation n', "COLUMN_NOT_FOUND 1:8 Column 'n.nope' cannot be resolved"],
    [
      'SELECT nation.name FROM nation n',
      "COLUMN_NOT_FOUND 1:8 Column 'nation.name' cannot be resolved",
    ],
    ['SELECT name FROM nation, region', "AMBIGUOUS_NAME 1:8 Column 'name' is ambiguous"],
    ['SELECT x.* FROM nation', 'TABLE_NOT_FOUND 1:8 Unable to resolve reference x'],
    ['SELECT *', 'COLUMN_NOT_FOUND 1:8 SELECT * not allowed in queries without FROM clause'],
    ['SELECT * FROM nope', "TABLE_NOT_FOUND 1:15 Table 'tpch.tiny.nope' does not exist"],
    ['SELECT * FROM nope.nation', "SCHEMA_NOT_FOUND 1:15 Schema 'nope' does not exist"],
    ['SELECT * FROM nope.tiny.nation', "CATALOG_NOT_FOUND 1:15 Catalog 'nope' not found"],
    [
      'SELECT * FROM (SELECT 1, 2) t(a)',
      "MISMATCHED_COLUMN_ALIASES 1:15 Column alias list has 1 entries but 't' has 2 columns available",
    ],
    [
      'SELECT name AS n FROM nation WHERE n = 1',
      "COLUMN_NOT_FOUND 1:36 Column 'n' cannot be resolved",
    ],
  ],
  types: [
    [
      'SELECT name + 1 FROM nation',
      'TYPE_MISMATCH 1:13 Cannot apply operator: varchar(25) + integer',
    ],
    [
      'SELECT * FROM nation WHERE nationkey = name',
      'TYPE_MISMATCH 1:38 Cannot apply operator: bigint = varchar(25)',
    ],
    [
      'SELECT * FROM nation WHERE nationkey',
      'TYPE_MISMATCH 1:28 WHERE clause must evaluate to a boolean: actual type bigint',
    ],
    [
      "SELECT CASE nationkey WHEN 'a' THEN 1 END FROM nation",
      'TYPE_MISMATCH 1:28 CASE operand type does not match WHEN clause operand type: bigint vs varchar(1)',
    ],
    ["SELECT DATE '2020-02-30'", "INVALID_LITERAL 1:8 '2020-02-30' is not a valid DATE literal"],
    [
      "VALUES 1, 'a'",
      'TYPE_MISMATCH 1:1 Values rows have mismatched types: row(integer) vs row(varchar(1))',
    ],
    [
      'SELECT nationkey FROM nation UNION SELECT name FROM nation',
      'TYPE_MISMATCH 1:30 column 1 in UNION query has incompatible types: bigint, varchar(25)',
    ],
    [
      'SELECT 1 WHERE (1, 2) IN (SELECT 1)',
      'TYPE_MISMATCH 1:23 Value expression and result of subquery must be of the same type: row(integer, integer) vs row(integer)',
    ],
    [
      'SELECT upper(1)',
      'FUNCTION_NOT_FOUND 1:8 Unexpected parameters (integer) for function upper. Expected: upper(char(x)), upper(varchar(x))',
    ],
  ],
  grouping: [
    [
      'SELECT name, count(*) FROM nation GROUP BY regionkey',
      "EXPRESSION_NOT_AGGREGATE 1:8 'name' must be an aggregate expression or appear in GROUP BY clause",
    ],
    [
      'SELECT sum(sum(nationkey)) FROM nation',
      "NESTED_AGGREGATION 1:8 Cannot nest aggregations inside aggregation 'sum': [sum(nationkey)]",
    ],
    [
      'SELECT 1 FROM nation WHERE count(*) > 1',
      'EXPRESSION_NOT_SCALAR 1:37 WHERE clause cannot contain aggregations, window functions or grouping operations: [count(*)]',
    ],
    [
      'SELECT name FROM nation GROUP BY 2',
      'INVALID_COLUMN_REFERENCE 1:34 GROUP BY position 2 is not in select list',
    ],
    [
      'SELECT grouping(name) FROM nation',
      'MISSING_GROUP_BY 1:1 A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause',
    ],
    [
      'SELECT (SELECT n.name FROM region) FROM nation n GROUP BY regionkey',
      "EXPRESSION_NOT_AGGREGATE 1:8 Subquery uses 'name' which must appear in GROUP BY clause",
    ],
  ],
  order: [
    [
      'SELECT name FROM nation ORDER BY 2',
      'INVALID_COLUMN_REFERENCE 1:34 ORDER BY position 2 is not in select list',
    ],
    [
      'SELECT DISTINCT name FROM nation ORDER BY regionkey',
      'EXPRESSION_NOT_IN_DISTINCT 1:1 For SELECT DISTINCT, ORDER BY expressions must appear in select list',
    ],
    [
      'SELECT name FROM nation FETCH FIRST 2 ROWS WITH TIES',
      'MISSING_ORDER_BY 1:25 FETCH FIRST WITH TIES clause requires ORDER BY',
    ],
  ],
  joins: [
    ['SELECT * FROM nation NATURAL JOIN region', 'NOT_SUPPORTED 1:15 Natural join not supported'],
    [
      'SELECT * FROM nation JOIN region USING (nope)',
      "COLUMN_NOT_FOUND 1:41 Column 'nope' is missing from left side of join",
    ],
    [
      'SELECT * FROM nation n RIGHT JOIN LATERAL (SELECT n.name) ON true',
      'INVALID_COLUMN_REFERENCE 1:51 LATERAL reference not allowed in RIGHT JOIN',
    ],
  ],
  parameters: [
    [
      'SELECT ?',
      'INVALID_PARAMETER_USAGE 1:1 Incorrect number of parameters: expected 1 but found 0',
    ],
  ],
  'recursive queries': [
    [
      'WITH RECURSIVE t AS (SELECT 1) SELECT * FROM t',
      'MISSING_COLUMN_ALIASES 1:16 missing column aliases in recursive WITH query',
    ],
    [
      'WITH RECURSIVE t(n) AS (SELECT n FROM t) SELECT * FROM t',
      'INVALID_RECURSIVE_REFERENCE 1:39 recursive reference not allowed in this context',
    ],
    [
      "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 'a' FROM t) SELECT * FROM t",
      'TYPE_MISMATCH 1:44 recursion step relation output type (varchar(1)) is not coercible to recursion base relation output type (integer) at column 1',
    ],
  ],
  writes: [
    [
      'CREATE TABLE memory.default.t AS SELECT 1',
      'MISSING_COLUMN_NAME 1:1 Column name not specified at position 1',
    ],
    [
      'CREATE TABLE nation AS SELECT 1 AS a',
      "TABLE_ALREADY_EXISTS 1:1 Destination table 'tpch.tiny.nation' already exists",
    ],
    [
      "INSERT INTO region VALUES ('a', 'b', 'c')",
      'TYPE_MISMATCH 1:1 Insert query has mismatched column types: Table: [bigint, varchar(25), varchar(152)], Query: [varchar(1), varchar(1), varchar(1)]',
    ],
    [
      'INSERT INTO region (name, name) VALUES (1, 2)',
      'DUPLICATE_COLUMN_NAME 1:1 Insert column name is specified more than once: name',
    ],
  ],
}

describe("errors have Trino's code, place and message", () => {
  for (const [area, cases] of Object.entries(CASES)) {
    describe(area, () => {
      test.each(cases)('%s', async (sql, error) => {
        expect(await planError(sql)).toBe(error)
      })
    })
  }
})
