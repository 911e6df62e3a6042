import { allocateInt32 } from '../expressions/wasm/buffers.js'
import { type Arena, BIGINT, type IntegerBlock, type SqlType } from '../spi/index.js'

/** A column without nulls of integers that fit 32 bits, whatever its type. */
export const integerColumn = (values: Int32Array, type: SqlType = BIGINT): IntegerBlock => ({
  encoding: 'flat',
  storage: 'i32',
  type,
  rowCount: values.length,
  validity: null,
  values,
  base: 0,
  factor: 1,
})

/** One integer, repeated. */
export function integerConstant(value: number, rowCount: number, type: SqlType, arena: Arena) {
  const values = allocateInt32(arena, 1).fill(value)
  return { encoding: 'constant', type, rowCount, value: integerColumn(values, type) } as const
}
