import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { Millrace } from '../../../../src/engine/millrace.js'
import { parseAccessRules } from '../../../../src/engine/security/access-rules.js'
import { startServer } from '../../../../src/server/server.js'
import { asUsers, denied } from '../../../support/as-users.js'
import { follow } from '../../../support/protocol-client.js'

const RULES = {
  catalogs: [
    { user: 'root', allow: 'owner' },
    { user: 'nobody', allow: 'none' },
    { user: 'reader', allow: 'read-only' },
    { catalog: 'memory|tpch', allow: 'all' },
  ],
  schemas: [{ user: 'root', owner: true }],
  tables: [
    {
      user: 'root',
      privileges: ['SELECT', 'INSERT', 'DELETE', 'UPDATE', 'OWNERSHIP', 'GRANT_SELECT'],
    },
    {
      user: 'clerk',
      table: 'staff',
      privileges: ['SELECT', 'INSERT', 'DELETE', 'UPDATE'],
      filter: "dept = 'sales'",
    },
    {
      user: 'boss|mine',
      table: 'staff',
      privileges: ['SELECT'],
      filter: 'name = current_user',
    },
    {
      group: 'auditors',
      table: 'staff',
      privileges: ['SELECT'],
      columns: [
        { name: 'pay', mask: 'if(pay > 150, -1, pay)' },
        { name: 'name', mask: "CAST(substr(name, 1, 1) || '***' AS varchar(4))" },
        { name: 'secret', allow: false },
      ],
    },
    {
      user: 'teller',
      table: 'staff',
      privileges: ['SELECT'],
      columns: [
        { name: 'name', mask: 'secret' },
        { name: 'secret', allow: false },
      ],
    },
    {
      user: 'hider',
      table: 'staff',
      privileges: ['SELECT'],
      filter: "secret = 's1'",
      filter_environment: { user: 'root' },
      columns: [{ name: 'secret', allow: false }],
    },
    {
      user: 'looker',
      table: 'staff',
      privileges: ['SELECT'],
      filter: 'dept IN (SELECT dept FROM memory.default.depts WHERE open)',
      filter_environment: { user: 'root' },
    },
    {
      user: 'stranger',
      table: 'staff',
      privileges: ['SELECT'],
      filter: 'dept IN (SELECT dept FROM depts)',
    },
    {
      user: 'looper',
      table: 'staff',
      privileges: ['SELECT'],
      filter: 'EXISTS (SELECT 1 FROM staff)',
    },
    { user: 'broken', table: 'staff', privileges: ['SELECT'], filter: 'no_such_column = 1' },
    { user: 'unparsed', table: 'staff', privileges: ['SELECT'], filter: '1 = )' },
    { user: 'counting', table: 'staff', privileges: ['SELECT'], filter: 'count(*) > 0' },
    {
      user: 'mistyped',
      table: 'staff',
      privileges: ['SELECT'],
      columns: [{ name: 'pay', mask: "'x'" }],
    },
    { user: 'granter', table: 'staff', privileges: ['SELECT', 'GRANT_SELECT'] },
    { user: 'reader', privileges: ['SELECT', 'INSERT'] },
    { catalog: 'system', privileges: ['SELECT'] },
    { table: 'names_of_all|plain_view', privileges: ['SELECT'] },
  ],
  functions: [{ user: 'clerk|root', function: 'twice', privileges: ['EXECUTE', 'OWNERSHIP'] }],
  queries: [{ user: 'silent', allow: [] }, { allow: ['execute', 'view', 'kill'] }],
  impersonation: [{ original_user: '(.*)_backend', new_user: '$1_app' }],
  system_session_properties: [{ user: 'root', allow: true }],
  authorization: [{ original_user: 'root', new_user: 'bob', allow: true }],
}

let engine: Millrace
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-rules-'))
  writeFileSync(join(folder, 'rules.json'), JSON.stringify({ access: RULES }))
  const queries = {
    queries: [{ user: 'watcher', allow: ['execute', 'view'] }, { allow: ['execute'] }],
    impersonation: RULES.impersonation,
    system_session_properties: [],
  }
  writeFileSync(join(folder, 'queries.json'), JSON.stringify(queries))
  engine = await Millrace.create({
    threads: 0,
    user: 'root',
    groups: { auditors: ['ann'] },
    catalogs: { tpch: { 'connector.name': 'tpch' } },
    accessControl: {
      'access-control.name': 'file',
      'security.config-file': join(folder, 'rules.json'),
      'security.json-pointer': '/access',
    },
  })
  await engine.execute(
    `CREATE TABLE staff AS SELECT * FROM (VALUES
       ('ann', 'sales', 100, 's1'), ('boss', 'board', 300, 's2'), ('cid', 'sales', 200, 's3')
     ) AS t(name, dept, pay, secret)`,
  )
  await engine.execute(
    "CREATE TABLE depts AS SELECT * FROM (VALUES ('sales', false), ('board', true)) AS t(dept, open)",
  )
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true })
})

const { as, outcome } = asUsers(() => engine)

describe('rules of catalogs, schemas and tables', () => {
  it.each([
    ['nobody', 'SELECT * FROM staff', 'Cannot access catalog memory'],
    ['nobody', 'USE memory.default', 'Cannot access catalog memory'],
    ['other', 'SELECT name FROM staff', 'Cannot select from table memory.default.staff'],
    ['other', 'SELECT name FROM tpch.tiny.nation', 'Cannot select from table tpch.tiny.nation'],
    ['reader', 'INSERT INTO depts VALUES (1, 2)', 'TYPE_MISMATCH'],
    [
      'reader',
      "INSERT INTO depts VALUES ('x', true)",
      'Cannot insert into table memory.default.depts',
    ],
    ['reader', 'DELETE FROM depts', 'Cannot delete from table memory.default.depts'],
    ['reader', 'CREATE SCHEMA memory.mine', 'Cannot create schema memory.mine'],
    ['reader', 'CREATE TABLE mine (x integer)', 'Cannot create table memory.default.mine'],
    [
      'reader',
      "SET SESSION join_reordering_strategy = 'NONE'",
      'Cannot set system session property join_reordering_strategy',
    ],
    ['silent', 'SELECT 1', 'Cannot execute query'],
    [
      'root',
      'ALTER TABLE staff SET AUTHORIZATION USER eve',
      'Cannot set authorization for table memory.default.staff to USER eve',
    ],
    ['ann', 'SELECT secret FROM staff', 'Cannot select from table memory.default.staff'],
    ['ann', 'SELECT * FROM staff', 'Cannot select from table memory.default.staff'],
  ])('%s: %s', async (user, sql, message) => {
    const found = String(await outcome(user, sql))
    expect(found.replace('Access Denied: ', '')).toMatch(message)
  })

  it('only what may be seen is shown', async () => {
    expect(await as('nobody', 'SHOW CATALOGS')).toEqual([])
    expect(await as('ann', 'SHOW CATALOGS')).toEqual([['memory'], ['system'], ['tpch']])
    expect(await as('ann', 'SHOW TABLES')).toEqual([['staff']])
    expect(await as('ann', 'SHOW SCHEMAS FROM memory')).toEqual([
      ['default'],
      ['information_schema'],
    ])
    const columns = (await as('ann', 'DESCRIBE staff')) as readonly string[][]
    expect(columns.map(([name]) => name)).toEqual(['name', 'dept', 'pay'])
    const sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'default'"
    expect(await as('ann', sql)).toEqual([['staff']])
    expect(await as('root', `${sql} ORDER BY 1`)).toEqual([['depts'], ['staff']])
    const jdbc =
      "SELECT table_name FROM system.jdbc.tables WHERE table_cat = 'memory' AND table_schem = 'default'"
    expect(await as('ann', jdbc)).toEqual([['staff']])
  })

  it('a definer view needs a right to pass on, and functions one to be called', async () => {
    await as('root', 'CREATE VIEW plain_view AS SELECT name FROM staff')
    expect(await as('other', 'SELECT name FROM plain_view ORDER BY 1')).toEqual([
      ['ann'],
      ['boss'],
      ['cid'],
    ])
    expect(await outcome('granter', 'CREATE VIEW v AS SELECT name FROM staff')).toBe(
      denied('Cannot create view memory.default.v'),
    )
    await as('root', 'CREATE FUNCTION memory.default.twice(x integer) RETURNS integer RETURN x * 2')
    expect(await as('clerk', 'SELECT memory.default.twice(4)')).toEqual([[8]])
    expect(await outcome('ann', 'SELECT memory.default.twice(4)')).toBe(
      denied('Cannot execute function memory.default.twice'),
    )
    expect(await outcome('ann', 'DROP FUNCTION memory.default.twice(integer)')).toBe(
      denied('Cannot drop function memory.default.twice'),
    )
  })
})

describe('row filters', () => {
  it('hide rows, wherever the table is read', async () => {
    expect(await as('clerk', 'SELECT name FROM staff ORDER BY 1')).toEqual([['ann'], ['cid']])
    expect(await as('clerk', 'SELECT count(*), sum(pay) FROM staff')).toEqual([[2n, 300n]])
    expect(await as('clerk', "SELECT count(*) FROM staff WHERE dept <> 'sales'")).toEqual([[0n]])
    const joined =
      "SELECT v.n, s.pay FROM (VALUES 'ann', 'boss') AS v(n) LEFT JOIN staff AS s ON s.name = v.n ORDER BY 1"
    expect(await as('clerk', joined)).toEqual([
      ['ann', 100],
      ['boss', null],
    ])
    expect(await as('clerk', "SELECT EXISTS (SELECT 1 FROM staff WHERE name = 'boss')")).toEqual([
      [false],
    ])
    expect(await as('clerk', 'WITH s AS (TABLE staff) SELECT max(pay) FROM s')).toEqual([[200]])
  })

  it('are of the user who asks, also when a kept plan is used', async () => {
    const sql = 'SELECT name FROM staff'
    expect(await as('boss', sql)).toEqual([['boss']])
    expect(await as('mine', sql)).toEqual([])
    expect(await as('boss', sql)).toEqual([['boss']])
  })

  it('may read other tables, as whom they say', async () => {
    expect(await as('looker', 'SELECT name FROM staff')).toEqual([['boss']])
    expect(await outcome('looker', 'SELECT dept FROM depts')).toMatch('Cannot select')
    expect(await outcome('stranger', 'SELECT name FROM staff')).toBe(
      denied('Cannot select from table memory.default.depts'),
    )
  })

  it('may read columns that are hidden, as whom they say', async () => {
    const refused = denied('Cannot select from table memory.default.staff')
    expect(await outcome('teller', 'SELECT name FROM staff')).toBe(refused)
    expect(await outcome('teller', 'SELECT count(*) FROM staff')).toBe(refused)
    expect(await outcome('hider', 'SELECT secret FROM staff')).toBe(refused)
    expect(await as('hider', 'SELECT name FROM staff')).toEqual([['ann']])
  })

  it('that are wrong fail the query where it names the table', async () => {
    const failing = async (user: string): Promise<unknown> => {
      const error = await as(user, 'SELECT name\nFROM staff').catch((e: unknown) => e)
      const { code, message, location } = error as Record<string, unknown>
      return { code, message, location }
    }
    expect(await failing('looper')).toEqual({
      code: 'INVALID_ROW_FILTER',
      message:
        "Invalid row filter for 'memory.default.staff': Row filter for 'memory.default.staff' is recursive",
      location: { line: 2, column: 6 },
    })
    expect(await failing('broken')).toEqual({
      code: 'COLUMN_NOT_FOUND',
      message:
        "Invalid row filter for 'memory.default.staff': Column 'no_such_column' cannot be resolved",
      location: { line: 2, column: 6 },
    })
    expect(await failing('unparsed')).toEqual({
      code: 'INVALID_ROW_FILTER',
      message: expect.stringMatching(
        "^Invalid row filter for 'memory.default.staff': mismatched input",
      ),
      location: { line: 2, column: 6 },
    })
    expect(await failing('counting')).toMatchObject({
      code: 'EXPRESSION_NOT_SCALAR',
      message:
        "Row filter for 'memory.default.staff' cannot contain aggregations, window functions or grouping operations: [count(*)]",
    })
    expect(await failing('mistyped')).toEqual({
      code: 'TYPE_MISMATCH',
      message:
        "Expected column mask for 'memory.default.staff.pay' to be of type integer, but was varchar(1)",
      location: { line: 2, column: 6 },
    })
  })

  it('hold for what is deleted and inserted', async () => {
    await as(
      'root',
      "INSERT INTO staff VALUES ('dan', 'sales', 1, 's4'), ('eva', 'board', 1, 's5')",
    )
    expect(await as('clerk', 'DELETE FROM staff WHERE pay = 1')).toEqual([[1n]])
    expect(await as('root', 'SELECT name FROM staff WHERE pay = 1')).toEqual([['eva']])
    await as('root', 'DELETE FROM staff WHERE pay = 1')
    expect(await as('clerk', "INSERT INTO staff (name, dept) VALUES ('fay', 'sales')")).toEqual([
      [1n],
    ])
    const refused = denied('Cannot insert row that does not match a row filter')
    expect(await outcome('clerk', "INSERT INTO staff VALUES ('gus', 'board', 1, '')")).toBe(refused)
    expect(await outcome('clerk', "INSERT INTO staff (name) VALUES ('gus')")).toBe(refused)
    expect(await as('root', 'SELECT count(*) FROM staff')).toEqual([[4n]])
    await as('root', "DELETE FROM staff WHERE name = 'fay'")
    expect(await outcome('clerk', 'UPDATE staff SET pay = 1')).toBe(
      'NOT_SUPPORTED: Updating a table with a row filter is not supported',
    )
  })
})

describe('column masks', () => {
  it('take the place of values', async () => {
    expect(await as('ann', 'SELECT name, pay FROM staff ORDER BY dept, pay')).toEqual([
      ['b***', -1],
      ['c***', -1],
      ['a***', 100],
    ])
    expect(await as('ann', 'SELECT sum(pay), min(name) FROM staff')).toEqual([[98n, 'a***']])
    expect(await as('ann', 'SELECT name FROM staff WHERE pay = 300')).toEqual([])
    expect(await as('ann', "SELECT pay FROM staff WHERE name = 'c***'")).toEqual([[-1]])
    expect(await as('ann', 'SELECT count(*) FROM staff AS a JOIN staff AS b USING (pay)')).toEqual([
      [5n],
    ])
  })

  it('are those of who makes a view, where it runs as him', async () => {
    await as('root', 'CREATE VIEW names_of_all AS SELECT name FROM staff')
    expect(await as('ann', 'SELECT name FROM names_of_all ORDER BY 1')).toEqual([
      ['ann'],
      ['boss'],
      ['cid'],
    ])
    await as(
      'root',
      'CREATE OR REPLACE VIEW names_of_all SECURITY INVOKER AS SELECT name FROM staff',
    )
    expect(await as('ann', 'SELECT name FROM names_of_all ORDER BY 1')).toEqual([
      ['a***'],
      ['b***'],
      ['c***'],
    ])
  })
})

describe('users', () => {
  it('may be others where rules say so', async () => {
    expect(await outcome('root', 'SET SESSION AUTHORIZATION eve')).toBe(
      denied('User root cannot impersonate user eve'),
    )
    const session = await Millrace.create({
      threads: 0,
      user: 'shop_backend',
      accessControl: {
        'access-control.name': 'file',
        'security.config-file': join(folder, 'rules.json'),
        'security.json-pointer': '/access',
      },
    })
    try {
      const user = async () =>
        (await session.query<{ u: string }>('SELECT current_user AS u').all())[0]!.u
      await session.execute('SET SESSION AUTHORIZATION shop_app')
      expect(await user()).toBe('shop_app')
      await expect(session.execute('SET SESSION AUTHORIZATION other')).rejects.toThrow(
        'Access Denied: User shop_backend cannot impersonate user other',
      )
      await session.execute('RESET SESSION AUTHORIZATION')
      expect(await user()).toBe('shop_backend')
    } finally {
      await session.close()
    }
  })

  it('over HTTP are whom their headers name, and see and end queries as rules say', async () => {
    const inner = await Engine.create({
      threads: 0,
      catalogs: { tpch: { 'connector.name': 'tpch' } },
      accessControl: {
        'access-control.name': 'file',
        'security.config-file': join(folder, 'queries.json'),
      },
    })
    const server = await startServer(inner, { port: 0 })
    try {
      const sql = 'SELECT count(*) FROM tpch.tiny.nation'
      const ask = async (headers: Readonly<Record<string, string>>) =>
        (await follow(server.url, sql, headers)).at(-1)!.body.error?.message ?? 'answered'
      expect(await ask({ 'x-trino-user': 'shop_backend' })).toBe('answered')
      expect(
        await ask({ 'x-trino-user': 'shop_app', 'x-trino-original-user': 'shop_backend' }),
      ).toBe('answered')
      expect(await ask({ 'x-trino-user': 'shop_app', 'x-trino-original-user': 'eve' })).toBe(
        denied('User eve cannot impersonate user shop_app'),
      )
      expect(await ask({ 'x-trino-user': 'eve', 'x-trino-session': 'query_max_run_time=5m' })).toBe(
        denied('Cannot set system session property query_max_run_time'),
      )
      const seen = async (user: string): Promise<readonly string[]> => {
        const response = await fetch(`${server.url}/v1/query`, {
          headers: { 'x-trino-user': user },
        })
        const queries = (await response.json()) as { session: { user: string } }[]
        return [...new Set(queries.map(({ session }) => session.user))].sort()
      }
      expect(await seen('shop_app')).toEqual(['shop_app'])
      expect(await seen('watcher')).toEqual(['eve', 'shop_app', 'shop_backend'])
      const own = 'SELECT DISTINCT user FROM system.runtime.queries'
      const pages = await follow(server.url, own, { 'x-trino-user': 'shop_app' })
      expect(pages.flatMap(({ body }) => body.data ?? [])).toEqual([['shop_app']])
    } finally {
      await server.close()
      await inner.close()
    }
  })
})

it('rules that are none stop the start', () => {
  const problem = (rules: unknown): string => {
    try {
      parseAccessRules(rules)
    } catch (error) {
      return (error as Error).message
    }
    return 'none'
  }
  expect(problem([])).toBe('Access rules: the file must be an object')
  expect(problem({ table: [] })).toBe('Access rules: the file has no field: table')
  expect(problem({ tables: [{ priviliges: [] }] })).toBe(
    'Access rules: tables[0] has no field: priviliges',
  )
  expect(problem({ tables: [{}] })).toBe('Access rules: tables[0] has no privileges')
  expect(problem({ tables: [{ privileges: ['READ'] }] })).toMatch('must be one of SELECT')
  expect(problem({ catalogs: [{ user: '(', allow: 'all' }] })).toBe(
    'Access rules: catalogs[0].user is no pattern: (',
  )
  expect(problem({ queries: [{ queryOwner: 'x', allow: ['execute'] }] })).toMatch(
    "can't allow execute",
  )
  expect(problem({})).toBe('none')
})

it('everybody may read, and nobody write, where access is read-only', async () => {
  const quiet = await Millrace.create({
    threads: 0,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
    accessControl: { 'access-control.name': 'read-only' },
  })
  try {
    expect(await quiet.query('SELECT count(*) AS n FROM tpch.tiny.nation').all()).toEqual([
      { n: 25n },
    ])
    await expect(quiet.execute('CREATE TABLE t (x integer)')).rejects.toThrow(
      'Access Denied: Cannot create table memory.default.t',
    )
    await expect(quiet.execute('CREATE TABLE t AS SELECT 1 AS x')).rejects.toThrow(
      'Access Denied: Cannot create table memory.default.t',
    )
  } finally {
    await quiet.close()
  }
})
