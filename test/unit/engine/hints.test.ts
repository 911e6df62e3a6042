import { afterAll, beforeAll, expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'

let engine: Millrace
beforeAll(async () => {
  engine = await Millrace.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
  engine.register('clicks', [{ x: 1 }])
})
afterAll(() => engine.close())

test.each([
  ['SELECT nam FROM tpch.tiny.nation', 'COLUMN_NOT_FOUND', 'Did you mean name?'],
  ['SELECT n.regionky FROM tpch.tiny.nation n', 'COLUMN_NOT_FOUND', 'Did you mean regionkey?'],
  ['SELECT natoin.name FROM tpch.tiny.nation', 'COLUMN_NOT_FOUND', 'Did you mean nation?'],
  [
    'SELECT (SELECT max(r.name) FROM tpch.tiny.region r WHERE r.regionkey = n.regionkeey) FROM tpch.tiny.nation n',
    'COLUMN_NOT_FOUND',
    'Did you mean regionkey?',
  ],
  ["SELECT uper('a')", 'FUNCTION_NOT_FOUND', 'Did you mean upper?'],
  ['SET SESSION task_concurency = 1', 'INVALID_SESSION_PROPERTY', 'Did you mean task_concurrency?'],
  ['SELECT 1 FROM tpch.tiny.natoin', 'TABLE_NOT_FOUND', 'Did you mean nation?'],
  ['SELECT 1 FROM tpch.tinny.nation', 'SCHEMA_NOT_FOUND', 'Did you mean tiny?'],
  ['SELECT 1 FROM tcph.tiny.nation', 'CATALOG_NOT_FOUND', 'Did you mean tpch?'],
  ['WITH totals AS (SELECT 1) SELECT * FROM total', 'TABLE_NOT_FOUND', 'Did you mean totals?'],
  ['SELECT * FROM clicsk', 'TABLE_NOT_FOUND', 'Did you mean clicks?'],
  ['SELECT 1 FROM tpch.tiny.qqqqqqqq', 'TABLE_NOT_FOUND', undefined],
  ['SELECT entirely_other FROM tpch.tiny.nation', 'COLUMN_NOT_FOUND', undefined],
  ['SELECT qqqqqqqq(1)', 'FUNCTION_NOT_FOUND', undefined],
])('%s: %s, %s', async (sql, code, hint) => {
  const error = await engine
    .query(sql)
    .all()
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code })
  expect((error as { hint?: string }).hint).toBe(hint)
})

test('a session property of a single statement has a hint too', async () => {
  const query = engine.query('SELECT 1', [], { session: { spill_enable: true } })
  await expect(query.all()).rejects.toMatchObject({
    code: 'INVALID_SESSION_PROPERTY',
    hint: 'Did you mean spill_enabled?',
  })
})
