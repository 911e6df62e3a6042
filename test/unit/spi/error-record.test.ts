import { expect, test } from 'vitest'
import { errorFromRecord, errorToRecord, MillraceError } from '../../../src/spi/index.js'

test('an error crosses threads with its code, place and causes', () => {
  const cause = new TypeError('no such field')
  const error = new MillraceError('DIVISION_BY_ZERO', 'Division by zero', {
    location: { line: 1, column: 8 },
    hint: 'NULLIF helps',
    cause,
  })
  const copy = errorFromRecord(structuredClone(errorToRecord(error)))
  expect(copy).toMatchObject({
    code: 'DIVISION_BY_ZERO',
    number: 8,
    type: 'USER_ERROR',
    location: { line: 1, column: 8 },
    hint: 'NULLIF helps',
  })
  expect((copy.cause as Error).message).toBe('no such field')
})

test('an error that is none of ours is recorded once, with itself as cause', () => {
  const record = errorToRecord(new RangeError('Maximum call stack size exceeded'))
  expect(record.code).toBe('GENERIC_INTERNAL_ERROR')
  expect(record.cause?.message).toBe('Maximum call stack size exceeded')
  expect(record.cause?.cause).toBeUndefined()
})
