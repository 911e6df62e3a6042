import { expect, it } from 'vitest'
import { compileInterpreted } from '../../../src/expressions/interpreter.js'
import type { Expression } from '../../../src/expressions/ir.js'
import * as ir from '../../../src/expressions/ir-build.js'
import { neverFails } from '../../../src/expressions/never-fails.js'
import { parseType } from '../../../src/expressions/type-signature.js'
import type { DecimalType } from '../../../src/spi/index.js'
import { readValue } from '../../../src/spi/page/block-value.js'
import { SEED } from '../../support/seed.js'
import {
  CHANNEL_TYPES,
  randomBlock,
  randomExpression,
  randomOf,
  registry,
} from './support/random-expression.js'

const call = (name: string, ...types: readonly string[]): Expression => {
  const args = types.map((type, i) => ir.input(i, parseType(type)))
  const fn = registry.resolve(
    name,
    args.map(({ type }) => type),
  )
  return ir.call(
    fn,
    args.map((arg, i) => ir.coerce(arg, fn.argumentTypes[i]!)),
  )
}
const divided = (type: string, by: Expression): Expression => {
  const fn = registry.resolve('$divide', [parseType(type), by.type])
  return ir.call(fn, [ir.input(0, parseType(type)), by])
}
const decimal = (value: bigint | null) => ir.constant(parseType('decimal(3,1)'), value)
const cast = (from: string, to: string, safe = false): Expression =>
  ir.cast(ir.input(0, parseType(from)), parseType(to), safe)
const compare = (operator: '=' | '<', type: string): Expression =>
  ir.comparison(operator, ir.input(0, parseType(type)), ir.input(1, parseType(type)))

it('what has a value for all operands is known by definitions and types', () => {
  const never = [
    call('$add', 'double', 'real'),
    call('$divide', 'double', 'double'),
    call('$multiply', 'decimal(12,2)', 'decimal(12,2)'),
    call('$subtract', 'decimal(12,2)', 'decimal(12,2)'),
    divided('decimal(12,2)', decimal(-5n)),
    divided('decimal(12,2)', decimal(null)),
    call('$like', 'varchar', 'varchar'),
    call('length', 'varchar'),
    cast('integer', 'bigint'),
    cast('decimal(38,10)', 'double'),
    cast('varchar', 'varchar(3)'),
    cast('varchar', 'integer', true),
    compare('=', 'array(integer)'),
  ]
  const may = [
    call('$add', 'bigint', 'bigint'),
    call('$multiply', 'decimal(20,2)', 'decimal(20,2)'),
    call('$divide', 'decimal(12,2)', 'decimal(12,2)'),
    divided('decimal(12,2)', decimal(0n)),
    divided('decimal(38,2)', decimal(5n)),
    call('$modulus', 'integer', 'integer'),
    call('$like', 'varchar', 'varchar', 'varchar'),
    cast('bigint', 'integer'),
    cast('double', 'decimal(38,10)'),
    cast('varchar', 'double'),
    compare('<', 'array(integer)'),
    ir.not(compare('<', 'row(integer)')),
  ]
  for (const e of never) expect([neverFails(e, registry), e]).toEqual([true, e])
  for (const e of may) expect([neverFails(e, registry), e]).toEqual([false, e])
})

it('a quotient of the largest dividend and the smallest divisor has room', () => {
  for (const [type, largest] of [
    ['decimal(5,0)', 99_999n],
    ['decimal(5,2)', 99_999n],
    ['decimal(5,5)', 99_999n],
    ['decimal(36,1)', 10n ** 36n - 1n],
  ] as const) {
    for (const smallest of [1n, -1n]) {
      const expression = divided(type, decimal(smallest))
      expect(neverFails(expression, registry)).toBe(true)
      const { precision } = expression.type as DecimalType
      const quotient = compileInterpreted(expression, { registry })([largest]) as bigint
      expect(String(quotient).replace('-', '').length).toBeLessThanOrEqual(precision)
    }
  }
})

it(`what is said never to fail does not, from seed ${SEED}`, () => {
  const random = randomOf(SEED)
  let evaluated = 0
  for (let round = 0; round < 2000; round++) {
    const expression = randomExpression(random, random.pick(CHANNEL_TYPES), 3)
    if (!neverFails(expression, registry)) continue
    const run = compileInterpreted(expression, { registry })
    const blocks = CHANNEL_TYPES.map((type) => randomBlock(random, type, 20))
    for (let i = 0; i < 20; i++) run(blocks.map((block) => readValue(block, i)))
    evaluated += 1
  }
  expect(evaluated).toBeGreaterThan(500)
})
