import { describe, expect, it } from 'vitest'
import { compileFilter } from '../../../../src/expressions/compile.js'
import type { ComparisonOperator, Expression } from '../../../../src/expressions/ir.js'
import {
  between,
  call,
  comparison,
  constant,
  inList,
  input,
  not,
} from '../../../../src/expressions/ir-build.js'
import { vectorize } from '../../../../src/expressions/wasm/vector-program.js'
import {
  BIGINT,
  blockOf,
  INTEGER,
  type Page,
  page,
  type SqlType,
} from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { randomBlock, sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const arena = sharedArena()
const I32_MAX = 2n ** 31n - 1n
const EDGES = [0n, 1n, -1n, 2n, -2n, 6n, 7n, I32_MAX, -I32_MAX, I32_MAX - 1n, -I32_MAX - 1n]
/** Among them some, as 49, whose reciprocals as doubles are so small that times themselves they are below 1. */
const DIVISORS = [
  ...[1n, -1n, 2n, 3n, 7n, -7n, 10n, 49n, -49n, 98n, 103n, 107n, 161n, 65_536n, 999_983n],
  ...[I32_MAX, -I32_MAX],
]
const OPERATORS: readonly ComparisonOperator[] = ['=', '<>', '<', '<=', '>', '>=']

const literal = (type: SqlType, value: bigint) =>
  constant(type, type.kind === 'bigint' ? value : Number(value))

function remainder(type: SqlType, divisor: bigint): Expression {
  const args = [input(0, type), literal(type, divisor)]
  const fn = registry.resolve(
    '$modulus',
    args.map((arg) => arg.type),
  )
  return call(fn, args)
}

function conditionOn(random: Random, type: SqlType, divisor: bigint): Expression {
  const value = remainder(type, divisor)
  const size = divisor < 0n ? -divisor : divisor
  const some = () =>
    literal(type, BigInt(random.below(7) - 3) % size || random.pick([0n, size - 1n]))
  const conditions: readonly (() => Expression)[] = [
    () => comparison(random.pick(OPERATORS), value, some()),
    () => comparison(random.pick(OPERATORS), some(), value),
    () => between(value, some(), some()),
    () => inList(value, [some(), some(), some()]),
  ]
  const condition = random.pick(conditions)()
  return random.chance(0.3) ? not(condition) : condition
}

function expectSame(condition: Expression, of: Page, what: string): void {
  expect(vectorize(condition), what).toBeDefined()
  const select = (target: 'wasm' | 'interpreter') => {
    const filter = compileFilter(condition, { registry, target })
    const { count, positions } = filter.filter(of, arena)
    expect(filter.count(of, arena), what).toBe(count)
    return Array.from({ length: count }, (_, i) => (positions === null ? i : positions[i]))
  }
  expect(select('wasm'), what).toEqual(select('interpreter'))
}

describe('conditions on remainders', () => {
  it('select of edges what the interpreter selects', () => {
    const random = createRandom(SEED)
    for (const type of [INTEGER, BIGINT]) {
      for (const divisor of DIVISORS) {
        const edges = [...EDGES, divisor, -divisor, divisor - 1n, 1n - divisor]
        const values = edges.map((edge) => (type === BIGINT ? edge : Number(edge)))
        const block = blockOf(type, [...values, null, ...values])
        for (let i = 0; i < 10; i++) {
          const condition = conditionOn(random, type, divisor)
          expectSame(condition, page([block]), `${type.kind} % ${divisor}, seed ${SEED}`)
        }
      }
    }
  })

  it('select of random blocks, near multiples too, what the interpreter selects', () => {
    for (let seed = SEED; seed < SEED + 400; seed++) {
      const random = createRandom(seed)
      const type = random.pick([INTEGER, BIGINT])
      const divisor = random.pick(DIVISORS)
      const size = divisor < 0n ? -divisor : divisor
      const multiples = Array.from({ length: random.pick([3, 16, 50]) }, () => {
        const near = (BigInt(random.below(80_000) - 40_000) % (I32_MAX / size)) * size
        const value = random.chance(0.1) ? null : near + BigInt(random.below(3) - 1)
        return value === null || type === BIGINT ? value : Number(value)
      })
      const block = random.chance(0.5)
        ? blockOf(type, multiples)
        : randomBlock(random, type, random.pick([1, 15, 16, 17, 100]), arena, {})
      expectSame(conditionOn(random, type, divisor), page([block]), `seed ${seed}`)
    }
  })

  it('leave divisions by zero to what raises the error', () => {
    expect(vectorize(comparison('=', remainder(BIGINT, 0n), literal(BIGINT, 0n)))).toBeUndefined()
    const tooLarge = remainder(BIGINT, I32_MAX + 1n)
    expect(vectorize(comparison('=', tooLarge, literal(BIGINT, 0n)))).toBeUndefined()
  })
})
