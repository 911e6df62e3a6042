import { describe, expect, it } from 'vitest'
import { compileFilter, compileProjection } from '../../../../src/expressions/compile.js'
import type { Expression } from '../../../../src/expressions/ir.js'
import {
  call,
  caseWhen,
  cast,
  coalesce,
  comparison,
  constant,
  input,
  isNull,
  logical,
} from '../../../../src/expressions/ir-build.js'
import {
  BIGINT,
  type Block,
  blockOf,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  MillraceError,
  type Page,
  page,
  readValue,
  SMALLINT,
  type SqlType,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const arena = sharedArena()
const MAX = 2n ** 63n - 1n
const MIN = -(2n ** 63n)

const apply = (name: string, ...args: readonly Expression[]): Expression =>
  call(
    registry.resolve(
      name,
      args.map((arg) => arg.type),
    ),
    args,
  )

const columns = (...blocks: readonly [SqlType, readonly Value[]][]): Page =>
  page(blocks.map(([type, values]) => blockOf(type, values, arena)))

function project(e: Expression, of: Page): Block {
  const projection = compileProjection(e, { registry, target: 'wasm' })
  expect(projection.engine).toBe('wasm')
  return projection.project(of, arena)
}

const values = (e: Expression, of: Page): Value[] => {
  const block = project(e, of)
  return Array.from({ length: block.rowCount }, (_, i) => readValue(block, i))
}

function failure(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
  return 'none'
}

const select = (e: Expression, of: Page): number[] => {
  const filter = compileFilter(e, { registry, target: 'wasm' })
  const { count, positions } = filter.filter(of, arena)
  expect(filter.count(of, arena)).toBe(count)
  return positions === null
    ? Array.from({ length: count }, (_, i) => i)
    : [...positions.subarray(0, count)]
}

describe('overflow', () => {
  const a = input(0, BIGINT)
  const b = input(1, BIGINT)
  const cases: readonly (readonly [string, bigint, bigint, bigint | null])[] = [
    ['$add', MAX, 0n, MAX],
    ['$add', MAX, 1n, null],
    ['$add', MIN, -1n, null],
    ['$subtract', MIN, 0n, MIN],
    ['$subtract', MIN, 1n, null],
    ['$subtract', 0n, MIN, null],
    ['$multiply', MIN, 1n, MIN],
    ['$multiply', MIN, -1n, null],
    ['$multiply', -1n, MIN, null],
    ['$multiply', 2n ** 32n, 2n ** 31n, null],
    ['$multiply', -(2n ** 32n), 2n ** 31n, MIN],
    ['$multiply', 3_037_000_500n, 3_037_000_500n, null],
    ['$divide', MIN, -1n, null],
    ['$divide', MIN, 1n, MIN],
    ['$modulus', MIN, -1n, 0n],
  ]

  it('of BIGINT stops at 2^63', () => {
    for (const [name, x, y, expected] of cases) {
      const e = apply(name, a, b)
      // Among other rows, so that neither column is a constant.
      const of = columns([BIGINT, [1n, x]], [BIGINT, [1n, y]])
      if (expected === null) {
        expect(
          failure(() => project(e, of)),
          `${name} ${x} ${y}`,
        ).toBe('NUMERIC_VALUE_OUT_OF_RANGE')
      } else expect(values(e, of)[1], `${name} ${x} ${y}`).toBe(expected)
    }
  })

  it('does not happen where an operand is null', () => {
    const of = columns([BIGINT, [null, MAX, 1n]], [BIGINT, [MAX, null, 2n]])
    expect(values(apply('$add', a, b), of)).toEqual([null, null, 3n])
    expect(
      values(apply('$divide', a, b), columns([BIGINT, [1n, null]], [BIGINT, [null, 0n]])),
    ).toEqual([null, null])
  })

  it('of narrower types stops at their limits', () => {
    const x = input(0, SMALLINT)
    const of = columns([SMALLINT, [1, 20_000]])
    expect(failure(() => project(apply('$add', x, x), of))).toBe('NUMERIC_VALUE_OUT_OF_RANGE')
    expect(values(apply('$add', x, x), columns([SMALLINT, [1, 16_383]]))).toEqual([2, 32_766])
    const i = input(0, INTEGER)
    const negated = apply('$negation', i)
    expect(failure(() => project(negated, columns([INTEGER, [-(2 ** 31), 0]])))).toBe(
      'NUMERIC_VALUE_OUT_OF_RANGE',
    )
  })

  it('of decimals: products beyond 64 bits are exact', () => {
    const type = decimalType(18, 2)
    const x = input(0, type)
    const big = 999_999_999_999_999_999n
    const product = apply('$multiply', x, x)
    expect(values(product, columns([type, [big, 5n]]))).toEqual([big * big, 25n])
    const small = project(product, columns([type, [1_000n, -2_000n]]))
    expect(small).toMatchObject({ storage: 'i32', bounds: { min: -2_000_000, max: 4_000_000 } })
  })

  it('of casts is an invalid cast, or out of range, as the interpreter says', () => {
    const x = input(0, decimalType(12, 2))
    const of = columns([decimalType(12, 2), [100n, 99_999_999_950n]])
    const tooShort = cast(x, decimalType(5, 2))
    expect(failure(() => project(tooShort, of))).toBe('INVALID_CAST_ARGUMENT')
    expect(values(cast(x, BIGINT), of)).toEqual([1n, 1_000_000_000n])
    const d = input(0, DOUBLE)
    expect(failure(() => project(cast(d, BIGINT), columns([DOUBLE, [1, 1e19]])))).toBe(
      'INVALID_CAST_ARGUMENT',
    )
    expect(values(cast(d, BIGINT), columns([DOUBLE, [0.5, -2.5, 1.4999]]))).toEqual([1n, -3n, 1n])
  })
})

describe('guards', () => {
  const a = input(0, BIGINT)
  const b = input(1, BIGINT)
  const quotient = apply('$divide', a, b)
  const one = constant(BIGINT, 1n)
  const zero = constant(BIGINT, 0n)
  const of = columns([BIGINT, [10n, 7n, null, 8n]], [BIGINT, [2n, 0n, 0n, 4n]])

  it('keep CASE, COALESCE, AND and OR from failing', () => {
    const nonZero = comparison('<>', b, zero)
    expect(values(caseWhen([{ condition: nonZero, result: quotient }], one), of)).toEqual([
      5n,
      1n,
      1n,
      2n,
    ])
    expect(values(coalesce([a, quotient]), columns([BIGINT, [1n]], [BIGINT, [0n]]))).toEqual([1n])
    const guarded = logical('and', [nonZero, comparison('>', quotient, constant(BIGINT, 2n))])
    expect(values(guarded, of)).toEqual([true, false, false, false])
    const either = logical('or', [comparison('=', b, zero), comparison('>', quotient, one)])
    expect(values(either, of)).toEqual([true, true, true, true])
  })

  it('keep conjuncts of a filter from failing, in the order written', () => {
    const text = comparison('=', input(2, VARCHAR), constant(VARCHAR, 'x'))
    const withText = page([...of.blocks, blockOf(VARCHAR, ['x', 'y', 'x', 'x'], arena)])
    const positive = comparison('>', quotient, one)
    expect(select(logical('and', [comparison('<>', b, zero), positive]), of)).toEqual([0, 3])
    expect(select(logical('and', [text, positive]), withText)).toEqual([0, 3])
    expect(failure(() => select(positive, of))).toBe('DIVISION_BY_ZERO')
  })

  it('do not fail for dictionary entries that no row uses', () => {
    const dictionary = blockOf(BIGINT, [4n, 0n, 2n], arena)
    const block: Block = {
      encoding: 'dictionary',
      type: BIGINT,
      rowCount: 4,
      codes: Uint8Array.of(0, 2, 2, 0),
      dictionary,
      validity: null,
    }
    const inverse = apply('$divide', constant(BIGINT, 8n), a)
    expect(values(inverse, page([block]))).toEqual([2n, 4n, 4n, 2n])
    expect(select(comparison('=', inverse, constant(BIGINT, 4n)), page([block]))).toEqual([1, 2])
    const used = { ...block, codes: Uint8Array.of(0, 1, 2, 0) }
    expect(failure(() => project(inverse, page([used])))).toBe('DIVISION_BY_ZERO')
  })
})

describe('bounds', () => {
  it('decide filters without reading the column', () => {
    const x = input(0, DATE)
    const of = columns([DATE, [100, 200, 300]])
    expect(select(comparison('>', x, constant(DATE, 300)), of)).toEqual([])
    expect(
      compileFilter(comparison('>=', x, constant(DATE, 100)), { registry }).filter(of, arena)
        .positions,
    ).toBeNull()
    const nullable = columns([DATE, [100, null, 300]])
    expect(select(comparison('>=', x, constant(DATE, 100)), nullable)).toEqual([0, 2])
    expect(select(isNull(x), nullable)).toEqual([1])
  })

  it('narrow the storage of results', () => {
    const year = apply('year', input(0, DATE))
    const block = project(year, columns([DATE, [8035, 10_561]]))
    expect(block).toMatchObject({ storage: 'i16', bounds: { min: 1992, max: 1998 } })
  })
})
