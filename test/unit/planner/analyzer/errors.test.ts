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
    ['SELECT (1).*', 'TYPE_MISMATCH 1:1 expected expression of type Row'],
    ['SELECT t.n.* FROM (VALUES 1) t(n)', 'TABLE_NOT_FOUND 1:8 Unable to resolve reference t.n'],
    [
      'SELECT r.x.* FROM (VALUES ROW(CAST(ROW(ROW(1)) AS ROW(x ROW(y integer))))) t(r)',
      'TABLE_NOT_FOUND 1:8 Unable to resolve reference r.x',
    ],
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
  'order and place': [
    [
      'SELECT rank(name) FROM nation',
      'FUNCTION_NOT_FOUND 1:8 Unexpected parameters (varchar(25)) for function rank. Expected: rank()',
    ],
    ['SELECT rank(nope) FROM nation', "COLUMN_NOT_FOUND 1:13 Column 'nope' cannot be resolved"],
    [
      'SELECT rank() FROM nation',
      'MISSING_OVER 1:8 Window function system.builtin.rank requires an OVER clause',
    ],
    [
      'SELECT regionkey, rank() OVER (ORDER BY name) FROM nation GROUP BY regionkey',
      "EXPRESSION_NOT_AGGREGATE 1:41 ORDER BY expression 'name' must be an aggregate expression or appear in GROUP BY clause",
    ],
    [
      'SELECT count(*) OVER (PARTITION BY name) FROM nation GROUP BY regionkey',
      "EXPRESSION_NOT_AGGREGATE 1:36 PARTITION BY expression 'name' must be an aggregate expression or appear in GROUP BY clause",
    ],
    [
      'SELECT count(*) OVER w FROM nation GROUP BY regionkey WINDOW w AS (ORDER BY name)',
      "EXPRESSION_NOT_AGGREGATE 1:77 'name' must be an aggregate expression or appear in GROUP BY clause",
    ],
    [
      'SELECT abs(regionkey) OVER (ORDER BY name) FROM nation GROUP BY regionkey',
      "EXPRESSION_NOT_AGGREGATE 1:38 ORDER BY expression 'name' must be an aggregate expression or appear in GROUP BY clause",
    ],
    [
      'SELECT DISTINCT name FROM nation GROUP BY regionkey ORDER BY nationkey',
      "EXPRESSION_NOT_AGGREGATE 1:17 'name' must be an aggregate expression or appear in GROUP BY clause",
    ],
    [
      'SELECT lag(name) OVER () FROM nation GROUP BY rank() OVER ()',
      'EXPRESSION_NOT_SCALAR 1:47 GROUP BY clause cannot contain aggregations, window functions or grouping operations: [rank() OVER ()]',
    ],
    ['SELECT a.b.* FROM nation', 'TABLE_NOT_FOUND 1:8 Unable to resolve reference a.b'],
    [
      'SELECT 1 FROM nation n LEFT JOIN region r ON EXISTS (SELECT n.name)',
      "NOT_SUPPORTED 1:61 Reference to column 'n.name' from outer scope not allowed in this context",
    ],
    [
      'SELECT 1 FROM nation n JOIN UNNEST(ARRAY[1]) u(e) ON e = n.nationkey',
      'NOT_SUPPORTED 1:56 INNER JOIN involving UNNEST is only supported with condition ON TRUE',
    ],
    [
      'WITH t(n, n) AS (SELECT 1, 2) SELECT 1 FROM t',
      "DUPLICATE_COLUMN_NAME 1:11 Column name 'n' specified more than once",
    ],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t LIMIT 1) SELECT 1 FROM t',
      'INVALID_LIMIT_CLAUSE 1:60 immediate FETCH FIRST / LIMIT clause in recursive query',
    ],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM region LEFT JOIN t ON true) SELECT 1 FROM t',
      'INVALID_RECURSIVE_REFERENCE 1:75 recursive reference in right source of LEFT join',
    ],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT m FROM (SELECT n FROM t EXCEPT ALL SELECT 2) s(m)) SELECT 1 FROM t',
      'INVALID_RECURSIVE_REFERENCE 1:73 recursive reference in left relation of EXCEPT ALL',
    ],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT (SELECT max(n) FROM t)) SELECT 1 FROM t',
      'INVALID_RECURSIVE_REFERENCE 1:71 recursive reference outside of FROM clause of the step relation of recursion',
    ],
    [
      'SELECT 1 FROM nation MATCH_RECOGNIZE (MEASURES LAST(name, -1) AS m PATTERN (A) DEFINE A AS true)',
      'NUMERIC_VALUE_OUT_OF_RANGE 1:48 last pattern recognition navigation function requires a non-negative number as the second argument (actual: -1)',
    ],
    [
      'SELECT 1 FROM nation MATCH_RECOGNIZE (MEASURES PREV(name, 1.5) AS m PATTERN (A) DEFINE A AS true)',
      'INVALID_FUNCTION_ARGUMENT 1:48 prev pattern recognition navigation function requires a number as the second argument',
    ],
    [
      'SELECT 1 FROM nation MATCH_RECOGNIZE (AFTER MATCH SKIP TO C PATTERN (A) DEFINE B AS true)',
      'INVALID_LABEL 1:80 defined variable: B is not a primary pattern variable',
    ],
    [
      'WITH FUNCTION f(x integer) RETURNS integer NOT DETERMINISTIC RETURN x SELECT f(1)',
      'INVALID_ARGUMENTS 1:6 Deterministic function declared NOT DETERMINISTIC',
    ],
    [
      'WITH FUNCTION f(x double) RETURNS double DETERMINISTIC RETURN rand() SELECT 1',
      'INVALID_ARGUMENTS 1:6 Non-deterministic function declared DETERMINISTIC',
    ],
    [
      'WITH FUNCTION f() RETURNS integer LANGUAGE PYTHON RETURN 1 SELECT 1',
      "SYNTAX_ERROR 1:51 Only functions using language 'SQL' may be defined using SQL",
    ],
    [
      'WITH FUNCTION f() RETURNS integer WITH (a = 1) RETURN 1 SELECT 1',
      "INVALID_FUNCTION_PROPERTY 1:41 Function language 'SQL' does not support properties",
    ],
    [
      'WITH FUNCTION f() RETURNS integer SECURITY INVOKER RETURN 1 SELECT 1',
      'NOT_SUPPORTED 1:35 Security mode not supported for inline functions',
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
      "EXPRESSION_NOT_AGGREGATE 1:16 Subquery uses 'name' which must appear in GROUP BY clause",
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
  'lambdas of another number of parameters, once the other arguments fit': [
    [
      'SELECT array_sort(ARRAY[1,2], x -> 1)',
      'INVALID_PARAMETER_USAGE 1:31 Expected a lambda that takes 2 argument(s) but got 1',
    ],
    [
      "SELECT regexp_replace('abc', 'b', (x, y) -> 'x')",
      'INVALID_PARAMETER_USAGE 1:35 Expected a lambda that takes 1 argument(s) but got 2',
    ],
    [
      'SELECT array_sort(NULL, (x, x, y) -> 1)',
      'INVALID_PARAMETER_USAGE 1:25 Expected a lambda that takes 2 argument(s) but got 3',
    ],
    [
      'SELECT transform(1, (x, y) -> x)',
      'FUNCTION_NOT_FOUND 1:8 Unexpected parameters (integer, <function>) for function transform. Expected: transform(array(T), function(T,U)) T, U',
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
  'what is looked at first': [
    [
      'SELECT nope, count(*) OVER w FROM region WHERE nope',
      'INVALID_WINDOW_REFERENCE 1:28 Cannot resolve WINDOW name w',
    ],
    [
      'SELECT nope, rank() OVER (v PARTITION BY name) FROM region WINDOW v AS (ORDER BY name)',
      'INVALID_PARTITION_BY 1:42 WINDOW specification with named WINDOW reference cannot specify PARTITION BY',
    ],
    [
      'SELECT sum(name) FILTER (WHERE regionkey) FROM region',
      'TYPE_MISMATCH 1:32 Filter expression must evaluate to a boolean (actual: bigint)',
    ],
    ['SELECT sum(sum(1)), nope', "COLUMN_NOT_FOUND 1:21 Column 'nope' cannot be resolved"],
    [
      'SELECT name, sum(sum(1)) FROM region',
      "EXPRESSION_NOT_AGGREGATE 1:8 'name' must be an aggregate expression or appear in GROUP BY clause",
    ],
    [
      'SELECT abs(1) FILTER (WHERE true), nope',
      "COLUMN_NOT_FOUND 1:36 Column 'nope' cannot be resolved",
    ],
    [
      'SELECT abs(1) FILTER (WHERE true)',
      'FUNCTION_NOT_AGGREGATE 1:8 Filter is only valid for aggregation functions',
    ],
    [
      'SELECT nope(DISTINCT 1)',
      'FUNCTION_NOT_AGGREGATE 1:8 DISTINCT is not supported for non-aggregation functions',
    ],
    [
      'SELECT abs(1) IGNORE NULLS OVER ()',
      'NULL_TREATMENT_NOT_ALLOWED 1:8 Cannot specify null treatment clause for abs function',
    ],
    [
      "SELECT ROW(1)['a' + nope]",
      'EXPRESSION_NOT_CONSTANT 1:19 Subscript expression on ROW requires a constant index',
    ],
    [
      'SELECT zip_with(ARRAY[1], ARRAY[2], (x, X) -> 1)',
      "AMBIGUOUS_NAME 1:38 Column 'x' is ambiguous",
    ],
    [
      'SELECT 1 a INTERSECT CORRESPONDING SELECT 1 b',
      'MISMATCHED_COLUMN_ALIASES 1:12 No corresponding columns',
    ],
    [
      'SELECT 1 a UNION CORRESPONDING SELECT 1',
      'MISSING_COLUMN_NAME 1:12 CORRESPONDING needs a name for every column',
    ],
    [
      'SELECT 1 FROM region MATCH_RECOGNIZE (PATTERN (A) DEFINE A AS true)',
      'TABLE_HAS_NO_COLUMNS 1:15 pattern recognition output table has no columns',
    ],
    ['INSERT INTO nope SELECT nope', "COLUMN_NOT_FOUND 1:25 Column 'nope' cannot be resolved"],
  ],
  'names of types': [
    ['SELECT CAST(1 AS decimal(5, a))', 'TYPE_MISMATCH 1:8 Unknown type: decimal(5, a)'],
    ['SELECT CAST(1 AS timestamp(a))', 'TYPE_MISMATCH 1:28 Unknown type parameter: a'],
    [
      'SELECT CAST(1 AS varchar(99999999999999999999))',
      'TYPE_MISMATCH 1:26 Invalid type parameter: 99999999999999999999',
    ],
    [
      'SELECT CAST(1 AS varchar(decimal(1, 2)))',
      'INVALID_FUNCTION_ARGUMENT DECIMAL scale must be in range [0, precision (1)]: 2',
    ],
    ['SELECT CAST(1 AS interval day)', 'NOT_SUPPORTED There is no type INTERVAL DAY'],
    ['SELECT CAST(1 AS "varchar(3)")', 'TYPE_MISMATCH 1:8 Unknown type: varchar(3)'],
    ["SELECT ROW '1'", 'TYPE_NOT_FOUND Unknown type: row'],
    ["SELECT hyperloglog 'x'", 'OPERATOR_NOT_FOUND Cannot cast varchar to HyperLogLog'],
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
