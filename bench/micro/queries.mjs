/**
 * Tables beside TPC-H's: keys of several cardinalities and skews, timestamps, texts of numbers, JSON; lineitem's rows. What dialects say
 * differently is written for each.
 */
export const MICRO_TABLES = [
  `CREATE TABLE facts AS SELECT l_orderkey AS id, l_linenumber AS line,
    CAST(l_orderkey % 10 AS INTEGER) AS k10, CAST(l_partkey % 1000 AS INTEGER) AS k1000,
    l_partkey AS k200000, l_orderkey AS k1500000,
    CASE WHEN l_partkey % 10 < 9 THEN l_partkey % 3 ELSE l_partkey END AS skewed,
    (l_orderkey * 7919 + l_linenumber * 104729) % 1000003 AS shuffled,
    CASE WHEN l_partkey % 5 = 0 THEN NULL ELSE l_suppkey END AS nullable,
    CAST(l_extendedprice AS DOUBLE) AS price, l_shipmode AS mode FROM lineitem`,
  {
    millrace: `CREATE TABLE events AS SELECT o_orderkey AS id,
      date_add('second', CAST(o_orderkey % 86400 AS BIGINT), CAST(o_orderdate AS TIMESTAMP(6))) AS moment,
      CAST(o_orderkey AS VARCHAR) AS digits,
      '{"id":' || CAST(o_orderkey AS VARCHAR) || ',"who":{"clerk":"' || o_clerk || '"},"tags":["' || o_orderpriority || '","x"]}' AS doc
      FROM orders`,
    duckdb: `CREATE TABLE events AS SELECT o_orderkey AS id,
      CAST(o_orderdate AS TIMESTAMP) + to_seconds(o_orderkey % 86400) AS moment,
      CAST(o_orderkey AS VARCHAR) AS digits,
      '{"id":' || CAST(o_orderkey AS VARCHAR) || ',"who":{"clerk":"' || o_clerk || '"},"tags":["' || o_orderpriority || '","x"]}' AS doc
      FROM orders`,
  },
]

const group = (name, queries) =>
  Object.entries(queries).map(([of, sql]) => ({ group: name, name: of, sql }))

/** Each gives few rows, so that making JavaScript values is no part of it; answers are compared. */
export const MICRO_QUERIES = [
  ...group('filter', {
    '2% of a clustered date': `SELECT count(*) FROM lineitem WHERE l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1995-02-15'`,
    '50% of integers': 'SELECT count(*) FROM lineitem WHERE l_partkey < 100000',
    'integers, a sum after it': 'SELECT sum(l_orderkey) FROM lineitem WHERE l_suppkey % 7 = 3',
    'three conditions': `SELECT count(*) FROM lineitem WHERE l_quantity < 24 AND l_discount BETWEEN 0.05 AND 0.07 AND l_shipdate >= DATE '1994-01-01'`,
    'IN of 8':
      'SELECT count(*) FROM lineitem WHERE l_linenumber IN (1, 3, 5) OR l_suppkey IN (1, 10, 100, 1000, 10000)',
    'with NULLs': 'SELECT count(*) FROM facts WHERE nullable > 5000 OR nullable IS NULL',
  }),
  ...group('project', {
    'integer arithmetic': 'SELECT sum(l_orderkey * 3 + l_linenumber - l_suppkey) FROM lineitem',
    'double arithmetic': 'SELECT min(price * 1.5e0 + id), max(price / 3e0 - line) FROM facts',
    CASE: `SELECT sum(CASE WHEN l_quantity > 25 THEN 1 WHEN l_discount > 0.05 THEN 2 ELSE 3 END) FROM lineitem`,
    'math functions': 'SELECT max(sqrt(price)), min(ln(price)), max(floor(price / 7)) FROM facts',
  }),
  ...group('group by', {
    none: 'SELECT count(*), sum(k10), min(k1000), max(id) FROM facts',
    '10 groups': 'SELECT k10, count(*), sum(line) FROM facts GROUP BY k10',
    '1,000 groups':
      'SELECT max(c), sum(s), count(*) FROM (SELECT k1000, count(*) c, sum(line) s FROM facts GROUP BY k1000) t',
    '200,000 groups':
      'SELECT max(c), sum(s), count(*) FROM (SELECT k200000, count(*) c, sum(line) s FROM facts GROUP BY k200000) t',
    '1,500,000 groups':
      'SELECT max(c), sum(s), count(*) FROM (SELECT k1500000, count(*) c, sum(line) s FROM facts GROUP BY k1500000) t',
    '1,000,000 hashed groups':
      'SELECT max(c), count(*) FROM (SELECT shuffled * 7919000003 AS k, count(*) c FROM facts GROUP BY 1) t',
    'two keys':
      'SELECT max(c), count(*) FROM (SELECT k1000, mode, count(*) c FROM facts GROUP BY k1000, mode) t',
    'text key': 'SELECT mode, count(*) FROM facts GROUP BY mode',
    'long text key':
      'SELECT max(c), count(*) FROM (SELECT o_clerk, count(*) c FROM orders GROUP BY o_clerk) t',
    'count distinct': 'SELECT count(DISTINCT k200000), count(DISTINCT k10) FROM facts',
    'grouping sets':
      'SELECT count(*), sum(c) FROM (SELECT k10, mode, count(*) c FROM facts GROUP BY GROUPING SETS ((k10), (mode), (k10, mode), ())) t',
  }),
  ...group('join', {
    'build of 25':
      'SELECT count(*), max(n_name) FROM supplier, nation WHERE s_nationkey = n_nationkey',
    'build of 10,000':
      'SELECT count(*), sum(s_nationkey) FROM lineitem, supplier WHERE l_suppkey = s_suppkey',
    'build of 200,000':
      'SELECT count(*), sum(p_size) FROM lineitem, part WHERE l_partkey = p_partkey',
    'build of 1,500,000':
      'SELECT count(*), sum(o_custkey) FROM lineitem, orders WHERE l_orderkey = o_orderkey',
    'two keys':
      'SELECT count(*), sum(ps_availqty) FROM lineitem, partsupp WHERE l_partkey = ps_partkey AND l_suppkey = ps_suppkey',
    'skewed probe': 'SELECT count(*), sum(p_size) FROM facts, part WHERE skewed = p_partkey',
    'skewed both':
      'SELECT count(*) FROM (SELECT skewed AS k FROM facts WHERE line = 7) a, (SELECT skewed AS k FROM facts WHERE id < 5000) b WHERE a.k = b.k',
    'semi-join': `SELECT count(*) FROM lineitem WHERE l_partkey IN (SELECT p_partkey FROM part WHERE p_size < 10)`,
    'anti-join': `SELECT count(*) FROM orders WHERE NOT EXISTS (SELECT 1 FROM lineitem WHERE l_orderkey = o_orderkey AND l_quantity > 40)`,
    'left join':
      'SELECT count(*), count(o_orderkey) FROM customer LEFT JOIN orders ON c_custkey = o_custkey',
    'hashed keys':
      'SELECT count(*) FROM (SELECT shuffled * 7919000003 AS k FROM facts WHERE line = 1) a, (SELECT DISTINCT shuffled * 7919000003 AS k FROM facts WHERE line = 2) b WHERE a.k = b.k',
  }),
  ...group('sort', {
    'top 100 of an integer':
      'SELECT sum(shuffled) FROM (SELECT shuffled FROM facts ORDER BY shuffled DESC LIMIT 100) t',
    'top 10 of doubles': 'SELECT price, id FROM facts ORDER BY price DESC, id, line LIMIT 10',
    'all by an integer':
      'SELECT max(n), sum(k) FROM (SELECT o_custkey AS k, row_number() OVER (ORDER BY o_custkey) AS n FROM orders) t',
    'all by two keys':
      'SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY o_orderdate DESC, o_totalprice) AS n FROM orders) t',
    'all by text':
      'SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY o_clerk, o_orderkey) AS n FROM orders) t',
  }),
  ...group('window', {
    'rank in partitions':
      'SELECT sum(r) FROM (SELECT rank() OVER (PARTITION BY o_custkey ORDER BY o_totalprice) AS r FROM orders) t',
    'running sum':
      'SELECT max(s) FROM (SELECT sum(o_totalprice) OVER (PARTITION BY o_custkey ORDER BY o_orderkey) AS s FROM orders) t',
    'moving average of 7':
      'SELECT max(s) FROM (SELECT sum(o_totalprice) OVER (PARTITION BY o_custkey ORDER BY o_orderkey ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING) AS s FROM orders) t',
    'moving maximum of 1,000':
      'SELECT sum(s) FROM (SELECT max(o_totalprice) OVER (ORDER BY o_orderkey ROWS BETWEEN 999 PRECEDING AND CURRENT ROW) AS s FROM orders) t',
    lag: 'SELECT sum(d) FROM (SELECT o_totalprice - lag(o_totalprice) OVER (PARTITION BY o_custkey ORDER BY o_orderkey) AS d FROM orders) t',
  }),
  ...group('strings', {
    'equality, dictionary': `SELECT count(*) FROM lineitem WHERE l_shipmode = 'AIR'`,
    'LIKE, dictionary': `SELECT count(*) FROM part WHERE p_type LIKE '%BRASS'`,
    'LIKE in the middle': `SELECT count(*) FROM orders WHERE o_comment LIKE '%special%requests%'`,
    'LIKE prefix': `SELECT count(*) FROM part WHERE p_name LIKE 'forest%'`,
    length: 'SELECT sum(length(l_comment)) FROM lineitem',
    substring: `SELECT count(*) FROM customer WHERE substring(c_phone, 1, 2) IN ('13', '31', '23', '29')`,
    upper: 'SELECT max(upper(o_comment)) FROM orders',
    concatenate: `SELECT max(o_clerk || '-' || o_orderpriority) FROM orders`,
    replace: `SELECT max(replace(o_comment, 'the', 'THE')) FROM orders`,
    'regular expression': {
      millrace: `SELECT count(*) FROM orders WHERE regexp_like(o_comment, 'sp[aeiou]c.*req')`,
      duckdb: `SELECT count(*) FROM orders WHERE regexp_matches(o_comment, 'sp[aeiou]c.*req')`,
    },
    maximum: 'SELECT max(l_comment) FROM lineitem',
  }),
  ...group('decimals', {
    sum: 'SELECT sum(l_extendedprice) FROM lineitem',
    'product of two': 'SELECT sum(l_extendedprice * (1 - l_discount)) FROM lineitem',
    'product of three':
      'SELECT sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) FROM lineitem',
    comparison: 'SELECT count(*) FROM lineitem WHERE l_extendedprice * l_discount > 1000.00',
    'wide sum': 'SELECT sum(CAST(l_extendedprice AS DECIMAL(38,2))) FROM lineitem',
  }),
  ...group('timestamps', {
    'year of a date':
      'SELECT extract(YEAR FROM l_shipdate) AS y, count(*) FROM lineitem GROUP BY 1',
    'truncated to months': `SELECT max(c), count(*) FROM (SELECT date_trunc('month', moment) AS m, count(*) AS c FROM events GROUP BY 1) t`,
    'hour of a timestamp': 'SELECT extract(HOUR FROM moment) AS h, count(*) FROM events GROUP BY 1',
    'dates and days': `SELECT count(*) FROM lineitem WHERE l_receiptdate > l_shipdate + INTERVAL '14' DAY`,
    'range of timestamps': `SELECT count(*) FROM events WHERE moment BETWEEN TIMESTAMP '1995-01-01 12:00:00' AND TIMESTAMP '1996-01-01 12:00:00'`,
  }),
  ...group('casts', {
    'bigint to double': 'SELECT max(CAST(l_orderkey AS DOUBLE)) FROM lineitem',
    'decimal to double': 'SELECT max(CAST(l_extendedprice AS DOUBLE)) FROM lineitem',
    'bigint to varchar': 'SELECT max(length(CAST(o_orderkey AS VARCHAR))) FROM orders',
    'varchar to bigint': 'SELECT sum(CAST(digits AS BIGINT)) FROM events',
    'date to varchar': 'SELECT max(CAST(o_orderdate AS VARCHAR)) FROM orders',
    'timestamp to date': 'SELECT count(DISTINCT CAST(moment AS DATE)) FROM events',
  }),
  ...group('JSON', {
    'a text': {
      millrace: `SELECT count(DISTINCT json_extract_scalar(doc, '$.who.clerk')) FROM events`,
      duckdb: `SELECT count(DISTINCT json_extract_string(doc, '$.who.clerk')) FROM events`,
    },
    'a number': {
      millrace: `SELECT sum(CAST(json_extract_scalar(doc, '$.id') AS BIGINT)) FROM events`,
      duckdb: `SELECT sum(CAST(json_extract_string(doc, '$.id') AS BIGINT)) FROM events`,
    },
    'length of an array': {
      millrace: `SELECT sum(json_array_length(json_extract(doc, '$.tags'))) FROM events`,
      duckdb: `SELECT sum(json_array_length(doc, '$.tags')) FROM events`,
    },
  }),
]
