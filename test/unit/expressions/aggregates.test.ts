import { describe, expect, it } from 'vitest'
import type {
  Accumulator,
  AggregateFunctionDefinition,
  LambdaValue,
} from '../../../src/expressions/function-definition.js'
import { BUILTIN_FUNCTIONS, builtinRegistry } from '../../../src/expressions/functions/index.js'
import { DEFAULT_SESSION } from '../../../src/expressions/session-context.js'
import { parseType } from '../../../src/expressions/type-signature.js'
import { blockOf } from '../../../src/spi/page/block-builder.js'
import { readValue } from '../../../src/spi/page/block-value.js'
import { type SqlType, typeName } from '../../../src/spi/type/type.js'
import type { MapValue, Value } from '../../../src/spi/type/value.js'
import { point } from '../../../src/values/geometry/shape.js'
import { writeWkb } from '../../../src/values/geometry/wkb.js'
import { SEED } from '../../support/seed.js'
import { randomOf, randomValue } from './support/random-expression.js'

const registry = builtinRegistry()

/** Types for the arguments of each aggregate; others than these take any of ANY. */
const ANY = ['bigint', 'double', 'varchar', 'decimal(10,2)', 'date', 'timestamp(6)']
const ARGUMENTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  count: [[], ['integer'], ['varchar']],
  count_if: [['boolean']],
  bool_and: [['boolean']],
  bool_or: [['boolean']],
  sum: [['bigint'], ['double'], ['real'], ['decimal(10,2)']],
  avg: [['bigint'], ['double'], ['real'], ['decimal(10,2)']],
  max: [...ANY.map((type) => [type]), ['varchar', 'bigint']],
  min: [...ANY.map((type) => [type]), ['varchar', 'bigint']],
  max_by: [
    ['varchar', 'double'],
    ['bigint', 'varchar'],
    ['varchar', 'bigint', 'bigint'],
  ],
  min_by: [
    ['varchar', 'double'],
    ['bigint', 'varchar'],
    ['varchar', 'bigint', 'bigint'],
  ],
  covar_pop: [
    ['double', 'double'],
    ['real', 'real'],
  ],
  covar_samp: [['double', 'double']],
  corr: [['double', 'double']],
  regr_slope: [['double', 'double']],
  regr_intercept: [['double', 'double']],
  map_agg: [
    ['varchar', 'bigint'],
    ['bigint', 'varchar'],
  ],
  multimap_agg: [['varchar', 'bigint']],
  approx_percentile: [
    ['bigint', 'double'],
    ['double', 'double'],
  ],
  approx_distinct: ANY.map((type) => [type]),
  approx_set: [['bigint'], ['varchar']],
  make_set_digest: [['bigint'], ['varchar'], ['date']],
  bitwise_and_agg: [['bigint']],
  bitwise_or_agg: [['bigint']],
  bitwise_xor_agg: [['bigint']],
  geometric_mean: [['double']],
  geometry_union_agg: [['geometry']],
  convex_hull_agg: [['geometry']],
  spatial_partitioning: [['geometry']],
}
const NUMERIC = ['variance', 'var_pop', 'stddev', 'stddev_pop', 'skewness', 'kurtosis']
/** Called with other things than columns of simple types; covered by statements. */
const ELSEWHERE = new Set([
  'reduce_agg',
  'listagg',
  'merge',
  'map_union',
  // Approximations, whose parts only come near the whole: sketches.test.ts.
  'numeric_histogram',
  'approx_most_frequent',
  'tdigest_agg',
  'qdigest_agg',
  'merge_set_digest',
])

const argumentsOf = (name: string): readonly (readonly string[])[] =>
  ARGUMENTS[name] ?? (NUMERIC.includes(name) ? [['double'], ['bigint']] : ANY.map((type) => [type]))

function rowValue(
  name: string,
  type: SqlType,
  index: number,
  random: ReturnType<typeof randomOf>,
): Value {
  if (random.int(6) === 0) return null
  if (index === 1 && name === 'approx_percentile') return 0.5
  if (
    type.kind === 'bigint' &&
    index === (name.endsWith('_by') ? 2 : 1) &&
    /^m(ax|in)/.test(name)
  ) {
    return 3n
  }
  if (type.kind === 'double' || type.kind === 'real') return random.int(100) / 4
  if (type.kind === 'bigint') return BigInt(random.int(50) - 25)
  if (type.kind === 'geometry') return writeWkb(point(random.int(9), random.int(9)))
  return randomValue(random, type)
}

/** Doubles are added up in another order. */
function close(actual: Value, expected: Value): boolean {
  if (typeof actual === 'number' && typeof expected === 'number') {
    if (Object.is(actual, expected)) return true
    return Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected))
  }
  return JSON.stringify(plain(actual)) === JSON.stringify(plain(expected))
}

function plain(value: Value): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return value.map(plain)
  if (value !== null && typeof value === 'object' && 'values' in value && 'keys' in value) {
    const map = value as MapValue
    if (Array.isArray(map.keys))
      return map.keys.map((key, i) => [plain(key), plain(map.values[i]!)])
  }
  return value
}

const aggregates = BUILTIN_FUNCTIONS.filter(
  (definition): definition is AggregateFunctionDefinition => definition.kind === 'aggregate',
)
const cases = aggregates
  .filter(({ name }) => !ELSEWHERE.has(name))
  .flatMap(({ name }) => argumentsOf(name).map((types) => [name, types] as const))

describe(`aggregates in parts are aggregates of all rows, seed ${SEED}`, () => {
  it.each(cases)('%s(%s)', (name, typeTexts) => {
    const random = randomOf(SEED)
    const types = typeTexts.map(parseType)
    const resolved = registry.resolve(name, types)
    const { kind, overload } = registry.find(resolved.id)
    if (kind !== 'aggregate') throw new Error(`${name} is no aggregate`)
    const intermediateType = registry.intermediateType(resolved)
    const lambdas: (LambdaValue | undefined)[] = types.map(() => undefined)
    const { argumentTypes, returnType } = resolved
    const call = { argumentTypes, returnType, intermediateType, lambdas, session: DEFAULT_SESSION }
    for (const rowCount of [0, 1, 2, 30]) {
      // Accumulators may be bound once and used for many groups.
      const accumulator = overload.bind(call) as Accumulator<unknown>
      const rows = Array.from({ length: rowCount }, () =>
        types.map((type, i) => rowValue(name, type, i, random)),
      )
      const skips = (overload.nulls ?? 'skip') === 'skip'
      const added = skips ? rows.filter((row) => !row.includes(null)) : rows
      const add = (part: readonly Value[][]) =>
        part.reduce((state, row) => accumulator.add(state, ...row), accumulator.create())
      const whole = accumulator.finish(add(added))
      const cut = random.int(added.length + 1)
      const parts = [added.slice(0, cut), added.slice(cut)].map((part) => {
        const stored = accumulator.serialize(add(part))
        const block = blockOf(intermediateType, [stored])
        return accumulator.deserialize(readValue(block, 0))
      })
      const combined = accumulator.combine(
        accumulator.combine(accumulator.create(), parts[0]),
        parts[1],
      )
      const result = accumulator.finish(combined)
      const message = `${rowCount} rows: ${JSON.stringify(plain(result))} is not ${JSON.stringify(plain(whole))}`
      expect(close(result, whole), message).toBe(true)
      expect(readValue(blockOf(returnType, [whole]), 0), typeName(returnType)).toEqual(whole)
    }
  })

  it('covers every aggregate', () => {
    const covered = new Set<string>(cases.map(([name]) => name))
    const missing = aggregates.filter(({ name }) => !covered.has(name) && !ELSEWHERE.has(name))
    expect(missing.map(({ name }) => name)).toEqual([])
  })
})

describe('sums', () => {
  const total = (type: string, values: readonly Value[]): Value => {
    const types = [parseType(type)]
    const resolved = registry.resolve('sum', types)
    const { overload, kind } = registry.find(resolved.id)
    if (kind !== 'aggregate') throw new Error('sum is an aggregate')
    const accumulator = overload.bind({
      ...resolved,
      intermediateType: registry.intermediateType(resolved),
      lambdas: [],
      session: DEFAULT_SESSION,
    }) as Accumulator<unknown>
    return accumulator.finish(
      values.reduce((state: unknown, value) => accumulator.add(state, value), accumulator.create()),
    )
  }
  it('fail where they leave their type', () => {
    expect(() => total('bigint', [9223372036854775807n, 1n])).toThrow(
      'bigint addition overflow: 9223372036854775807 + 1',
    )
    expect(() => total('decimal(38,0)', [10n ** 38n - 1n, 1n])).toThrow('Decimal overflow')
    expect(total('decimal(38,0)', [10n ** 38n - 1n, 1n, -1n])).toBe(10n ** 38n - 1n)
  })
  it('of nothing are NULL', () => {
    expect(total('bigint', [])).toBe(null)
  })
})
