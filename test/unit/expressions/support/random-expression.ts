import { builtinRegistry } from '../../../../src/expressions/functions/index.js'
import type { ComparisonOperator, Expression } from '../../../../src/expressions/ir.js'
import * as ir from '../../../../src/expressions/ir-build.js'
import type { Block } from '../../../../src/spi/page/block.js'
import { blockOf } from '../../../../src/spi/page/block-builder.js'
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  REAL,
  type SqlType,
  timestampType,
  VARCHAR,
} from '../../../../src/spi/type/type.js'
import type { Value } from '../../../../src/spi/type/value.js'

export const registry = builtinRegistry()

/** A small generator with a seed that tests print. @source mulberry32 */
export function randomOf(seed: number) {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (bound: number): number => Math.floor(next() * bound)
  return { next, int, pick: <T>(items: readonly T[]): T => items[int(items.length)]! }
}
export type Random = ReturnType<typeof randomOf>

const SHORT = decimalType(10, 2)
const LONG = decimalType(30, 4)
const TIMESTAMP = timestampType(6)
export const CHANNEL_TYPES: readonly SqlType[] = [
  INTEGER,
  BIGINT,
  DOUBLE,
  REAL,
  SHORT,
  LONG,
  VARCHAR,
  DATE,
  BOOLEAN,
  TIMESTAMP,
]

const INTEGERS = [0, 1, -1, 7, 127, -128, 32767, 2147483647, -2147483648]
const BIGINTS = [...INTEGERS.map(BigInt), 9223372036854775807n, -9223372036854775808n, 1n << 40n]
const DOUBLES = [0, -0, 1, -1.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 0.1, 5e-324]
const TEXTS = ['', 'a', 'ab', 'aba', '%', 'a_b', 'é', '😀x', 'aab', 'x'.repeat(20)]

export function randomValue(random: Random, type: SqlType): Value {
  const bits = random.int(2 ** 31)
  switch (type.kind) {
    case 'integer':
      return random.int(2) === 0 ? random.pick(INTEGERS) : random.int(20) - 10
    case 'date':
      return random.int(30_000) - 10_000
    case 'bigint':
      return random.int(3) === 0 ? random.pick(BIGINTS) : BigInt(random.int(200) - 100)
    case 'double':
      return random.int(2) === 0 ? random.pick(DOUBLES) : random.next() * 100 - 50
    case 'real':
      return Math.fround(random.int(2) === 0 ? random.pick(DOUBLES) : random.next() * 100)
    case 'decimal':
      return type.precision > 18 && random.int(2) === 0
        ? BigInt(bits) * 10n ** 18n
        : BigInt(bits) % 10n ** 10n
    case 'timestamp':
      return BigInt(bits) * 1_000_000n * (random.int(2) === 0 ? 1000n : -1n)
    case 'boolean':
      return random.int(2) === 0
    default:
      return random.pick(TEXTS)
  }
}

const call = (name: string, ...args: Expression[]): Expression => {
  const fn = registry.resolve(
    name,
    args.map((arg) => arg.type),
  )
  return ir.call(
    fn,
    args.map((arg, i) => ir.coerce(arg, fn.argumentTypes[i]!)),
  )
}

const OPERATORS: readonly ComparisonOperator[] = ['=', '<>', '<', '<=', '>', '>=', 'identical']

/** A random expression of a type over channels of CHANNEL_TYPES. */
export function randomExpression(random: Random, type: SqlType, depth: number): Expression {
  const sub = (of: SqlType) => randomExpression(random, of, depth - 1)
  const choice = depth <= 0 ? random.int(2) : random.int(9)
  if (choice === 0) {
    return ir.constant(type, random.int(8) === 0 ? null : randomValue(random, type))
  }
  if (choice === 1) {
    const channels = CHANNEL_TYPES.flatMap((t, i) =>
      t.kind === type.kind && t === type ? [i] : [],
    )
    return channels.length === 0
      ? ir.constant(type, randomValue(random, type))
      : ir.input(random.pick(channels), type)
  }
  if (choice === 2) return ir.coalesce([sub(type), sub(type)])
  if (choice === 3) {
    const whens = [{ condition: sub(BOOLEAN), result: sub(type) }]
    return ir.caseWhen(whens, sub(type))
  }
  if (choice === 4) return ir.nullIf(sub(type), sub(type), type)
  return type.kind === 'boolean' ? randomPredicate(random, depth) : operation(random, type, sub)
}

function operation(random: Random, type: SqlType, sub: (type: SqlType) => Expression): Expression {
  switch (type.kind) {
    case 'integer':
    case 'bigint':
    case 'double':
    case 'real': {
      const name = random.pick(['$add', '$subtract', '$multiply', '$divide', '$modulus'])
      if (random.int(4) === 0) return ir.cast(sub(random.pick([INTEGER, DOUBLE])), type)
      return call(name, sub(type), sub(type))
    }
    case 'decimal':
      return ir.cast(call(random.pick(['$add', '$multiply']), sub(SHORT), sub(SHORT)), type)
    case 'varchar':
      return random.int(2) === 0
        ? ir.cast(call('substring', sub(VARCHAR), sub(BIGINT)), type)
        : ir.cast(call('lower', sub(VARCHAR)), type)
    case 'timestamp':
      return ir.cast(sub(DATE), type)
    default:
      return sub(type)
  }
}

export function randomPredicate(random: Random, depth: number): Expression {
  const sub = (type: SqlType) => randomExpression(random, type, depth - 1)
  const type = random.pick(CHANNEL_TYPES)
  const escapable = () =>
    ir.constant(VARCHAR, random.pick(['%a%', 'a%', '%b', 'a_b', '%', 'a%b%', '']))
  switch (random.int(7)) {
    case 0:
      return ir.comparison(random.pick(OPERATORS), sub(type), sub(type))
    case 1:
      return ir.logical(random.pick(['and', 'or']), [sub(BOOLEAN), sub(BOOLEAN), sub(BOOLEAN)])
    case 2:
      return ir.not(sub(BOOLEAN))
    case 3:
      return ir.isNull(sub(type))
    case 4: {
      const list = [0, 1, 2].map(() =>
        random.int(3) === 0 ? sub(type) : ir.constant(type, randomValue(random, type)),
      )
      return ir.inList(sub(type), list)
    }
    case 5:
      return ir.between(sub(type), sub(type), sub(type))
    default:
      return call('$like', sub(VARCHAR), escapable())
  }
}

/** A block of random values in a random encoding. */
export function randomBlock(random: Random, type: SqlType, rowCount: number): Block {
  const nulls = random.pick([0, 0.2, 1])
  const value = () => (random.next() < nulls ? null : randomValue(random, type))
  switch (random.int(4)) {
    case 0:
      return { encoding: 'constant', type, rowCount, value: blockOf(type, [value()]) }
    case 1: {
      const size = 1 + random.int(rowCount)
      const dictionary = blockOf(type, Array.from({ length: size }, value))
      const codes = Uint16Array.from({ length: rowCount }, () => random.int(size))
      const bits = Uint8Array.from({ length: (rowCount + 7) >> 3 }, () => random.int(256))
      const validity = random.int(2) === 0 ? null : bits
      return { encoding: 'dictionary', type, rowCount, codes, dictionary, validity }
    }
    default:
      return blockOf(type, Array.from({ length: rowCount }, value))
  }
}
