import { expect, test } from 'vitest'
import { gather } from '../../../../src/connectors/memory/gather.js'
import {
  arrayType,
  BIGINT,
  type Block,
  BOOLEAN,
  blockOf,
  DOUBLE,
  decimalType,
  readValue,
  type SqlType,
  selectPositions,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import fc from '../../../support/fast-check.js'

const values: readonly (readonly [SqlType, fc.Arbitrary<Value>])[] = [
  [BIGINT, fc.bigInt({ min: 0n, max: 200n })],
  [BIGINT, fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })],
  [DOUBLE, fc.double({ noNaN: true })],
  [BOOLEAN, fc.boolean()],
  [VARCHAR, fc.string({ maxLength: 9 })],
  [decimalType(38, 2), fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n })],
  [arrayType(BIGINT), fc.array(fc.bigInt({ min: -5n, max: 5n }), { maxLength: 3 })],
]

test.each(values)('keeps the values at the positions: %o', (type, arbitrary) => {
  fc.assert(
    fc.property(
      fc.array(fc.option(arbitrary, { freq: 4, nil: null }), { minLength: 1, maxLength: 40 }),
      fc.infiniteStream(fc.boolean()),
      fc.boolean(),
      (rows, picks, isDictionary) => {
        const flat = blockOf(type, rows)
        const block: Block = isDictionary
          ? selectPositions(flat, Int32Array.from(rows.map((_, i) => rows.length - 1 - i)))
          : flat
        const positions = Int32Array.from(
          rows.flatMap((_, i) => (picks.next().value === true ? [i] : [])),
        )
        const gathered = gather(block, positions)
        expect(gathered.rowCount).toBe(positions.length)
        expect(Array.from(positions, (_, i) => readValue(gathered, i))).toEqual(
          Array.from(positions, (p) => readValue(block, p)),
        )
      },
    ),
  )
})
