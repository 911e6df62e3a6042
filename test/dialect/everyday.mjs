/*
 * Everyday statements of dialects whose databases are not at hand, each with what it means in Trino's words, or the construct that
 * its error names. They follow the tutorials of the manuals: transactsql (learn.microsoft.com/sql), hive (cwiki.apache.org/Hive LanguageManual),
 * db2 (ibm.com/docs/db2), flinksql (nightlies.apache.org/flink), redshift (docs.aws.amazon.com/redshift), athena, noql (noql.synatic.dev).
 */

/** Statements in Trino's words. */
export const SETUP = [
  `CREATE TABLE dept (id integer, name varchar)`,
  `INSERT INTO dept VALUES (1, 'Sales'), (2, 'Research'), (3, 'Empty')`,
  `CREATE TABLE emp (id integer, name varchar, dept_id integer, boss integer, salary decimal(10,2), hired date, note varchar)`,
  `INSERT INTO emp VALUES
    (1, 'Ada', 1, NULL, 5000.50, DATE '2019-01-31', 'a,b'),
    (2, 'Bob', 1, 1, 4000.00, DATE '2020-02-29', NULL),
    (3, 'Cyd', 2, 1, 4000.00, DATE '2021-12-31', 'c'),
    (4, 'dan', 2, 3, 3500.25, DATE '2022-07-04', ''),
    (5, 'Eve', NULL, 3, NULL, NULL, 'x_y')`,
  `CREATE TABLE sale (id integer, emp_id integer, region varchar, amount integer, ts timestamp(3))`,
  `INSERT INTO sale VALUES
    (1, 1, 'N', 10, TIMESTAMP '2024-01-01 00:00:30.000'),
    (2, 1, 'S', 20, TIMESTAMP '2024-01-01 00:09:59.999'),
    (3, 2, 'N', 5, TIMESTAMP '2024-01-01 00:10:00.000'),
    (4, 3, 'S', NULL, TIMESTAMP '2024-03-31 23:59:59.000'),
    (5, NULL, 'N', 7, TIMESTAMP '2025-01-01 12:30:15.250')`,
  `CREATE TABLE tags (id integer, tag array(varchar))`,
  `INSERT INTO tags VALUES (1, ARRAY['red', 'blue']), (2, ARRAY[]), (3, NULL)`,
]

/**
 * By dialect: the statement, and its meaning in Trino's SQL, or a pattern of what is refused.
 * @type {Record<string, readonly (readonly [string, string | RegExp])[]>}
 */
export const EVERYDAY = {
  transactsql: [
    ['SELECT TOP 2 id, name FROM emp ORDER BY id', 'SELECT id, name FROM emp ORDER BY id LIMIT 2'],
    ['SELECT TOP (3) id FROM emp ORDER BY id DESC', 'SELECT id FROM emp ORDER BY id DESC LIMIT 3'],
    ['SELECT TOP 40 PERCENT id FROM emp ORDER BY id', /PERCENT/i],
    ['SELECT TOP 2 WITH TIES name, salary FROM emp ORDER BY salary DESC', /read this: at/],
    [
      'SELECT id FROM emp ORDER BY id OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY',
      'SELECT id FROM emp ORDER BY id OFFSET 1 FETCH NEXT 2 ROWS ONLY',
    ],
    [
      'SELECT [id], [name] AS [Full Name] FROM [emp] WHERE [id] = 1',
      'SELECT id, name FROM emp WHERE id = 1',
    ],
    [
      "SELECT ISNULL(note, 'none') FROM emp ORDER BY id",
      "SELECT coalesce(note, 'none') FROM emp ORDER BY id",
    ],
    [
      "SELECT IIF(salary > 4000, 'high', 'low') FROM emp ORDER BY id",
      "SELECT IF(salary > 4000, 'high', 'low') FROM emp ORDER BY id",
    ],
    [
      'SELECT COALESCE(boss, dept_id, 0) FROM emp ORDER BY id',
      'SELECT coalesce(boss, dept_id, 0) FROM emp ORDER BY id',
    ],
    ["SELECT CONVERT(date, '2024-02-01')", "SELECT DATE '2024-02-01'"],
    ["SELECT CONVERT(int, '42')", 'SELECT 42'],
    ['SELECT CONVERT(varchar(10), hired, 120) FROM emp', /convert with a style/],
    ["SELECT CAST('7' AS int) + 1", 'SELECT 8'],
    ["SELECT TRY_CAST('x' AS int)", 'SELECT CAST(NULL AS integer)'],
    [
      "SELECT id FROM emp WHERE TRY_CAST(note AS int) IS NULL AND TRY_CAST(TRY_CAST('7' AS varchar(3)) AS decimal(5, 2)) = 7 ORDER BY id",
      'SELECT id FROM emp ORDER BY id',
    ],
    ["SELECT TRY_CONVERT(int, 'x')", 'SELECT CAST(NULL AS integer)'],
    [
      'SELECT DATEADD(day, 10, hired) FROM emp ORDER BY id',
      "SELECT hired + INTERVAL '10' DAY FROM emp ORDER BY id",
    ],
    [
      'SELECT DATEADD(month, -1, hired) FROM emp ORDER BY id',
      "SELECT hired - INTERVAL '1' MONTH FROM emp ORDER BY id",
    ],
    [
      "SELECT DATEDIFF(year, hired, '2024-01-01') FROM emp WHERE id < 5 ORDER BY id",
      'SELECT 2024 - year(hired) FROM emp WHERE id < 5 ORDER BY id',
    ],
    [
      'SELECT DATEDIFF(day, hired, DATEADD(year, 1, hired)) FROM emp WHERE id < 5 ORDER BY id',
      "SELECT date_diff('day', hired, hired + INTERVAL '1' YEAR) FROM emp WHERE id < 5 ORDER BY id",
    ],
    [
      'SELECT DATEPART(year, hired), DATEPART(month, hired), DAY(hired) FROM emp ORDER BY id',
      'SELECT year(hired), month(hired), day(hired) FROM emp ORDER BY id',
    ],
    [
      'SELECT DATEPART(weekday, hired) FROM emp WHERE id < 5 ORDER BY id',
      'SELECT day_of_week(hired) % 7 + 1 FROM emp WHERE id < 5 ORDER BY id',
    ],
    [
      'SELECT DATENAME(month, hired) FROM emp WHERE id < 5 ORDER BY id',
      "SELECT date_format(hired, '%M') FROM emp WHERE id < 5 ORDER BY id",
    ],
    ['SELECT DATEFROMPARTS(2024, 2, 29)', "SELECT DATE '2024-02-29'"],
    [
      'SELECT EOMONTH(hired) FROM emp ORDER BY id',
      'SELECT last_day_of_month(hired) FROM emp ORDER BY id',
    ],
    [
      'SELECT DATETRUNC(month, hired) FROM emp ORDER BY id',
      "SELECT date_trunc('month', hired) FROM emp ORDER BY id",
    ],
    [
      "SELECT LEN('ab  '), LEFT('abc', 2), RIGHT('abc', 2), UPPER('a'), REPLACE('aa', 'a', 'b')",
      "SELECT 2, 'ab', 'bc', 'A', 'bb'",
    ],
    [
      "SELECT SUBSTRING('hello', 2, 3), CHARINDEX('l', 'hello'), REPLICATE('ab', 2), REVERSE('ab')",
      "SELECT 'ell', 3, 'abab', 'ba'",
    ],
    ["SELECT STUFF('abcdef', 2, 3, 'X')", "SELECT 'aXef'"],
    [
      "SELECT CONCAT(name, '-', note) FROM emp ORDER BY id",
      "SELECT name || '-' || coalesce(note, '') FROM emp ORDER BY id",
    ],
    ["SELECT name + '!' FROM emp ORDER BY id", "SELECT name || '!' FROM emp ORDER BY id"],
    [
      "SELECT STRING_AGG(name, ', ') WITHIN GROUP (ORDER BY name) FROM emp WHERE dept_id = 1",
      "SELECT 'Ada, Bob'",
    ],
    [
      "SELECT dept_id, STRING_AGG(name, ',') WITHIN GROUP (ORDER BY id DESC) FROM emp GROUP BY dept_id ORDER BY dept_id",
      "SELECT dept_id, listagg(name, ',') WITHIN GROUP (ORDER BY id DESC) FROM emp GROUP BY dept_id ORDER BY dept_id NULLS FIRST",
    ],
    [
      'SELECT d.name, x.name FROM dept d CROSS APPLY (SELECT TOP 1 name FROM emp e WHERE e.dept_id = d.id ORDER BY salary DESC, id) x ORDER BY 1',
      'SELECT d.name, x.name FROM dept d CROSS JOIN LATERAL (SELECT name FROM emp e WHERE e.dept_id = d.id ORDER BY salary DESC NULLS LAST, id LIMIT 1) x ORDER BY 1',
    ],
    [
      'SELECT d.name, x.n FROM dept d OUTER APPLY (SELECT COUNT(*) AS n FROM emp e WHERE e.dept_id = d.id) x ORDER BY 1',
      'SELECT d.name, (SELECT count(*) FROM emp e WHERE e.dept_id = d.id) FROM dept d ORDER BY 1',
    ],
    [
      'SELECT * FROM (SELECT region, amount FROM sale) s PIVOT (SUM(amount) FOR region IN ([N], [S])) AS p',
      /PIVOT/i,
    ],
    [
      'SELECT id, ROW_NUMBER() OVER (PARTITION BY dept_id ORDER BY salary DESC, id) FROM emp WHERE id < 5 ORDER BY id',
      'SELECT id, row_number() OVER (PARTITION BY dept_id ORDER BY salary DESC, id) FROM emp WHERE id < 5 ORDER BY id',
    ],
    ['SELECT 7 / 2, 7 % 2, -7 / 2', 'SELECT 3, 1, -3'],
    ["SELECT id FROM emp WHERE name LIKE '[A-C]%'", /LIKE/i],
    [
      "SELECT id FROM emp WHERE name LIKE 'A%' ORDER BY id",
      "SELECT id FROM emp WHERE name LIKE 'A%' ORDER BY id",
    ],
    ["SELECT CHOOSE(2, 'a', 'b', 'c')", "SELECT 'b'"],
    [
      'SELECT NULLIF(1, 1), ABS(-2), CEILING(1.2), FLOOR(1.8), POWER(2, 3), SQUARE(3)',
      'SELECT CAST(NULL AS integer), 2, 2, 1, 8, 9',
    ],
    ['SELECT id FROM emp WITH (NOLOCK) ORDER BY id', /NOLOCK|hint|WITH/i],
    [
      'WITH top2 AS (SELECT TOP 2 id, salary FROM emp ORDER BY salary DESC, id) SELECT SUM(salary) FROM top2',
      'SELECT 9000.50',
    ],
    [
      'SELECT region, SUM(amount) FROM sale GROUP BY ROLLUP(region) ORDER BY region',
      'SELECT region, sum(amount) FROM sale GROUP BY ROLLUP(region) ORDER BY region NULLS FIRST',
    ],
    ['SELECT id INTO copy FROM emp', /INTO/i],
    [
      'SELECT salary FROM emp ORDER BY salary',
      'SELECT salary FROM emp ORDER BY salary NULLS FIRST',
    ],
    [
      'SELECT e.name, b.name FROM emp e LEFT JOIN emp b ON e.boss = b.id ORDER BY e.id',
      'SELECT e.name, b.name FROM emp e LEFT JOIN emp b ON e.boss = b.id ORDER BY e.id',
    ],
    [
      "SELECT name FROM emp WHERE hired >= '2020-01-01' AND hired < '2022-01-01' ORDER BY id",
      "SELECT name FROM emp WHERE hired >= DATE '2020-01-01' AND hired < DATE '2022-01-01' ORDER BY id",
    ],
    ["SELECT FORMAT(hired, 'yyyy') FROM emp", /format/i],
    ['SELECT name FROM emp FOR JSON AUTO', /read this: at 'AUTO'/],
    ['SELECT NEXT VALUE FOR seq', /NEXT|VALUE|syntax|parse/i],
  ],
  hive: [
    [
      'SELECT `id`, name FROM emp ORDER BY id LIMIT 2',
      'SELECT id, name FROM emp ORDER BY id LIMIT 2',
    ],
    [
      'SELECT NVL(note, "none") FROM emp ORDER BY id',
      "SELECT coalesce(note, 'none') FROM emp ORDER BY id",
    ],
    [
      'SELECT IF(salary > 4000, "high", "low") FROM emp ORDER BY id',
      "SELECT IF(salary > 4000, 'high', 'low') FROM emp ORDER BY id",
    ],
    ['SELECT 7 / 2, 7 DIV 2, 7 % 2', 'SELECT 3.5e0, 3, 1'],
    ['SELECT CAST("12" AS INT) + 1', 'SELECT 13'],
    [
      'SELECT CAST(hired AS STRING) FROM emp ORDER BY id',
      'SELECT CAST(hired AS varchar) FROM emp ORDER BY id',
    ],
    [
      'SELECT date_add(hired, 10), date_sub(hired, 1) FROM emp ORDER BY id',
      "SELECT hired + INTERVAL '10' DAY, hired - INTERVAL '1' DAY FROM emp ORDER BY id",
    ],
    ["SELECT datediff('2024-03-01', '2024-02-01')", 'SELECT 29'],
    [
      'SELECT add_months(hired, 1), last_day(hired) FROM emp WHERE id > 1 ORDER BY id',
      "SELECT IF(hired = last_day_of_month(hired), last_day_of_month(hired + INTERVAL '1' MONTH), hired + INTERVAL '1' MONTH), last_day_of_month(hired) FROM emp WHERE id > 1 ORDER BY id",
    ],
    [
      'SELECT year(hired), month(hired), day(hired), quarter(hired), weekofyear(hired) FROM emp ORDER BY id',
      'SELECT year(hired), month(hired), day(hired), quarter(hired), week(hired) FROM emp ORDER BY id',
    ],
    [
      "SELECT trunc(hired, 'MM') FROM emp ORDER BY id",
      "SELECT date_trunc('month', hired) FROM emp ORDER BY id",
    ],
    ["SELECT to_date('2024-01-02 10:00:00')", "SELECT DATE '2024-01-02'"],
    [
      "SELECT date_format(hired, 'yyyy-MM') FROM emp WHERE id < 5 ORDER BY id",
      "SELECT format_datetime(hired, 'yyyy-MM') FROM emp WHERE id < 5 ORDER BY id",
    ],
    [
      "SELECT concat(name, '-', note) FROM emp ORDER BY id",
      "SELECT name || '-' || note FROM emp ORDER BY id",
    ],
    [
      "SELECT concat_ws(',', name, note) FROM emp ORDER BY id",
      "SELECT concat_ws(',', name, note) FROM emp ORDER BY id",
    ],
    [
      "SELECT length('abc'), upper('a'), lower('A'), trim(' a '), ltrim(' a'), rtrim('a '), reverse('ab')",
      "SELECT 3, 'A', 'a', 'a', 'a', 'a', 'ba'",
    ],
    [
      "SELECT substr('hello', 2, 3), substring('hello', -3), instr('hello', 'l'), locate('l', 'hello'), lpad('7', 3, '0'), rpad('7', 3, '0')",
      "SELECT 'ell', 'llo', 3, 3, '007', '700'",
    ],
    [
      "SELECT repeat('ab', 2), split('a,b', ',')[1], regexp_replace('foobar', 'oo|ar', ''), regexp_extract('foothebar', 'foo(.*?)(bar)', 1), initcap('hive sql')",
      "SELECT 'abab', 'b', 'fb', 'the', 'Hive Sql'",
    ],
    [
      'SELECT nvl(null, 3), nullif(1, 1), coalesce(null, 2), greatest(1, 3, 2), least(1, 3, 2), pmod(-7, 3)',
      'SELECT 3, CAST(NULL AS integer), 2, 3, 1, 2',
    ],
    [
      'SELECT id, t FROM tags LATERAL VIEW explode(tag) x AS t ORDER BY id, t',
      'SELECT id, t FROM tags CROSS JOIN UNNEST(tag) x(t) ORDER BY id, t',
    ],
    [
      'SELECT id, t FROM tags LATERAL VIEW OUTER explode(tag) x AS t ORDER BY id, t',
      'SELECT id, t FROM tags LEFT JOIN UNNEST(tag) x(t) ON true ORDER BY id, t NULLS FIRST',
    ],
    ['SELECT id FROM emp SORT BY id', /SORT|syntax|parse/i],
    ['SELECT id FROM emp CLUSTER BY id', /CLUSTER|syntax|parse/i],
    ['SELECT id FROM emp DISTRIBUTE BY id', /DISTRIBUTE|syntax|parse/i],
    [
      'SELECT size(tag) FROM tags WHERE id < 3 ORDER BY id',
      'SELECT cardinality(tag) FROM tags WHERE id < 3 ORDER BY id',
    ],
    [
      "SELECT array_contains(tag, 'red') FROM tags ORDER BY id",
      "SELECT coalesce(contains(tag, 'red'), false) FROM tags ORDER BY id",
    ],
    [
      'SELECT dept_id, sort_array(collect_list(name)) FROM emp WHERE dept_id IS NOT NULL GROUP BY dept_id ORDER BY dept_id',
      'SELECT dept_id, array_sort(array_agg(name)) FROM emp WHERE dept_id IS NOT NULL GROUP BY dept_id ORDER BY dept_id',
    ],
    [
      'SELECT sort_array(collect_set(region)) FROM sale',
      'SELECT array_sort(array_agg(DISTINCT region)) FROM sale',
    ],
    [
      'SELECT salary FROM emp ORDER BY salary',
      'SELECT salary FROM emp ORDER BY salary NULLS FIRST',
    ],
    [
      'SELECT salary FROM emp ORDER BY salary DESC',
      'SELECT salary FROM emp ORDER BY salary DESC NULLS LAST',
    ],
    [
      'SELECT id, rank() OVER (PARTITION BY dept_id ORDER BY salary DESC) FROM emp WHERE id < 5 ORDER BY id',
      'SELECT id, rank() OVER (PARTITION BY dept_id ORDER BY salary DESC) FROM emp WHERE id < 5 ORDER BY id',
    ],
    [
      'SELECT e.id FROM emp e LEFT SEMI JOIN dept d ON e.dept_id = d.id ORDER BY e.id',
      'SELECT id FROM emp WHERE dept_id IN (SELECT id FROM dept) ORDER BY id',
    ],
    [
      'SELECT * FROM dept LEFT ANTI JOIN emp ON dept.id = emp.dept_id AND (emp.salary > 1 OR emp.id = 0) WHERE dept.id > 0 ORDER BY id',
      'SELECT * FROM dept WHERE NOT EXISTS (SELECT 1 FROM emp WHERE dept.id = dept_id) ORDER BY id',
    ],
    [
      'SELECT x.id, d.name FROM (SELECT e.* FROM emp e LEFT SEMI JOIN dept d ON e.dept_id = d.id) x LEFT ANTI JOIN emp b ON b.boss = x.id LEFT JOIN dept d ON x.dept_id = d.id ORDER BY x.id',
      'SELECT x.id, d.name FROM emp x JOIN dept d ON x.dept_id = d.id WHERE x.id NOT IN (SELECT boss FROM emp WHERE boss IS NOT NULL) ORDER BY x.id',
    ],
    [
      'SELECT e.id FROM emp e LEFT SEMI JOIN dept d ON e.dept_id = d.id FULL JOIN emp b ON b.boss = e.id',
      /FULL JOIN after a semi-join/,
    ],
    ['SELECT e.id FROM emp e LEFT SEMI JOIN dept d USING (id)', /read this: at 'SEMI'/],
    [
      'SELECT e.id FROM emp e LEFT SEMI JOIN dept d LEFT JOIN emp b ON b.boss = e.id',
      /read this: at 'SEMI'/,
    ],
    [
      'SELECT region, sum(amount) FROM sale GROUP BY region WITH ROLLUP',
      'SELECT region, sum(amount) FROM sale GROUP BY ROLLUP(region)',
    ],
    [
      "SELECT name FROM emp WHERE name RLIKE '^[A-C]' ORDER BY id",
      "SELECT name FROM emp WHERE regexp_like(name, '^[A-C]') ORDER BY id",
    ],
    ["SELECT get_json_object('{\"a\":1}', '$.a')", /get_json_object/],
    ['SELECT unix_timestamp()', /unix_timestamp/i],
    [
      "SELECT CASE WHEN salary IS NULL THEN 'none' WHEN salary > 4000 THEN 'high' ELSE 'low' END FROM emp ORDER BY id",
      "SELECT CASE WHEN salary IS NULL THEN 'none' WHEN salary > 4000 THEN 'high' ELSE 'low' END FROM emp ORDER BY id",
    ],
    [
      "SELECT name FROM emp WHERE hired BETWEEN '2020-01-01' AND '2021-12-31' ORDER BY id",
      "SELECT name FROM emp WHERE hired BETWEEN DATE '2020-01-01' AND DATE '2021-12-31' ORDER BY id",
    ],
    ['INSERT OVERWRITE TABLE dept SELECT 9, "x"', /OVERWRITE|syntax|parse/i],
    ['SELECT 1.5 + 1', 'SELECT 2.5'],
  ],
  db2: [
    [
      'SELECT id, name FROM emp ORDER BY id FETCH FIRST 2 ROWS ONLY',
      'SELECT id, name FROM emp ORDER BY id LIMIT 2',
    ],
    [
      'SELECT id FROM emp ORDER BY id FETCH FIRST ROW ONLY',
      'SELECT id FROM emp ORDER BY id LIMIT 1',
    ],
    [
      'SELECT id FROM emp ORDER BY id OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY',
      'SELECT id FROM emp ORDER BY id OFFSET 1 LIMIT 2',
    ],
    ['SELECT id FROM emp ORDER BY id LIMIT 2', 'SELECT id FROM emp ORDER BY id LIMIT 2'],
    [
      "SELECT VALUE(note, 'none') FROM emp ORDER BY id",
      "SELECT coalesce(note, 'none') FROM emp ORDER BY id",
    ],
    [
      "SELECT NVL(note, 'none'), COALESCE(note, 'x') FROM emp ORDER BY id",
      "SELECT coalesce(note, 'none'), coalesce(note, 'x') FROM emp ORDER BY id",
    ],
    ['SELECT CURRENT DATE FROM SYSIBM.SYSDUMMY1', /sysibm/],
    ["SELECT name || '!' FROM emp ORDER BY id", "SELECT name || '!' FROM emp ORDER BY id"],
    ["SELECT CONCAT(name, '!') FROM emp ORDER BY id", "SELECT name || '!' FROM emp ORDER BY id"],
    ['SELECT 7 / 2, MOD(7, 2)', 'SELECT 3, 1'],
    [
      'SELECT YEAR(hired), MONTH(hired), DAY(hired), QUARTER(hired), DAYOFYEAR(hired) FROM emp ORDER BY id',
      'SELECT year(hired), month(hired), day(hired), quarter(hired), day_of_year(hired) FROM emp ORDER BY id',
    ],
    [
      'SELECT DAYOFWEEK(hired), DAYOFWEEK_ISO(hired), WEEK_ISO(hired) FROM emp ORDER BY id',
      'SELECT day_of_week(hired) % 7 + 1, day_of_week(hired), week(hired) FROM emp ORDER BY id',
    ],
    [
      "SELECT hired + 10 DAYS, hired - 1 MONTH + 2 DAYS FROM emp WHERE hired - 1 YEAR < DATE('2020-06-01') ORDER BY id",
      "SELECT date_add('day', 10, hired), date_add('day', 2, date_add('month', -1, hired)) FROM emp WHERE hired < DATE '2021-06-01' ORDER BY id",
    ],
    ['SELECT hired + id DAYS FROM emp', /Durations are supported where a whole number/],
    ['SELECT hired + (id + 1) DAYS FROM emp', /Durations are supported where a whole number/],
    [
      "SELECT LENGTH('abc'), UCASE('a'), LCASE('A'), LTRIM(' a'), RTRIM('a '), TRIM(' a ')",
      "SELECT 3, 'A', 'a', 'a', 'a', 'a'",
    ],
    [
      "SELECT SUBSTR('hello', 2, 3), POSSTR('hello', 'l'), LOCATE('l', 'hello'), LEFT('abc', 2), RIGHT('abc', 2), REPEAT('ab', 2), REPLACE('aa', 'a', 'b')",
      "SELECT 'ell', 3, 3, 'ab', 'bc', 'abab', 'bb'",
    ],
    [
      "SELECT LPAD('7', 3, '0'), RPAD('7', 3, '0'), INITCAP('db two')",
      "SELECT '007', '700', 'Db Two'",
    ],
    [
      "SELECT dept_id, LISTAGG(name, ',') WITHIN GROUP (ORDER BY id DESC) FROM emp GROUP BY dept_id ORDER BY dept_id",
      "SELECT dept_id, listagg(name, ',') WITHIN GROUP (ORDER BY id DESC) FROM emp GROUP BY dept_id ORDER BY dept_id",
    ],
    [
      "SELECT DECODE(dept_id, 1, 'one', 2, 'two', 'other') FROM emp ORDER BY id",
      "SELECT CASE dept_id WHEN 1 THEN 'one' WHEN 2 THEN 'two' ELSE 'other' END FROM emp ORDER BY id",
    ],
    ["SELECT INTEGER('12'), BIGINT('13'), DOUBLE('1.5')", 'SELECT 12, 13, 1.5e0'],
    ["SELECT CAST('12' AS INTEGER) + 1, CAST(1.5 AS DECIMAL(5,2))", "SELECT 13, DECIMAL '1.50'"],
    ["SELECT DATE('2024-02-01')", "SELECT DATE '2024-02-01'"],
    [
      "SELECT DAYS(hired) - DAYS(DATE('2019-01-01')) FROM emp ORDER BY id",
      "SELECT date_diff('day', DATE '2019-01-01', hired) FROM emp ORDER BY id",
    ],
    [
      'SELECT LAST_DAY(hired), ADD_MONTHS(hired, 2) FROM emp WHERE id = 4',
      "SELECT DATE '2022-07-31', DATE '2022-09-04'",
    ],
    ['SELECT salary FROM emp ORDER BY salary', 'SELECT salary FROM emp ORDER BY salary NULLS LAST'],
    [
      'SELECT salary FROM emp ORDER BY salary DESC',
      'SELECT salary FROM emp ORDER BY salary DESC NULLS FIRST',
    ],
    [
      'SELECT id, ROW_NUMBER() OVER (PARTITION BY dept_id ORDER BY id DESC) FROM emp ORDER BY id',
      'SELECT id, row_number() OVER (PARTITION BY dept_id ORDER BY id DESC) FROM emp ORDER BY id',
    ],
    [
      'SELECT region, SUM(amount) FROM sale GROUP BY ROLLUP(region) ORDER BY region',
      'SELECT region, sum(amount) FROM sale GROUP BY ROLLUP(region) ORDER BY region',
    ],
    [
      'SELECT id FROM emp EXCEPT SELECT boss FROM emp ORDER BY 1',
      'SELECT id FROM emp EXCEPT SELECT boss FROM emp ORDER BY 1',
    ],
    ['WITH b AS (SELECT DISTINCT boss FROM emp) SELECT COUNT(*) FROM b', 'SELECT 3'],
    [
      "SELECT e.name FROM emp e INNER JOIN dept d ON e.dept_id = d.id WHERE d.name = 'Sales' ORDER BY e.id",
      "SELECT e.name FROM emp e JOIN dept d ON e.dept_id = d.id WHERE d.name = 'Sales' ORDER BY e.id",
    ],
    [
      "SELECT name FROM emp WHERE hired >= '2020-01-01' ORDER BY id",
      "SELECT name FROM emp WHERE hired >= DATE '2020-01-01' ORDER BY id",
    ],
    [
      "SELECT CASE WHEN dept_id = 1 THEN 'a' ELSE 'b' END FROM emp ORDER BY id",
      "SELECT CASE WHEN dept_id = 1 THEN 'a' ELSE 'b' END FROM emp ORDER BY id",
    ],
    ['SELECT id FROM emp WITH UR', /ISOLATION/],
    ['SELECT id FROM emp ORDER BY id OPTIMIZE FOR 1 ROWS', /OPTIMIZE|syntax|parse/i],
    ['SELECT NEXT VALUE FOR seq FROM dept', /NEXT|VALUE|syntax|parse/i],
    [
      'SELECT MAX(salary), MIN(salary), SUM(salary), COUNT(*) FROM emp',
      'SELECT max(salary), min(salary), sum(salary), count(*) FROM emp',
    ],
    [
      'SELECT STDDEV(amount), VARIANCE(amount) FROM sale',
      'SELECT stddev_pop(amount), var_pop(amount) FROM sale',
    ],
    [
      'SELECT TRUNCATE(1.567, 1), ROUND(1.567, 1), CEIL(1.2), FLOOR(1.8), SIGN(-3), ABS(-3), SQRT(16)',
      'SELECT 1.5, 1.6, 2, 1, -1, 3, 4e0',
    ],
    ["SELECT TO_CHAR(hired, 'YYYY') FROM emp", /to_char/i],
    ['SELECT NULLIF(1, 1), GREATEST(1, 3), LEAST(1, 3)', 'SELECT CAST(NULL AS integer), 3, 1'],
  ],
  flinksql: [
    [
      'SELECT `id`, name FROM emp ORDER BY id LIMIT 2',
      'SELECT id, name FROM emp ORDER BY id LIMIT 2',
    ],
    [
      "SELECT window_start, window_end, SUM(amount) FROM TABLE(TUMBLE(TABLE sale, DESCRIPTOR(ts), INTERVAL '10' MINUTES)) GROUP BY window_start, window_end",
      /TUMBLE|TABLE|syntax|parse/i,
    ],
    [
      "SELECT TUMBLE_START(ts, INTERVAL '10' MINUTE), SUM(amount) FROM sale GROUP BY TUMBLE(ts, INTERVAL '10' MINUTE)",
      /tumble/i,
    ],
    [
      "SELECT HOP_START(ts, INTERVAL '5' MINUTE, INTERVAL '10' MINUTE) FROM sale GROUP BY HOP(ts, INTERVAL '5' MINUTE, INTERVAL '10' MINUTE)",
      /hop/i,
    ],
    [
      "SELECT SESSION_START(ts, INTERVAL '5' MINUTE) FROM sale GROUP BY SESSION(ts, INTERVAL '5' MINUTE)",
      /session/i,
    ],
    ['SELECT 7 / 2, MOD(7, 2)', 'SELECT 3, 1'],
    [
      "SELECT COALESCE(boss, 0), NULLIF(1, 1), IFNULL(note, 'none') FROM emp ORDER BY id",
      "SELECT coalesce(boss, 0), CAST(NULL AS integer), coalesce(note, 'none') FROM emp ORDER BY id",
    ],
    [
      "SELECT IF(salary > 4000, 'high', 'low') FROM emp ORDER BY id",
      "SELECT IF(salary > 4000, 'high', 'low') FROM emp ORDER BY id",
    ],
    [
      "SELECT CHAR_LENGTH('abc'), UPPER('a'), LOWER('A'), TRIM(' a '), LTRIM(' a'), RTRIM('a '), REVERSE('ab'), REPEAT('ab', 2)",
      "SELECT 3, 'A', 'a', 'a', 'a', 'a', 'ba', 'abab'",
    ],
    [
      "SELECT SUBSTRING('hello', 2, 3), SUBSTRING('hello' FROM 2), POSITION('l' IN 'hello'), INSTR('hello', 'l'), LOCATE('l', 'hello'), LEFT('abc', 2), RIGHT('abc', 2)",
      "SELECT 'ell', 'ello', 3, 3, 3, 'ab', 'bc'",
    ],
    [
      "SELECT LPAD('7', 3, '0'), RPAD('7', 3, '0'), INITCAP('flink sql'), REGEXP_REPLACE('foobar', 'oo|ar', ''), SPLIT_INDEX('a,b', ',', 1)",
      "SELECT '007', '700', 'Flink Sql', 'fb', 'b'",
    ],
    [
      "SELECT CONCAT('a', 'b'), CONCAT_WS('-', 'a', NULL, 'b'), 'a' || 'b'",
      "SELECT 'ab', 'a-b', 'ab'",
    ],
    ["SELECT CAST('12' AS INT) + 1, TRY_CAST('x' AS INT)", 'SELECT 13, CAST(NULL AS integer)'],
    ["SELECT CAST('12' AS STRING)", "SELECT '12'"],
    [
      'SELECT YEAR(hired), MONTH(hired), QUARTER(hired), DAYOFMONTH(hired), DAYOFYEAR(hired) FROM emp ORDER BY id',
      'SELECT year(hired), month(hired), quarter(hired), day(hired), day_of_year(hired) FROM emp ORDER BY id',
    ],
    [
      'SELECT EXTRACT(YEAR FROM hired) FROM emp ORDER BY id',
      'SELECT year(hired) FROM emp ORDER BY id',
    ],
    [
      "SELECT TIMESTAMPDIFF(DAY, TIMESTAMP '2024-01-01 10:00:00', TIMESTAMP '2024-01-03 09:00:00')",
      'SELECT 1',
    ],
    [
      "SELECT hired + INTERVAL '10' DAY FROM emp ORDER BY id",
      "SELECT hired + INTERVAL '10' DAY FROM emp ORDER BY id",
    ],
    ["SELECT TO_DATE('2024-02-01')", "SELECT DATE '2024-02-01'"],
    [
      "SELECT DATE_FORMAT(ts, 'yyyy-MM-dd') FROM sale ORDER BY id",
      "SELECT format_datetime(ts, 'yyyy-MM-dd') FROM sale ORDER BY id",
    ],
    ["SELECT LISTAGG(name, ',') FROM emp WHERE id = 1", "SELECT 'Ada'"],
    [
      'SELECT dept_id, COUNT(*), COUNT(DISTINCT salary) FROM emp GROUP BY dept_id ORDER BY dept_id',
      'SELECT dept_id, count(*), count(DISTINCT salary) FROM emp GROUP BY dept_id ORDER BY dept_id NULLS FIRST',
    ],
    [
      'SELECT region, SUM(amount) FROM sale GROUP BY ROLLUP (region) ORDER BY region',
      'SELECT region, sum(amount) FROM sale GROUP BY ROLLUP (region) ORDER BY region NULLS FIRST',
    ],
    [
      'SELECT region, amount, SUM(amount) FROM sale GROUP BY GROUPING SETS ((region), (amount), ()) ORDER BY 1, 2',
      /read this: at 'SETS'/,
    ],
    [
      'SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY dept_id ORDER BY id DESC) AS rn FROM emp) WHERE rn = 1 ORDER BY id',
      'SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY dept_id ORDER BY id DESC) AS rn FROM emp) WHERE rn = 1 ORDER BY id',
    ],
    [
      'SELECT id, t FROM tags CROSS JOIN UNNEST(tag) AS x (t) ORDER BY id, t',
      'SELECT id, t FROM tags CROSS JOIN UNNEST(tag) AS x (t) ORDER BY id, t',
    ],
    ['SELECT CARDINALITY(tag), tag[1] FROM tags WHERE id = 1', "SELECT 2, 'red'"],
    [
      'SELECT e.name, d.name FROM emp e LEFT JOIN dept d ON e.dept_id = d.id ORDER BY e.id',
      'SELECT e.name, d.name FROM emp e LEFT JOIN dept d ON e.dept_id = d.id ORDER BY e.id',
    ],
    [
      'SELECT salary FROM emp ORDER BY salary',
      'SELECT salary FROM emp ORDER BY salary NULLS FIRST',
    ],
    [
      "SELECT name FROM emp WHERE name LIKE 'A%' OR name SIMILAR TO 'B.*' ORDER BY id",
      /SIMILAR|syntax|parse/i,
    ],
    [
      "SELECT id FROM emp WHERE dept_id IN (SELECT id FROM dept WHERE name = 'Sales') ORDER BY id",
      "SELECT id FROM emp WHERE dept_id IN (SELECT id FROM dept WHERE name = 'Sales') ORDER BY id",
    ],
    [
      '(SELECT id FROM emp) UNION ALL (SELECT id FROM dept)',
      'SELECT id FROM emp UNION ALL SELECT id FROM dept',
    ],
    [
      'SELECT id FROM emp UNION SELECT id FROM dept',
      'SELECT id FROM emp UNION SELECT id FROM dept',
    ],
    [
      'SELECT o.id FROM sale o JOIN emp FOR SYSTEM_TIME AS OF o.ts AS e ON o.emp_id = e.id',
      /SYSTEM_TIME|FOR|syntax|parse/i,
    ],
    [
      'SELECT ABS(-2), CEIL(1.2), FLOOR(1.8), POWER(2, 3), SQRT(16), SIGN(-3), ROUND(1.567, 1), TRUNCATE(1.567, 1)',
      'SELECT 2, 2, 1, 8e0, 4e0, -1, 1.6, 1.5',
    ],
    ['SELECT GREATEST(1, 3), LEAST(1, 3)', 'SELECT 3, 1'],
    [
      "SELECT CASE WHEN dept_id = 1 THEN 'a' ELSE 'b' END FROM emp ORDER BY id",
      "SELECT CASE WHEN dept_id = 1 THEN 'a' ELSE 'b' END FROM emp ORDER BY id",
    ],
    ["INSERT OVERWRITE dept SELECT 9, 'x'", /OVERWRITE|syntax|parse/i],
    ["SELECT name FROM emp /*+ OPTIONS('a'='b') */ WHERE id = 1", "SELECT 'Ada'"],
    ["SELECT JSON_VALUE('{\"a\": 1}', '$.a')", /json_value/],
  ],
  redshift: [
    ['SELECT TOP 2 id FROM emp ORDER BY id', 'SELECT id FROM emp ORDER BY id LIMIT 2'],
    [
      "SELECT NVL(note, 'none'), NVL2(note, 'yes', 'no') FROM emp ORDER BY id",
      "SELECT coalesce(note, 'none'), IF(note IS NOT NULL, 'yes', 'no') FROM emp ORDER BY id",
    ],
    [
      'SELECT DATEADD(day, 10, hired) FROM emp ORDER BY id',
      "SELECT CAST(hired + INTERVAL '10' DAY AS timestamp(6)) FROM emp ORDER BY id",
    ],
    [
      "SELECT DATEDIFF(month, hired, DATE '2024-01-01') FROM emp WHERE id < 5 ORDER BY id",
      'SELECT (2024 * 12 + 1) - (year(hired) * 12 + month(hired)) FROM emp WHERE id < 5 ORDER BY id',
    ],
    [
      'SELECT DATE_PART(year, hired) FROM emp ORDER BY id',
      'SELECT year(hired) FROM emp ORDER BY id',
    ],
    [
      "SELECT DATE_TRUNC('month', hired) FROM emp ORDER BY id",
      "SELECT CAST(date_trunc('month', hired) AS timestamp(6)) FROM emp ORDER BY id",
    ],
    [
      "SELECT LISTAGG(name, ',') WITHIN GROUP (ORDER BY id) FROM emp WHERE id < 3",
      "SELECT 'Ada,Bob'",
    ],
    [
      "SELECT DECODE(dept_id, 1, 'one', 'other') FROM emp ORDER BY id",
      "SELECT IF(dept_id = 1, 'one', 'other') FROM emp ORDER BY id",
    ],
    [
      "SELECT LEN('abc'), CHARINDEX('l', 'hello'), LEFT('abc', 2), STRPOS('hello', 'l'), SPLIT_PART('a,b', ',', 2), BTRIM(' a '), INITCAP('red shift')",
      "SELECT 3, 3, 'ab', 3, 'b', 'a', 'Red Shift'",
    ],
    ["SELECT '12'::int + 1, 7 / 2, 7 % 2", 'SELECT 13, 3, 1'],
    [
      'SELECT id, ROW_NUMBER() OVER (PARTITION BY dept_id ORDER BY id DESC) rn FROM emp QUALIFY rn = 1 ORDER BY id',
      'SELECT id, rn FROM (SELECT id, row_number() OVER (PARTITION BY dept_id ORDER BY id DESC) rn FROM emp) WHERE rn = 1 ORDER BY id',
    ],
    ["SELECT GETDATE() > DATE '2020-01-01'", 'SELECT true'],
    [
      'SELECT LAST_DAY(hired), ADD_MONTHS(hired, 1) FROM emp WHERE id = 4',
      "SELECT DATE '2022-07-31', TIMESTAMP '2022-08-04 00:00:00.000000'",
    ],
    ['SELECT MEDIAN(amount) FROM sale', /median/],
    ['SELECT salary FROM emp ORDER BY salary', 'SELECT salary FROM emp ORDER BY salary NULLS LAST'],
    [
      'SELECT id FROM emp MINUS SELECT boss FROM emp ORDER BY 1',
      'SELECT id FROM emp EXCEPT SELECT boss FROM emp ORDER BY 1',
    ],
    ["SELECT name FROM emp WHERE name ILIKE 'd%'", "SELECT 'dan'"],
    ['SELECT APPROXIMATE COUNT(DISTINCT id) FROM emp', /./],
    ["SELECT CONVERT(integer, '12')", /convert/i],
  ],
  postgresql: [
    [
      "SELECT regexp_replace('foobar', 'o', 'x'), regexp_replace('foobar', 'o', 'x', 'g')",
      "SELECT 'fxobar', 'fxxbar'",
    ],
    ["SELECT regexp_replace('foobar', '(o)(b)', '\\2\\1$', 'g')", "SELECT 'fobo$ar'"],
  ],
  snowflake: [
    [
      "SELECT * FROM (SELECT region, amount FROM sale) PIVOT (SUM(amount) FOR region IN ('N', 'S')) AS p",
      /PIVOT/,
    ],
    ["SELECT regexp_replace('foobar', '(o)(b)', '\\\\2$')", "SELECT 'fob$ar'"],
    ['SELECT tag[0] FROM tags WHERE id = 1', "SELECT 'red'"],
    ["SELECT SPLIT('a,b', ',')[1]", "SELECT 'b'"],
  ],
  bigquery: [
    [
      "SELECT * FROM (SELECT region, amount FROM sale) PIVOT (SUM(amount) FOR region IN ('N', 'S'))",
      /PIVOT/,
    ],
    [
      'SELECT tag[OFFSET(0)], tag[ORDINAL(1)], tag[SAFE_OFFSET(5)] FROM tags WHERE id = 1',
      /a subscript of a column/,
    ],
    ['SELECT tag[0] FROM tags WHERE id = 1', /a subscript of a column/],
  ],
  mysql: [
    ["INSERT IGNORE INTO dept VALUES (9, 'x')", /INSERT IGNORE/],
    ["REPLACE INTO dept VALUES (9, 'x')", /REPLACE|replace/],
  ],
  athena: [
    [
      'SELECT id, name FROM emp ORDER BY id LIMIT 2',
      'SELECT id, name FROM emp ORDER BY id LIMIT 2',
    ],
    [
      "SELECT date_add('day', 10, hired), date_diff('day', hired, DATE '2024-01-01') FROM emp ORDER BY id",
      "SELECT date_add('day', 10, hired), date_diff('day', hired, DATE '2024-01-01') FROM emp ORDER BY id",
    ],
    [
      'SELECT id, t FROM tags CROSS JOIN UNNEST(tag) AS x (t) ORDER BY id, t',
      'SELECT id, t FROM tags CROSS JOIN UNNEST(tag) AS x (t) ORDER BY id, t',
    ],
    [
      "SELECT coalesce(note, 'x'), IF(id = 1, 'a', 'b'), try_cast(note AS integer) FROM emp ORDER BY id",
      "SELECT coalesce(note, 'x'), IF(id = 1, 'a', 'b'), try_cast(note AS integer) FROM emp ORDER BY id",
    ],
    ['SELECT 7 / 2, 7 % 2', 'SELECT 3, 1'],
    [
      "SELECT approx_distinct(id), arbitrary(region), max_by(id, amount) FROM sale WHERE region = 'N'",
      "SELECT approx_distinct(id), arbitrary(region), max_by(id, amount) FROM sale WHERE region = 'N'",
    ],
    ['SELECT salary FROM emp ORDER BY salary', 'SELECT salary FROM emp ORDER BY salary'],
    [
      "SELECT json_extract_scalar('{\"a\":1}', '$.a'), split_part('a,b', ',', 2), regexp_like('ab', 'a'), regexp_extract('ab', 'b')",
      "SELECT json_extract_scalar('{\"a\":1}', '$.a'), split_part('a,b', ',', 2), regexp_like('ab', 'a'), regexp_extract('ab', 'b')",
    ],
    [
      "SELECT date_trunc('month', hired), date_format(hired, '%Y'), from_unixtime(0) FROM emp ORDER BY id",
      "SELECT date_trunc('month', hired), date_format(hired, '%Y'), from_unixtime(0) FROM emp ORDER BY id",
    ],
    [
      'SELECT transform(tag, t -> upper(t)) FROM tags',
      'SELECT transform(tag, t -> upper(t)) FROM tags',
    ],
    [
      'SELECT region, sum(amount) FROM sale GROUP BY ROLLUP (region) ORDER BY region',
      'SELECT region, sum(amount) FROM sale GROUP BY ROLLUP (region) ORDER BY region',
    ],
    [
      "SELECT array_join(tag, '-'), cardinality(tag), element_at(tag, 1) FROM tags WHERE id = 1",
      "SELECT 'red-blue', 2, 'red'",
    ],
    [
      "SELECT CAST(hired AS varchar), hired + INTERVAL '1' DAY FROM emp WHERE id = 1",
      "SELECT '2019-01-31', DATE '2019-02-01'",
    ],
    [
      'SELECT id, lag(id) OVER (ORDER BY id), sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM emp ORDER BY id',
      'SELECT id, lag(id) OVER (ORDER BY id), sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM emp ORDER BY id',
    ],
  ],
  noql: [
    [
      'SELECT id, name FROM emp ORDER BY id LIMIT 2',
      'SELECT id, name FROM emp ORDER BY id LIMIT 2',
    ],
    ["SELECT CONCAT(name, '!') FROM emp ORDER BY id", "SELECT name || '!' FROM emp ORDER BY id"],
    [
      'SELECT UPPER(name), LOWER(name), SUBSTR(name, 1, 2) FROM emp ORDER BY id',
      'SELECT upper(name), lower(name), substr(name, 1, 2) FROM emp ORDER BY id',
    ],
    [
      'SELECT dept_id, COUNT(*), SUM(salary), MIN(salary) FROM emp GROUP BY dept_id ORDER BY dept_id',
      'SELECT dept_id, count(*), sum(salary), min(salary) FROM emp GROUP BY dept_id ORDER BY dept_id',
    ],
    [
      "SELECT CASE WHEN dept_id = 1 THEN 'a' ELSE 'b' END AS c FROM emp ORDER BY id",
      "SELECT CASE WHEN dept_id = 1 THEN 'a' ELSE 'b' END FROM emp ORDER BY id",
    ],
    [
      'SELECT e.name, d.name AS dn FROM emp e INNER JOIN dept d ON e.dept_id = d.id ORDER BY e.id',
      'SELECT e.name, d.name FROM emp e JOIN dept d ON e.dept_id = d.id ORDER BY e.id',
    ],
    [
      'SELECT EXTRACT(year FROM hired) FROM emp ORDER BY id',
      'SELECT year(hired) FROM emp ORDER BY id',
    ],
    [
      "SELECT COALESCE(note, 'x'), '7'::int FROM emp ORDER BY id",
      "SELECT coalesce(note, 'x'), 7 FROM emp ORDER BY id",
    ],
    ['SELECT unset(_id), name FROM emp', /unset/i],
    ["SELECT FIELD_EXISTS('note', true) FROM emp", /field_exists/i],
  ],
}
