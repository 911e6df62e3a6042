import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Millrace, type StatementOptions } from '../../../src/engine/millrace.js'

/** Users of a catalog whose owners, grants and roles count. */
let engine: Millrace

beforeAll(async () => {
  engine = await Millrace.create({
    threads: 0,
    catalogs: {
      memory: {
        'connector.name': 'memory',
        'memory.security': 'sql-standard',
        'memory.security.admins': 'root',
      },
    },
  })
})
afterAll(() => engine.close())

const as = async (
  user: string,
  sql: string,
  options: StatementOptions = {},
): Promise<readonly unknown[]> =>
  engine.query(sql, [], { user, rowMode: 'array', ...options }).all()

/** What a statement answers, or the message with which it is refused. */
const outcome = async (
  user: string,
  sql: string,
  options: StatementOptions = {},
): Promise<unknown> => {
  try {
    return await as(user, sql, options)
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return code === 'PERMISSION_DENIED' ? message : `${code}: ${message}`
  }
}

const denied = (message: string): string => `Access Denied: ${message}`

describe('reading', () => {
  beforeAll(async () => {
    await as(
      'alice',
      `CREATE TABLE people AS SELECT * FROM (VALUES (1, 'ann', 10), (2, 'ben', 20)) AS t(id, name, pay)`,
    )
    await as('alice', 'CREATE TABLE cities AS SELECT 1 AS id, 7 AS city')
  })

  const columns = (list: string, table = 'people'): string =>
    denied(`Cannot select from columns [${list}] in table or view default.${table}`)

  it('is for the owner, and for those to whom it was granted', async () => {
    expect(await outcome('alice', 'SELECT count(*) FROM people')).toEqual([[2n]])
    expect(await outcome('bob', 'SELECT count(*) FROM people')).toBe(columns(''))
    await as('alice', 'GRANT SELECT ON people TO USER bob')
    expect(await outcome('bob', 'SELECT name FROM people ORDER BY id')).toEqual([['ann'], ['ben']])
    await as('alice', 'REVOKE SELECT ON people FROM USER bob')
    expect(await outcome('bob', 'SELECT name FROM people ORDER BY id')).toBe(columns('name, id'))
  })

  it.each([
    ['SELECT pay FROM people', 'pay'],
    ['SELECT * FROM people', 'id, name, pay'],
    ['SELECT p.* FROM people AS p', 'id, name, pay'],
    ['TABLE people', 'id, name, pay'],
    ["SELECT 1 AS id, 'x' AS name, 3 AS pay UNION TABLE people", 'id, name, pay'],
    ['SELECT x FROM people AS p(x, y, z) WHERE z > 5', 'pay, id'],
    ['SELECT n FROM (SELECT name AS n, id FROM people) AS t WHERE id = 1', 'name, id'],
    ['WITH p AS (SELECT name FROM people) SELECT * FROM p', 'name'],
    ['WITH p AS (TABLE people) SELECT id FROM p', 'id, name, pay'],
    ['SELECT (SELECT max(pay) FROM people)', 'pay'],
    ['SELECT 1 WHERE EXISTS (SELECT 1 FROM people WHERE id = 3)', 'id'],
    ['SELECT 1 IN (SELECT id FROM people)', 'id'],
    [
      'SELECT count(*) FROM people GROUP BY name HAVING max(pay) > 1 ORDER BY min(id)',
      'name, pay, id',
    ],
    ['SELECT row_number() OVER (PARTITION BY name ORDER BY pay) FROM people', 'name, pay'],
    ['SELECT u FROM people CROSS JOIN UNNEST(ARRAY[id]) AS t(u)', 'id'],
    ['SELECT 1 FROM people JOIN (VALUES 1) AS v(id) USING (id)', 'id'],
    [
      'SELECT 1 FROM people MATCH_RECOGNIZE (PARTITION BY name ORDER BY id ALL ROWS PER MATCH PATTERN (A) DEFINE A AS pay > 1)',
      'name, id, pay',
    ],
    ['SELECT * FROM TABLE(exclude_columns(TABLE(people), DESCRIPTOR(pay)))', 'id, name'],
    ['VALUES (SELECT max(id) FROM people)', 'id'],
    ['EXPLAIN SELECT name FROM people', 'name'],
  ])('%s reads the columns [%s]', async (sql, list) => {
    expect(await outcome('bob', sql)).toBe(columns(list))
    expect(typeof (await outcome('alice', sql))).toBe('object')
  })

  it('needs the right to every table of a statement', async () => {
    await as('alice', 'GRANT SELECT ON cities TO USER carol')
    expect(await outcome('carol', 'SELECT city FROM cities')).toEqual([[7]])
    const sql = 'SELECT c.city, p.name FROM cities AS c JOIN people AS p ON p.id = c.id'
    expect(await outcome('carol', sql)).toBe(columns('id, name'))
  })

  it('is checked again when a kept plan is used', async () => {
    const sql = 'SELECT city AS kept FROM cities'
    await as('alice', 'GRANT SELECT ON cities TO USER dora')
    expect(await outcome('dora', sql)).toEqual([[7]])
    expect(await outcome('dora', sql)).toEqual([[7]])
    expect(await outcome('eve', sql)).toBe(columns('city', 'cities'))
    await as('alice', 'REVOKE SELECT ON cities FROM USER dora')
    expect(await outcome('dora', sql)).toBe(columns('city', 'cities'))
  })
})

describe('roles', () => {
  beforeAll(async () => {
    await as('alice', 'CREATE TABLE secrets AS SELECT 42 AS x')
    await as('root', 'CREATE ROLE reader IN memory')
    await as('root', 'CREATE ROLE chief IN memory')
    await as('root', 'GRANT reader TO ROLE chief IN memory')
    await as('root', 'GRANT chief TO USER frank IN memory')
    await as('alice', 'GRANT SELECT ON secrets TO ROLE reader')
  })
  const sql = 'SELECT x FROM secrets'
  const refused = denied('Cannot select from columns [x] in table or view default.secrets')

  it('give what was granted to them and to roles that they have, while they are enabled', async () => {
    expect(await outcome('frank', sql)).toEqual([[42]])
    expect(await outcome('frank', sql, { roles: { memory: 'reader' } })).toEqual([[42]])
    expect(await outcome('frank', sql, { roles: { memory: 'NONE' } })).toBe(refused)
    expect(await outcome('grace', sql)).toBe(refused)
  })

  it('can only be taken by who has them', async () => {
    expect(await outcome('grace', sql, { roles: { memory: 'reader' } })).toBe(
      denied('Cannot set role reader'),
    )
    expect(await outcome('grace', 'SET ROLE chief IN memory')).toBe(denied('Cannot set role chief'))
  })

  it('admin may do everything', async () => {
    expect(await outcome('root', sql)).toEqual([[42]])
    expect(await outcome('root', sql, { roles: { memory: 'NONE' } })).toBe(refused)
  })

  it('public is everybody', async () => {
    await as('alice', 'CREATE TABLE open AS SELECT 1 AS x')
    expect(await outcome('harry', 'SELECT x FROM open')).toMatch('Cannot select')
    await as('alice', 'GRANT SELECT ON open TO ROLE public')
    expect(await outcome('harry', 'SELECT x FROM open')).toEqual([[1]])
  })
})
