import { afterAll, beforeAll, expect, test } from 'vitest'
import { Millrace, type MillraceError } from '../../../src/index.js'

let engine: Millrace
beforeAll(async () => {
  engine = await Millrace.create({ threads: 0 })
  engine.register('events', [{ a: 1 }])
})
afterAll(() => engine.close())

test.each([
  'INSERT INTO events VALUES 2',
  'INSERT INTO Events SELECT * FROM events',
  'DELETE FROM events',
  'UPDATE events SET a = 2',
  'MERGE INTO events USING (VALUES 1) s(b) ON a = b WHEN MATCHED THEN DELETE',
])('a registered source is not written to: %s', async (sql) => {
  const error: MillraceError = await engine.execute(sql).then(
    () => {
      throw new Error('no error')
    },
    (e) => e,
  )
  expect(error.code).toBe('NOT_SUPPORTED')
})

test('INSERT says what it can name instead', async () => {
  const error: MillraceError = await engine.execute('INSERT INTO events VALUES 2').then(
    () => {
      throw new Error('no error')
    },
    (e) => e,
  )
  expect(error.message).toMatch(/^(line 1:1: )?A registered source can only be read: events$/)
  expect(error.hint).toBe('Name a table in full: catalog.schema.table')
})
