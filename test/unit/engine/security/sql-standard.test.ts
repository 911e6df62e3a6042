import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Millrace } from '../../../../src/engine/millrace.js'
import { asUsers, denied } from '../../../support/as-users.js'

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

const { as, outcome } = asUsers(() => engine)

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

describe('writing', () => {
  beforeAll(async () => {
    await as('alice', 'CREATE TABLE stock AS SELECT * FROM (VALUES (1, 10), (2, 20)) AS t(id, n)')
  })

  it.each([
    ['INSERT INTO stock VALUES (3, 30)', 'Cannot insert into table default.stock'],
    ['DELETE FROM stock', 'Cannot delete from table default.stock'],
    ['UPDATE stock SET n = 1', 'Cannot update columns [n] in table default.stock'],
    ['TRUNCATE TABLE stock', 'Cannot truncate table default.stock'],
    ['DROP TABLE stock', 'Cannot drop table default.stock'],
    [
      'ALTER TABLE stock RENAME TO stock2',
      'Cannot rename table from default.stock to default.stock2',
    ],
    ['ALTER TABLE stock ADD COLUMN x integer', 'Cannot add a column to table default.stock'],
    ['ALTER TABLE stock DROP COLUMN n', 'Cannot drop a column from table default.stock'],
    ['ALTER TABLE stock RENAME COLUMN n TO m', 'Cannot rename a column in table default.stock'],
    [
      'ALTER TABLE stock ALTER COLUMN n SET DATA TYPE bigint',
      'Cannot alter a column for table default.stock',
    ],
    ["COMMENT ON TABLE stock IS 'x'", 'Cannot comment table to default.stock'],
    ["COMMENT ON COLUMN stock.n IS 'x'", 'Cannot comment column to default.stock'],
    [
      'ALTER TABLE stock SET AUTHORIZATION USER bob',
      'Cannot set authorization for table default.stock to USER bob',
    ],
    ['CREATE OR REPLACE TABLE stock (x integer)', 'Cannot drop table default.stock'],
    ['CREATE OR REPLACE TABLE stock AS SELECT 1 AS x', 'Cannot drop table default.stock'],
    [
      'CREATE TABLE likewise (LIKE stock)',
      'Cannot reference columns of table memory.default.stock',
    ],
    ['ANALYZE stock', 'Cannot insert into table default.stock'],
    ['SHOW CREATE TABLE stock', 'Cannot show create table for default.stock'],
    ['SHOW STATS FOR stock', 'Cannot select from columns [id, n] in table or view default.stock'],
    ['DESCRIBE stock', 'Cannot show columns of table default.stock'],
    ['GRANT SELECT ON stock TO USER bob', 'Cannot grant privilege SELECT on table default.stock'],
    [
      'REVOKE SELECT ON stock FROM USER bob',
      'Cannot revoke privilege SELECT on table default.stock',
    ],
    ['CREATE SCHEMA mine', 'Cannot create schema mine'],
    ['CREATE ROLE mine IN memory', 'Cannot create role mine'],
    ['DROP ROLE admin IN memory', 'Cannot drop role admin'],
    ['GRANT admin TO USER bob IN memory', 'Cannot grant roles [admin] to [USER bob]'],
    ['SHOW ROLES IN memory', 'Cannot show roles'],
    ['SELECT * FROM information_schema.roles', 'Cannot show roles'],
  ])('%s is refused', async (sql, message) => {
    expect(await outcome('bob', sql)).toBe(denied(message))
  })

  it('needs no right to read, unless columns are read', async () => {
    await as('alice', 'GRANT DELETE, UPDATE, INSERT ON stock TO USER ivan')
    const reads = denied('Cannot select from columns [id] in table or view default.stock')
    expect(await outcome('ivan', 'DELETE FROM stock WHERE id = 7')).toBe(reads)
    expect(await outcome('ivan', 'UPDATE stock SET n = 1 WHERE id = 7')).toBe(reads)
    expect(await outcome('ivan', 'UPDATE stock SET n = id')).toBe(reads)
    expect(await outcome('ivan', 'INSERT INTO stock SELECT id, 1 FROM stock')).toBe(reads)
    const merge = (when: string) =>
      `MERGE INTO stock AS s USING (VALUES 1) AS v(id) ON s.id = v.id ${when}`
    expect(await outcome('ivan', merge('WHEN MATCHED THEN DELETE'))).toBe(reads)
    expect(await outcome('ivan', 'UPDATE stock SET n = 5')).toEqual([[2n]])
    expect(await outcome('ivan', 'INSERT INTO stock VALUES (3, 30)')).toEqual([[1n]])
    await as('alice', 'REVOKE DELETE ON stock FROM USER ivan')
    await as('alice', 'GRANT SELECT ON stock TO USER ivan')
    expect(await outcome('ivan', merge('WHEN MATCHED THEN DELETE'))).toBe(
      denied('Cannot delete from table default.stock'),
    )
    expect(await outcome('ivan', merge('WHEN MATCHED THEN UPDATE SET n = 6'))).toEqual([[1n]])
    expect(await outcome('alice', 'SELECT id, n FROM stock ORDER BY id')).toEqual([
      [1, 6],
      [2, 5],
      [3, 30],
    ])
  })

  it('grants may be passed on where they may', async () => {
    await as('alice', 'CREATE TABLE passed AS SELECT 1 AS x')
    await as('alice', 'GRANT SELECT ON passed TO USER judy WITH GRANT OPTION')
    await as('judy', 'GRANT SELECT ON passed TO USER kim')
    expect(await outcome('kim', 'SELECT x FROM passed')).toEqual([[1]])
    expect(await outcome('kim', 'GRANT SELECT ON passed TO USER leo')).toMatch('Cannot grant')
    await as('alice', 'REVOKE GRANT OPTION FOR SELECT ON passed FROM USER judy')
    expect(await outcome('judy', 'GRANT SELECT ON passed TO USER leo')).toMatch('Cannot grant')
    expect(await outcome('judy', 'SELECT x FROM passed')).toEqual([[1]])
  })

  it('grants go with a table that is renamed, and end with one that is dropped', async () => {
    await as('alice', 'CREATE TABLE first AS SELECT 1 AS x')
    await as('alice', 'GRANT SELECT ON first TO USER mia')
    await as('alice', 'ALTER TABLE first RENAME TO second')
    expect(await outcome('mia', 'SELECT x FROM second')).toEqual([[1]])
    await as('alice', 'CREATE TABLE first AS SELECT 2 AS x')
    expect(await outcome('mia', 'SELECT x FROM first')).toMatch('Cannot select')
    await as('alice', 'DROP TABLE second')
    await as('alice', 'CREATE TABLE second AS SELECT 3 AS x')
    expect(await outcome('mia', 'SELECT x FROM second')).toMatch('Cannot select')
  })

  it('schemas are their owners, and grants on them hold for their tables', async () => {
    await as('root', 'CREATE SCHEMA shop AUTHORIZATION USER nora')
    expect(await outcome('oscar', 'CREATE TABLE shop.t AS SELECT 1 AS x')).toBe(
      denied('Cannot create table shop.t'),
    )
    await as('nora', 'GRANT CREATE ON SCHEMA shop TO USER oscar')
    await as('oscar', 'CREATE TABLE shop.t AS SELECT 1 AS x')
    expect(await outcome('nora', 'SELECT x FROM shop.t')).toMatch('Cannot select')
    await as('nora', 'GRANT SELECT ON SCHEMA shop TO USER paul')
    expect(await outcome('paul', 'SELECT x FROM shop.t')).toEqual([[1]])
    expect(await outcome('oscar', 'DROP SCHEMA shop CASCADE')).toBe(
      denied('Cannot drop schema shop'),
    )
    await as('nora', 'DROP SCHEMA shop CASCADE')
  })

  it('is undone with its transaction, grants too', async () => {
    await as('alice', 'CREATE TABLE tried AS SELECT 1 AS x')
    await as('alice', 'START TRANSACTION')
    await as('alice', 'GRANT SELECT ON tried TO USER quin')
    await as('alice', 'ROLLBACK')
    expect(await outcome('quin', 'SELECT x FROM tried')).toMatch('Cannot select')
  })
})

describe('views', () => {
  beforeAll(async () => {
    await as('alice', "CREATE TABLE base AS SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(id, v)")
    await as('alice', 'CREATE VIEW owned AS SELECT v FROM base WHERE id = 1')
    await as('alice', 'CREATE VIEW asked SECURITY INVOKER AS SELECT v FROM base WHERE id = 2')
  })

  it('read as their owner, for those who may read the view', async () => {
    expect(await outcome('rita', 'SELECT v FROM owned')).toBe(
      denied('Cannot select from columns [v] in table or view default.owned'),
    )
    await as('alice', 'GRANT SELECT ON owned TO USER rita')
    await as('alice', 'GRANT SELECT ON asked TO USER rita')
    expect(await outcome('rita', 'SELECT v FROM owned')).toEqual([['a']])
    expect(await outcome('rita', 'SELECT id FROM base')).toMatch('Cannot select')
  })

  it('read as who asks where they say so', async () => {
    expect(await outcome('rita', 'SELECT v FROM asked')).toBe(
      denied('Cannot select from columns [id, v] in table or view default.base'),
    )
    await as('alice', 'GRANT SELECT ON base TO USER rita')
    expect(await outcome('rita', 'SELECT v FROM asked')).toEqual([['b']])
    await as('alice', 'REVOKE SELECT ON base FROM USER rita')
  })

  it('may only show others what their owner may pass on', async () => {
    await as('alice', 'GRANT SELECT ON base TO USER sam')
    await as('sam', 'CREATE VIEW sams AS SELECT id FROM base')
    await as('sam', 'GRANT SELECT ON sams TO USER tina')
    expect(await outcome('sam', 'SELECT id FROM sams ORDER BY id')).toEqual([[1], [2]])
    expect(await outcome('tina', 'SELECT id FROM sams')).toBe(
      denied(
        "View owner does not have sufficient privileges: View owner 'sam' cannot create view that selects from default.base",
      ),
    )
    await as('alice', 'GRANT SELECT ON base TO USER sam WITH GRANT OPTION')
    expect(await outcome('tina', 'SELECT id FROM sams ORDER BY id')).toEqual([[1], [2]])
    await as('alice', 'REVOKE SELECT ON base FROM USER sam')
    expect(await outcome('tina', 'SELECT id FROM sams')).toMatch('sufficient privileges')
  })

  it('nest, each as its own owner', async () => {
    await as('alice', 'GRANT SELECT ON owned TO USER uma WITH GRANT OPTION')
    await as('uma', 'CREATE VIEW outer_view AS SELECT v FROM owned')
    await as('uma', 'GRANT SELECT ON outer_view TO USER vera')
    expect(await outcome('vera', 'SELECT v FROM outer_view')).toEqual([['a']])
    await as('alice', 'REVOKE GRANT OPTION FOR SELECT ON owned FROM USER uma')
    expect(await outcome('vera', 'SELECT v FROM outer_view')).toMatch("View owner 'uma'")
  })

  it('can only be made of what may be read, and changed by their owners', async () => {
    expect(await outcome('will', 'CREATE VIEW wills AS SELECT id FROM base')).toBe(
      denied('Cannot select from columns [id] in table or view default.base'),
    )
    expect(await outcome('will', 'DROP VIEW owned')).toBe(denied('Cannot drop view default.owned'))
    expect(await outcome('will', 'DROP VIEW asked')).toBe(denied('Cannot drop view default.asked'))
    expect(await outcome('will', 'CREATE OR REPLACE VIEW owned AS SELECT 1 AS v')).toBe(
      denied('Cannot drop view default.owned'),
    )
    expect(await outcome('will', 'ALTER VIEW owned RENAME TO w')).toMatch('Cannot rename view')
    await as('alice', 'CREATE OR REPLACE VIEW owned AS SELECT v FROM base WHERE id = 2')
    expect(await outcome('rita', 'SELECT v FROM owned')).toEqual([['b']])
  })

  it('that are materialized are refreshed and read as their owner', async () => {
    await as('alice', 'CREATE MATERIALIZED VIEW kept AS SELECT id FROM base')
    expect(await outcome('xena', 'REFRESH MATERIALIZED VIEW kept')).toBe(
      denied('Cannot refresh materialized view default.kept'),
    )
    await as('alice', 'GRANT SELECT, UPDATE ON kept TO USER xena')
    expect(await outcome('xena', 'SELECT id FROM kept ORDER BY id')).toEqual([[1], [2]])
    await as('xena', 'REFRESH MATERIALIZED VIEW kept')
    expect(await outcome('xena', 'SELECT id FROM kept ORDER BY id')).toEqual([[1], [2]])
    expect(await outcome('yuri', 'SELECT id FROM kept')).toMatch('Cannot select')
    expect(await outcome('xena', 'DROP MATERIALIZED VIEW kept')).toMatch('Cannot drop materialized')
    expect(await outcome('xena', 'SELECT * FROM "$materialized_view$kept"')).toMatch(
      'Cannot select',
    )
  })
})

it('what is shown of columns is what may be read', async () => {
  await as('alice', 'CREATE TABLE shown AS SELECT 1 AS a')
  const sql = "SELECT column_name FROM information_schema.columns WHERE table_name = 'shown'"
  expect(await outcome('zoe', sql)).toEqual([])
  expect(await outcome('alice', sql)).toEqual([['a']])
  expect(await outcome('zoe', "SHOW TABLES LIKE 'shown'")).toEqual([['shown']])
})
