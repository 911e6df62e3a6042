import { evaluate } from '../../../src/expressions/interpreter.js'
import type { Expression } from '../../../src/expressions/ir.js'
import { call, constant, input } from '../../../src/expressions/ir-build.js'
import {
  BIGINT,
  decimalType,
  INTEGER,
  MillraceError,
  type Page,
  readValue,
  SMALLINT,
  type SqlType,
} from '../../../src/spi/index.js'
import type { Random } from './cells.js'
import { registry } from './random-expressions.js'

/** Types whose values an expression may mix. */
export const FAMILIES: readonly (readonly SqlType[])[] = [
  [SMALLINT],
  [INTEGER],
  [BIGINT],
  [decimalType(4, 0), decimalType(9, 2), decimalType(12, 2), decimalType(6, 4)],
]
export const MAGNITUDES = [[10], [10, 1000], [10, 1e5], [10, 1e5, 1e9]]

/** Sums, differences and products of columns of some types and constants. */
export function randomTree(random: Random, types: readonly SqlType[], depth: number): Expression {
  if (depth > 0 && random.chance(0.75)) {
    const args = [0, 1].map(() => randomTree(random, types, depth - 1))
    const name = random.pick(['$add', '$subtract', '$multiply', '$multiply'])
    return call(
      registry.resolve(
        name,
        args.map(({ type }) => type),
      ),
      args,
    )
  }
  const type = random.pick(types)
  if (random.chance(0.7)) return input(types.indexOf(type), type)
  const value = random.below(200) - 100
  return constant(type, type === SMALLINT || type === INTEGER ? value : BigInt(value))
}

/** The exact sum of what an expression gives for some rows, in 64 bits; undefined: one fails. */
export function sumOf(
  expression: Expression,
  page: Page,
  rows: Iterable<number>,
): bigint | undefined {
  let sum = 0n
  try {
    for (const row of rows) {
      const channel = (c: number) => readValue(page.blocks[c]!, row)
      const lookup = { channel, symbol: () => null }
      sum += BigInt(evaluate(expression, lookup, { registry }) as bigint | number)
    }
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
  return BigInt.asIntN(64, sum)
}
