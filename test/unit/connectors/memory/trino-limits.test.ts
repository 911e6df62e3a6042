import { afterAll, beforeAll, expect, test } from 'vitest'
import { Millrace } from '../../../../src/index.js'

let engine: Millrace
beforeAll(async () => {
  engine = await Millrace.create({
    threads: 0,
    catalogs: { memory: { 'connector.name': 'memory', 'memory.trino-limits': 'true' } },
  })
  await engine.execute(
    'CREATE TABLE t (a bigint, r row(x integer, y row(z varchar)), arr array(row(p integer)))',
  )
})
afterAll(() => engine.close())

const ROW = 'row(x integer, y row(z varchar))'

/** As a Trino 476 says it. */
test.each([
  ['ADD COLUMN r.w bigint', 'This connector does not support adding fields'],
  ['ADD COLUMN arr.element.k bigint', 'This connector does not support adding fields'],
  ['ADD COLUMN r.x bigint', "Field 'x' already exists"],
  ['ADD COLUMN q.x bigint', "Column 'q' does not exist"],
  ['ADD COLUMN a.x bigint', 'Unsupported type: bigint'],
  ['ADD COLUMN r.nope.x bigint', `Field 'nope' does not exist within ${ROW}`],
  ['ADD COLUMN r.x.k bigint', 'Unsupported type: integer'],
  ['ADD COLUMN arr.k bigint', 'Unsupported type: array(row(p integer))'],
  ['ADD COLUMN r.w bigint FIRST', 'Specifying column position is not supported for nested columns'],
  ['ADD COLUMN n bigint FIRST', 'This connector does not support adding columns with FIRST clause'],
  [
    'ADD COLUMN n bigint AFTER a',
    'This connector does not support adding columns with AFTER clause',
  ],
  ['ADD COLUMN n bigint AFTER zz', "Column 'zz' does not"],
  ['DROP COLUMN r.x', 'This connector does not support dropping fields'],
  ['DROP COLUMN r.q', `Cannot resolve field 'q' within ${ROW} type when dropping [q] in ${ROW}`],
  ['DROP COLUMN r.y.z', 'Cannot drop the only field in a row type'],
  ['DROP COLUMN arr.element.p', 'Cannot drop the only field in a row type'],
  ['DROP COLUMN arr.p', "ARRAY type should be denoted by 'element' in the path; found 'p'"],
  ['RENAME COLUMN r.x TO k', 'This connector does not support renaming fields'],
  ['RENAME COLUMN r.y TO x', "Field 'x' already exists"],
  ['RENAME COLUMN r.q TO x', "Field 'r' does not exist"],
  ['RENAME COLUMN arr.element.p TO x', 'Unsupported type: array(row(p integer))'],
  ['ALTER COLUMN r.x SET DATA TYPE bigint', 'This connector does not support setting field types'],
  ['ALTER COLUMN r.q SET DATA TYPE bigint', `Field 'q' does not exist within ${ROW}`],
  ['ALTER COLUMN zz.q SET DATA TYPE bigint', "Column 'zz.q' does not exist"],
  ['ALTER COLUMN r.x SET DATA TYPE foo', "Unknown type 'foo' for column 'r.x'"],
  ['ALTER COLUMN r.x SET DATA TYPE unknown', "Unknown type 'unknown' for column 'r.x'"],
])('ALTER TABLE t %s: %s', async (change, message) => {
  const error = await engine.execute(`ALTER TABLE t ${change}`).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Error)
  expect((error as Error).message.replace(/^line \d+:\d+: /, '')).toBe(message)
})
