import { afterAll, beforeAll, expect, test } from 'vitest'
import { Millrace } from '../../src/index.js'
import { referenceConnectorFactory } from '../../src/testing/index.js'

let engine: Millrace
beforeAll(async () => {
  engine = await Millrace.create({
    threads: 0,
    plugins: [{ getConnectorFactories: () => [referenceConnectorFactory] }],
    catalogs: { r: { 'connector.name': 'reference' } },
  })
})
afterAll(() => engine.close())

const OPTIONS = { catalog: 'r', schema: 'default', rowMode: 'array' } as const
const run = (sql: string) => engine.execute(sql, [], OPTIONS)
const rows = (sql: string) => engine.query(sql, [], OPTIONS).all()

test('columns of a table with rows are added, renamed, widened and dropped', async () => {
  await run("CREATE TABLE c AS SELECT * FROM (VALUES (1, 'x'), (2, 'y')) v (a, b)")
  await run('ALTER TABLE c ADD COLUMN z bigint')
  await run('ALTER TABLE c RENAME COLUMN b TO text')
  await run('ALTER TABLE c ALTER COLUMN a SET DATA TYPE bigint')
  expect(await rows('SELECT * FROM c ORDER BY a')).toEqual([
    [1n, 'x', null],
    [2n, 'y', null],
  ])
  await run('ALTER TABLE c DROP COLUMN z')
  await run('TRUNCATE TABLE c')
  expect(await rows('SELECT count(*) FROM c')).toEqual([[0n]])
})

test('a materialized view has the rows of its last refresh', async () => {
  await run('CREATE TABLE m AS SELECT 1 AS a')
  await run('CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM m')
  await run('REFRESH MATERIALIZED VIEW v')
  await run('INSERT INTO m VALUES 2')
  expect(await rows('SELECT n FROM v')).toEqual([[1n]])
  await run('REFRESH MATERIALIZED VIEW v')
  expect(await rows('SELECT n FROM v')).toEqual([[2n]])
})

test('roles, table functions and procedures', async () => {
  await run('CREATE ROLE reader IN r')
  expect(await rows('SHOW ROLES IN r')).toEqual([['reader']])
  expect(await rows('SELECT sum(n) FROM TABLE(r.system.numbers(TO => 4))')).toEqual([[10n]])
  expect(await rows('SELECT n FROM TABLE(r.system.countdown(60)) WHERE n > 58 ORDER BY n')).toEqual(
    [[59n], [60n]],
  )
  expect(
    await rows(
      "SELECT number, a, b FROM TABLE(r.system.numbered(TABLE(SELECT * FROM (VALUES (1, 'x'), (2, 'y'), (1, 'z')) v (a, b)) PARTITION BY a ORDER BY b DESC)) ORDER BY a, number",
    ),
  ).toEqual([
    [1n, 1, 'z'],
    [2n, 1, 'x'],
    [1n, 2, 'y'],
  ])
  await run('CREATE TABLE p AS SELECT 1 AS a')
  await run("CALL r.system.reset('default', 'p')")
  expect(await rows('SELECT * FROM p')).toEqual([])
})

test('ANALYZE collects what the connector wants, of all columns or of those that are named', async () => {
  await run(
    "CREATE TABLE st AS SELECT * FROM (VALUES (1, 'x', DATE '2020-01-01'), (2, NULL, NULL), (2, 'y', DATE '2020-03-01')) v (a, b, c)",
  )
  const stats = async () => (await rows('SHOW STATS FOR st')) as unknown[][]
  expect(await rows('ANALYZE st')).toEqual([[3n]])
  const [a, b, c, total] = await stats()
  expect(a).toEqual(['a', null, 2, 0, null, '1', '2'])
  expect(b![3]).toBeCloseTo(1 / 3)
  expect(c!.slice(4)).toEqual([null, '2020-01-01', '2020-03-01'])
  expect(total![4]).toBe(3)
  await run("INSERT INTO st VALUES (9, 'z', NULL)")
  expect(await rows("ANALYZE st WITH (columns = ARRAY['a'])")).toEqual([[4n]])
  expect((await stats())[0]).toEqual(['a', null, 3, 0, null, '1', '9'])
  expect((await stats())[1]).toEqual(['b', null, null, null, null, null, null])
})

test('ALTER TABLE … EXECUTE runs a procedure of the connector, with named or positional arguments', async () => {
  await run('CREATE TABLE ex AS SELECT * FROM (VALUES 1, 2, 3, 4) v (a)')
  await run('ALTER TABLE ex EXECUTE keep(rows => 1 + 2)')
  expect(await rows('SELECT count(*) FROM ex')).toEqual([[3n]])
  await run('ALTER TABLE ex EXECUTE keep(1)')
  expect(await rows('SELECT count(*) FROM ex')).toEqual([[1n]])
  const codeOf = (sql: string) =>
    run(sql).then(
      () => '',
      ({ code }) => code,
    )
  expect(await codeOf('ALTER TABLE ex EXECUTE nope')).toBe('PROCEDURE_NOT_FOUND')
  expect(await codeOf('ALTER TABLE ex EXECUTE keep(1, 2)')).toBe('INVALID_ARGUMENTS')
  expect(await codeOf('ALTER TABLE ex EXECUTE keep(rows => 1, rows => 2)')).toBe(
    'DUPLICATE_PROPERTY',
  )
  expect(await codeOf("ALTER TABLE ex EXECUTE keep(rows => 'x')")).toBe(
    'INVALID_PROCEDURE_ARGUMENT',
  )
  expect(await codeOf('ALTER TABLE ex EXECUTE keep(nope => 1)')).toBe('INVALID_PROCEDURE_ARGUMENT')
  expect(await codeOf('ALTER TABLE ex EXECUTE keep(rows => 1) WHERE a > 1')).toBe('NOT_SUPPORTED')
  expect(await codeOf('ALTER TABLE nope EXECUTE keep(rows => 1)')).toBe('TABLE_NOT_FOUND')
})

test('procedures and catalogs that are not there have no place in the statement, as in Trino', async () => {
  await run('CREATE TABLE placeless AS SELECT 1 AS a')
  const errorOf = (sql: string) =>
    run(sql).then(
      () => undefined,
      ({ message, location }) => ({ message, location }),
    )
  expect(await errorOf('ALTER TABLE placeless EXECUTE optimize')).toEqual({
    message: 'Table procedure not registered: OPTIMIZE',
    location: undefined,
  })
  expect(await errorOf('ALTER TABLE placeless EXECUTE "optIm"')).toMatchObject({
    message: 'Table procedure not registered: optIm',
  })
  for (const sql of ['USE nope.s', 'SHOW SCHEMAS FROM nope']) {
    expect(await errorOf(sql)).toEqual({
      message: "Catalog 'nope' not found",
      location: undefined,
    })
  }
})

test('owners, grants and roles decide where the catalog says so', async () => {
  const secured = await Millrace.create({
    threads: 0,
    plugins: [{ getConnectorFactories: () => [referenceConnectorFactory] }],
    catalogs: { r: { 'connector.name': 'reference', 'reference.security': 'sql-standard' } },
  })
  const as = (user: string, sql: string) => secured.query(sql, [], { ...OPTIONS, user }).all()
  try {
    await as('alice', 'CREATE TABLE t AS SELECT 1 AS a')
    const refusal = 'Access Denied: Cannot select from columns [a] in table or view default.t'
    await expect(as('bob', 'SELECT a FROM t')).rejects.toThrow(refusal)
    await as('admin', 'CREATE ROLE reader IN r')
    await expect(as('bob', 'CREATE ROLE mine IN r')).rejects.toThrow('Cannot create role mine')
    await as('admin', 'GRANT reader TO USER bob IN r')
    await as('alice', 'GRANT SELECT ON t TO ROLE reader')
    expect(await as('bob', 'SELECT a FROM t')).toEqual([[1]])
    await expect(as('bob', 'DELETE FROM t')).rejects.toThrow('Cannot delete from table default.t')
    await expect(as('bob', 'DROP TABLE t')).rejects.toThrow('Cannot drop table default.t')
    await as('alice', 'ALTER TABLE t RENAME TO u')
    expect(await as('bob', 'SELECT a FROM u')).toEqual([[1]])
    await as('alice', 'DROP TABLE u')
    await as('alice', 'CREATE TABLE u AS SELECT 2 AS a')
    await expect(as('bob', 'SELECT a FROM u')).rejects.toThrow('Cannot select')
  } finally {
    await secured.close()
  }
})
