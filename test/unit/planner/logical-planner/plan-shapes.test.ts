import { describe, expect, test } from 'vitest'
import { describeInput, describeOutput } from '../../../../src/planner/logical-planner/describe.js'
import { parseStatement } from '../../../../src/planner/parser/parser.js'
import { typeName } from '../../../../src/spi/index.js'
import { plan, planError, planLines, planningOptions } from '../plan-query.js'

describe('queries', () => {
  test('a scan has all columns, coercions are casts', async () => {
    expect(await planLines('SELECT name FROM nation WHERE nationkey > 3')).toBe(
      `output name = name
  filter nationkey > cast(3 as bigint)
    tableScan nation`,
    )
  })

  test('columns without a name are numbered, the others keep the case they are written in', async () => {
    const { columns } = await plan('SELECT 1, Name, name AS "N", nation.nationkey FROM nation')
    expect(columns.map((c) => `${c.name} ${typeName(c.type)}`)).toEqual([
      '_col0 integer',
      'Name varchar(25)',
      'N varchar(25)',
      'nationkey bigint',
    ])
  })

  test('hidden columns are read by name only', async () => {
    expect((await plan('SELECT * FROM region')).columns.map((c) => c.name)).toEqual([
      'regionkey',
      'name',
      'comment',
    ])
    expect((await plan('SELECT row_number FROM region')).columns).toHaveLength(1)
  })

  test('ORDER BY, OFFSET and LIMIT stand in this order above the projection', async () => {
    expect(
      await planLines('SELECT name AS x FROM region ORDER BY x DESC, regionkey OFFSET 1 LIMIT 2'),
    ).toBe(
      `output x = name
  limit 2
    offset 1
      sort name desc, regionkey
        tableScan region`,
    )
  })

  test('ORDER BY of a subquery without LIMIT orders nothing', async () => {
    expect(await planLines('SELECT * FROM (SELECT name FROM region ORDER BY 1)')).not.toContain(
      'sort',
    )
    expect(await planLines('SELECT * FROM (SELECT name FROM region ORDER BY 1 LIMIT 1)')).toContain(
      'sort name',
    )
  })

  test('a WITH query used twice is planned twice', async () => {
    expect(
      await planLines(
        'WITH r AS (SELECT regionkey AS k FROM region) SELECT a.k FROM r a JOIN r b ON a.k = b.k',
      ),
    ).toBe(
      `output k = regionkey
  join inner regionkey = regionkey_1
    tableScan region
    tableScan region`,
    )
  })

  test('a recursion is unrolled, and fails where rows are left', async () => {
    const text = await planLines(
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t',
      planningOptions([], { maxRecursionDepth: 2 }),
    )
    const sources = text.match(/^ {4}\S+/gm)?.map((line) => line.trim())
    expect(sources).toEqual(['project', 'project', 'project', 'filter'])
    expect(text).toContain('fail(13, "Recursion depth limit exceeded (2).')
  })
})

describe('aggregations', () => {
  test('keys and arguments are projected below, equal calls are computed once', async () => {
    expect(
      await planLines(
        'SELECT regionkey + 1, sum(nationkey * 2), 1 + sum(nationkey * 2) FROM nation GROUP BY regionkey + 1',
      ),
    ).toBe(
      `output _col0 = add, _col1 = sum, _col2 = add_1
  project add_1 := $add(cast(1 as bigint), sum)
    aggregation [add] sum := sum(multiply)
      project add := $add(regionkey, cast(1 as bigint)), multiply := $multiply(nationkey, cast(2 as bigint))
        tableScan nation`,
    )
  })

  test('DISTINCT and FILTER stay with the call', async () => {
    expect(
      await planLines(
        'SELECT count(DISTINCT regionkey), count(*) FILTER (WHERE nationkey > regionkey) FROM nation',
      ),
    ).toBe(
      `output _col0 = count, _col1 = count_1
  aggregation [] count := count(distinct regionkey) count_1 := count() filter expr
    project expr := nationkey > regionkey
      tableScan nation`,
    )
  })

  test('grouping sets go through GroupId', async () => {
    expect(
      await planLines(
        'SELECT regionkey, name, count(nationkey), grouping(regionkey, name) FROM nation GROUP BY ROLLUP (regionkey, name)',
      ),
    ).toBe(
      `output regionkey = regionkey_gid, name = name_gid, _col2 = count, _col3 = grouping
  project grouping := case groupid = 0n: 0; groupid = 1n: 1 else 3
    aggregation [regionkey_gid, name_gid, groupid] count := count(nationkey) global 2
      groupId (regionkey_gid, name_gid) (regionkey_gid) ()
        tableScan nation`,
    )
  })
})

describe('joins', () => {
  test('equalities are criteria, other conditions of an outer join its filter', async () => {
    expect(
      await planLines(
        'SELECT n.name FROM nation n LEFT JOIN region r ON n.regionkey + 1 = r.regionkey AND n.name < r.name',
      ),
    ).toBe(
      `output name = name
  join left add = regionkey_1 filter name < name_1
    project add := $add(regionkey, cast(1 as bigint))
      tableScan nation
    tableScan region`,
    )
  })

  test('USING gives the column once, and of a full join whichever side has it', async () => {
    const { columns } = await plan('SELECT * FROM nation JOIN region USING (regionkey)')
    expect(columns.map((c) => c.name)).toEqual([
      'regionkey',
      'nationkey',
      'name',
      'comment',
      'name',
      'comment',
    ])
    expect(await planLines('SELECT regionkey FROM nation FULL JOIN region USING (regionkey)')).toBe(
      `output regionkey = regionkey_2
  project regionkey_2 := coalesce(regionkey, regionkey_1)
    join full regionkey = regionkey_1
      tableScan nation
      tableScan region`,
    )
  })

  test('LATERAL is a correlated join', async () => {
    expect(
      await planLines('SELECT x FROM nation n CROSS JOIN LATERAL (SELECT n.nationkey AS x)'),
    ).toBe(
      `output x = expr
  correlatedJoin inner [nationkey] on true
    tableScan nation
    project expr := nationkey
      values 1 rows`,
    )
  })
})

describe('subqueries', () => {
  test('a scalar one is joined as a single row, once though written twice', async () => {
    expect(
      await planLines(
        'SELECT (SELECT max(regionkey) FROM region), 1 + (SELECT max(regionkey) FROM region) FROM nation',
      ),
    ).toBe(
      `output _col0 = max, _col1 = add
  project add := $add(1n, max)
    correlatedJoin inner [] on true
      tableScan nation
      enforceSingleRow
        aggregation [] max := max(regionkey_1)
          tableScan region`,
    )
  })

  test('IN and EXISTS are applied, with their correlation', async () => {
    expect(
      await planLines(
        'SELECT name FROM nation n WHERE regionkey IN (SELECT regionkey FROM region) OR EXISTS (SELECT 1 FROM region r WHERE r.regionkey = n.nationkey)',
      ),
    ).toBe(
      `output name = name
  filter (expr or expr_2)
    apply [nationkey] expr_2 := exists
      apply [] expr := regionkey in regionkey_1
        tableScan nation
        tableScan region
      project expr_1 := 1
        filter regionkey_2 = nationkey
          tableScan region`,
    )
  })

  test('a correlation through two levels is one of both', async () => {
    const text = await planLines(
      'SELECT (SELECT count(*) FROM region r WHERE EXISTS (SELECT 1 FROM orders o WHERE o.custkey = n.nationkey AND o.orderkey = r.regionkey)) FROM nation n',
    )
    expect(text).toContain('correlatedJoin inner [nationkey]')
    expect(text).toMatch(/apply \[nationkey, regionkey_1\]|apply \[regionkey_1, nationkey\]/)
  })
})

describe('set operations', () => {
  test('UNION is a distinct aggregation over all rows, in common types', async () => {
    expect(await planLines('SELECT nationkey AS k FROM nation UNION SELECT 1')).toBe(
      `output k = k
  aggregation [k]
    setOperation union k
      tableScan nation
      project expr_1 := cast(expr as bigint)
        project expr := 1
          values 1 rows`,
    )
  })

  test('EXCEPT carries its own DISTINCT', async () => {
    expect(await planLines('SELECT name FROM nation EXCEPT SELECT name FROM region')).toContain(
      'setOperation except distinct name',
    )
  })
})

describe('writes', () => {
  test('CREATE TABLE AS', async () => {
    const logical = await plan('CREATE TABLE memory.default.t AS SELECT 1 AS A, name FROM nation')
    expect(logical.updateType).toBe('CREATE TABLE')
    expect(logical.columns.map((c) => c.name)).toEqual(['rows'])
    const finish = logical.root.source
    expect(finish.kind === 'tableFinish' && finish.target).toMatchObject({
      kind: 'create',
      catalog: 'memory',
      handle: {
        name: { catalog: 'memory', schema: 'default', name: 't' },
        saveMode: 'FAIL',
        columns: [{ name: 'a' }, { name: 'name' }],
      },
    })
  })

  test('INSERT casts to the columns and gives NULL to those left out', async () => {
    expect(await planLines("INSERT INTO region (name, regionkey) VALUES ('x', 1)")).toBe(
      `output rows = rows
  tableFinish
    tableWriter
      project regionkey := cast(field_1 as bigint), name := cast(field as varchar(25)), comment := null
        values 1 rows`,
    )
  })
})

describe('views', () => {
  const view = (sql: string) => ({
    kind: 'view' as const,
    name: { catalog: 'memory', schema: 'default', name: 'v' },
    sql,
    catalog: 'tpch',
    schema: 'tiny',
    columns: [{ name: 'k', type: { kind: 'bigint' as const } }],
  })

  test('names in it are those of the session it was made in', async () => {
    const options = planningOptions([view('SELECT regionkey AS k FROM region')], {
      session: { user: 'u', catalog: 'memory', schema: 'default', timeZone: 'UTC', startMillis: 0 },
    })
    expect(await planLines('SELECT v.k FROM v', options)).toBe(
      `output k = regionkey
  tableScan region`,
    )
  })

  test('a view that is out of date says so', async () => {
    const options = planningOptions([view('SELECT name AS k FROM region')])
    expect(await planError('SELECT 1, k FROM memory.default.v', options)).toMatch(
      /^VIEW_IS_STALE 1:18 View 'memory.default.v' is stale/,
    )
    const broken = planningOptions([view('SELECT nope AS k FROM region')])
    expect(await planError('SELECT 1 FROM memory.default.v', broken)).toMatch(/^INVALID_VIEW 1:15/)
  })
})

describe('prepared statements', () => {
  test('parameters are values, or typed by what is around them', async () => {
    const options = planningOptions([], {
      parameters: [{ kind: 'constant', type: { kind: 'bigint' }, value: 7n }],
    })
    expect(await planLines('SELECT name FROM nation WHERE nationkey = ?', options)).toContain(
      'nationkey = 7n',
    )
    const statement = parseStatement(
      'SELECT ? FROM nation WHERE nationkey = ? AND name < ? LIMIT ?',
    )
    const types = await describeInput(statement, planningOptions())
    expect(types.map(typeName)).toEqual(['unknown', 'bigint', 'varchar(25)', 'bigint'])
  })

  test('the columns of the result and where they come from', async () => {
    const statement = parseStatement('SELECT name, regionkey AS r, 1 FROM nation')
    expect(await describeOutput(statement, planningOptions())).toMatchObject([
      { name: 'name', aliased: false, origin: { schema: 'tiny', name: 'nation' } },
      { name: 'r', aliased: true, origin: { name: 'nation' } },
      { name: '_col2', aliased: false },
    ])
  })

  test('what depends on the clock is told', async () => {
    expect((await plan('SELECT name FROM nation')).isDeterministic).toBe(true)
    expect((await plan('SELECT now()')).isDeterministic).toBe(false)
  })
})
