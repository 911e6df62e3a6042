import { commonSuperType } from '../../../src/expressions/coercion.js'
import { builtinRegistry } from '../../../src/expressions/functions/index.js'
import type { ComparisonOperator, Expression } from '../../../src/expressions/ir.js'
import {
  between,
  call,
  caseWhen,
  cast,
  coalesce,
  coerce,
  comparison,
  constant,
  inList,
  input,
  isNull,
  logical,
  not,
  nullConstant,
  nullIf,
} from '../../../src/expressions/ir-build.js'
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  REAL,
  SMALLINT,
  type SqlType,
  TINYINT,
  timestampType,
  typeName,
  typesEqual,
  VARCHAR,
  type Value,
} from '../../../src/spi/index.js'
import type { Random } from './cells.js'
import { randomDouble, randomText } from './random-blocks.js'

export const registry = builtinRegistry()

export const COLUMN_TYPES: readonly SqlType[] = [
  TINYINT,
  SMALLINT,
  INTEGER,
  BIGINT,
  BIGINT,
  decimalType(12, 2),
  decimalType(12, 2),
  decimalType(18, 4),
  DATE,
  DATE,
  timestampType(3),
  REAL,
  DOUBLE,
  DOUBLE,
  BOOLEAN,
  VARCHAR,
  VARCHAR,
]

const NUMBERS = [
  TINYINT,
  SMALLINT,
  INTEGER,
  BIGINT,
  decimalType(12, 2),
  decimalType(5, 0),
  decimalType(18, 4),
  REAL,
  DOUBLE,
]

export function randomConstant(random: Random, type: SqlType): Value {
  const small = random.below(30) - 10
  switch (type.kind) {
    case 'boolean':
      return random.chance(0.5)
    case 'real':
      return Math.fround(randomDouble(random))
    case 'double':
      return randomDouble(random)
    case 'tinyint':
      return random.pick([small, 127, -128, 0])
    case 'smallint':
      return random.pick([small, 1000, 32_767, -32_768])
    case 'integer':
      return random.pick([small, 100_000, 2_147_483_647, -2_147_483_648])
    case 'date':
      return random.pick([small, 9000, -40_000])
    case 'bigint':
      return random.pick([BigInt(small), 10n ** 10n, 2n ** 63n - 1n, -(2n ** 63n)])
    case 'decimal':
      return random.pick([BigInt(small), 100n, 10n ** BigInt(Math.min(type.precision, 11)) - 1n])
    case 'timestamp':
      return BigInt(random.below(1e9)) * 10n ** 12n
    case 'varchar':
      return randomText(random)
    default:
      throw new Error(`no constants of ${type.kind}`)
  }
}

export interface ExpressionSource {
  readonly random: Random
  readonly columns: readonly SqlType[]
}

export function randomExpression(
  source: ExpressionSource,
  type: SqlType,
  depth: number,
): Expression {
  const { random } = source
  if (depth <= 0 || random.chance(0.15)) return leaf(source, type)
  if (type.kind === 'boolean') return randomCondition(source, depth)
  const generic = random.below(10)
  const sub = (t: SqlType) => randomExpression(source, t, depth - 1)
  if (generic === 0) {
    const whens = Array.from({ length: 1 + random.below(2) }, () => ({
      condition: randomCondition(source, depth - 1),
      result: sub(type),
    }))
    const chosen = random.chance(0.4)
      ? whens.map((w) => ({ ...w, result: constant(type, randomConstant(random, type)) }))
      : whens
    const otherwise = chosen === whens ? sub(type) : constant(type, randomConstant(random, type))
    return caseWhen(chosen, random.chance(0.2) ? nullConstant(type) : otherwise)
  }
  if (generic === 1) return coalesce([sub(type), sub(type)])
  if (generic === 2) return nullIf(sub(type), sub(type), type)
  if (generic === 3) {
    const from = random.pick(castSources(type))
    if (from !== undefined) return cast(sub(from), type, random.chance(0.2))
  }
  return operation(source, type, depth) ?? leaf(source, type)
}

function castSources(type: SqlType): readonly (SqlType | undefined)[] {
  if (type.kind === 'date') return [timestampType(3)]
  if (type.kind === 'timestamp') return [DATE]
  if (type.kind === 'varchar') return [undefined]
  return NUMBERS
}

const DATE_UNITS = ['day', 'week', 'month', 'QUARTER', 'year']
const TIME_UNITS = ['millisecond', 'second', 'Minute', 'hour']

function operation(source: ExpressionSource, type: SqlType, depth: number): Expression | undefined {
  const { random } = source
  const sub = (t: SqlType) => randomExpression(source, t, depth - 1)
  if (type.kind === 'date' || type.kind === 'timestamp') {
    const unit = random.pick([...DATE_UNITS, ...(type.kind === 'timestamp' ? TIME_UNITS : [])])
    return resolved('date_trunc', [constant(VARCHAR, unit), sub(type)], type)
  }
  if (type.kind === 'varchar') {
    if (random.chance(0.5)) return undefined
    return resolved(
      'substring',
      [sub(VARCHAR), constant(BIGINT, BigInt(1 + random.below(3)))],
      type,
    )
  }
  if (type.kind === 'bigint' && random.chance(0.3)) {
    const part = random.pick(['year', 'month', 'day', 'quarter', 'day_of_week', 'day_of_year'])
    return resolved(part, [sub(random.pick([DATE, timestampType(3)]))], type)
  }
  if (type.kind === 'bigint' && random.chance(0.15)) return resolved('length', [sub(VARCHAR)], type)
  const isInteger = ['tinyint', 'smallint', 'integer', 'bigint'].includes(type.kind)
  if (isInteger && random.chance(0.15)) return bits(source, type, sub)
  const name = random.pick([
    '$add',
    '$subtract',
    '$multiply',
    '$divide',
    '$modulus',
    '$negation',
    'abs',
  ])
  if (name === '$negation' || name === 'abs') return resolved(name, [sub(type)], type)
  if (type.kind === 'decimal') {
    const left = sub(random.pick([decimalType(12, 2), decimalType(5, 0)]))
    return resolved(name, [left, sub(decimalType(12, 2))], type)
  }
  return resolved(name, [sub(type), sub(type)], type)
}

function bits(
  { random }: ExpressionSource,
  type: SqlType,
  sub: (type: SqlType) => Expression,
): Expression {
  if (random.chance(0.5)) {
    const name = random.pick(['left_shift', 'right_shift', 'right_shift_arithmetic'])
    return resolved(`bitwise_${name}`, [sub(type), sub(INTEGER)], type)
  }
  if (random.chance(0.2)) return resolved('bitwise_not', [sub(type)], type)
  return resolved(`bitwise_${random.pick(['and', 'or', 'xor'])}`, [sub(type), sub(type)], type)
}

const FALLBACK_NAMES: Readonly<Record<string, string>> = { abs: '$negation' }

function resolved(name: string, args: readonly Expression[], type: SqlType): Expression {
  const known = registry.has(name) ? name : (FALLBACK_NAMES[name] ?? name)
  const fn = registry.resolve(
    known,
    args.map((arg) => arg.type),
  )
  const coerced = args.map((arg, i) => coerce(arg, fn.argumentTypes[i]!))
  const result = call(fn, coerced)
  return typesEqual(result.type, type) ? result : cast(result, type)
}

const COMPARISONS: readonly ComparisonOperator[] = ['=', '<>', '<', '<=', '>', '>=', 'identical']

export function randomCondition(source: ExpressionSource, depth: number): Expression {
  const { random, columns } = source
  if (depth <= 0) return leaf(source, BOOLEAN)
  const type = random.pick(columns)
  const sub = (t: SqlType) => randomExpression(source, t, random.chance(0.6) ? 0 : depth - 1)
  switch (random.below(9)) {
    case 0:
    case 1: {
      const terms = Array.from({ length: 2 + random.below(2) }, () =>
        randomCondition(source, depth - 1),
      )
      return logical(random.pick(['and', 'or']), terms)
    }
    case 2:
      return not(randomCondition(source, depth - 1))
    case 3:
      return isNull(sub(type))
    case 4:
      return between(sub(type), sub(type), sub(type))
    case 5: {
      const items = Array.from({ length: 1 + random.below(10) }, () =>
        random.chance(0.05) ? nullConstant(type) : constant(type, randomConstant(random, type)),
      )
      return inList(sub(type), items)
    }
    case 6:
      if (type.kind === 'varchar') {
        const pattern = random.pick([
          '%special%requests%',
          'forest%',
          '%green',
          'a_%',
          '%',
          'AIR',
          '%a%',
          '%日%',
        ])
        return resolved('$like', [sub(VARCHAR), constant(VARCHAR, pattern)], BOOLEAN)
      }
      return comparison(random.pick(COMPARISONS), sub(type), sub(type))
    default:
      return comparison(random.pick(COMPARISONS), sub(type), sub(type))
  }
}

function leaf(source: ExpressionSource, type: SqlType): Expression {
  const { random, columns } = source
  const channels = columns.flatMap((column, i) => (typesEqual(column, type) ? [i] : []))
  if (channels.length > 0 && random.chance(0.75)) return input(random.pick(channels), type)
  const others = columns.flatMap((column, i) =>
    commonSuperType(column, type) !== undefined && typesEqual(commonSuperType(column, type)!, type)
      ? [i]
      : [],
  )
  if (others.length > 0 && random.chance(0.3)) {
    const channel = random.pick(others)
    return coerce(input(channel, columns[channel]!), type)
  }
  return random.chance(0.05) ? nullConstant(type) : constant(type, randomConstant(random, type))
}

/** A short text of an expression for failure messages. */
export function show(e: Expression): string {
  const parts = (list: readonly Expression[]) => list.map(show).join(', ')
  switch (e.kind) {
    case 'constant':
      return `${typeof e.value === 'string' ? JSON.stringify(e.value) : String(e.value)}:${typeName(e.type)}`
    case 'input':
      return `#${e.channel}:${typeName(e.type)}`
    case 'call':
      return `${e.function.name}(${parts(e.args)}):${typeName(e.type)}`
    case 'cast':
      return `${e.safe ? 'try_' : ''}cast(${show(e.arg)} as ${typeName(e.type)})`
    case 'comparison':
      return `(${show(e.left)} ${e.operator} ${show(e.right)})`
    case 'logical':
      return `(${e.terms.map(show).join(` ${e.operator} `)})`
    case 'not':
    case 'isNull':
      return `${e.kind}(${show(e.arg)})`
    case 'case':
      return `case(${e.whens.map((w) => `${show(w.condition)} -> ${show(w.result)}`).join('; ')}; ${show(e.otherwise)})`
    case 'coalesce':
      return `coalesce(${parts(e.args)})`
    case 'nullIf':
      return `nullif(${show(e.first)}, ${show(e.second)})`
    case 'in':
      return `(${show(e.value)} in ${parts(e.list)})`
    case 'between':
      return `(${show(e.value)} between ${show(e.min)} and ${show(e.max)})`
    default:
      return e.kind
  }
}
