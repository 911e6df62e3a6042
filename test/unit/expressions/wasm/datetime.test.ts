import { expect, test } from 'vitest'
import { compileProjection } from '../../../../src/expressions/compile.js'
import type { Expression } from '../../../../src/expressions/ir.js'
import { call, cast, constant, input } from '../../../../src/expressions/ir-build.js'
import {
  type Block,
  blockOf,
  DATE,
  page,
  readValue,
  timestampType,
  varcharType,
} from '../../../../src/spi/index.js'
import { civilOfDays, dayOfYear, daysOfCivil } from '../../../../src/values/civil.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const arena = sharedArena()
const DAYS_PER_ERA = 146_097
const COUNT = 1500

/** Days around the ends of centuries, eras and 32 bits, and of a leap year in each. */
const starts = [
  -(2 ** 31),
  -719_468 - COUNT / 2,
  -719_468 + DAYS_PER_ERA - COUNT / 2,
  -719_468 - 20 * DAYS_PER_ERA - COUNT / 2,
  10_957 - COUNT / 2,
  47_482 - COUNT / 2,
  2 ** 31 - COUNT,
]

function valuesOf(name: string, days: Block, ...literals: string[]): number[] {
  const args = literals.map((text) => constant(varcharType(text.length), text))
  const given = [...args, input(0, DATE)]
  const types = given.map((arg) => arg.type)
  return results(call(registry.resolve(name, types), given), days).map(Number)
}

/** What kernels give for a column, as bigints. */
function results(e: Expression, column: Block): bigint[] {
  const projection = compileProjection(e, { registry, target: 'wasm' })
  expect(projection.engine).toBe('wasm')
  const block = projection.project(page([column]), arena)
  return Array.from({ length: block.rowCount }, (_, i) => {
    const value = readValue(block, i)
    return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : -1n
  })
}

test('the calendar of kernels, day by day', () => {
  for (const start of starts) {
    arena.reset()
    const days = Array.from({ length: COUNT }, (_, i) => start + i)
    const block = blockOf(DATE, days, arena)
    const civil = days.map(civilOfDays)
    expect(valuesOf('year', block), `from ${start}`).toEqual(civil.map(({ year }) => year))
    expect(valuesOf('month', block)).toEqual(civil.map(({ month }) => month))
    expect(valuesOf('day', block)).toEqual(civil.map(({ day }) => day))
    expect(valuesOf('day_of_year', block)).toEqual(days.map(dayOfYear))
    // Before the first whole year of 32 bits there is no date to truncate to.
    if (start === -(2 ** 31)) continue
    const firstOf = (month: (of: number) => number) =>
      civil.map((date) => daysOfCivil(date.year, month(date.month), 1))
    expect(valuesOf('date_trunc', block, 'month')).toEqual(firstOf((month) => month))
    expect(valuesOf('date_trunc', block, 'QUARTER')).toEqual(
      firstOf((month) => month - ((month - 1) % 3)),
    )
    expect(valuesOf('date_trunc', block, 'Year')).toEqual(firstOf(() => 1))
  }
})

const MICROS = timestampType(6)
const PICOS_PER_MICRO = 1_000_000n
const floorDivide = (a: bigint, b: bigint) => a / b - (a % b < 0n ? 1n : 0n)
const modulo = (a: bigint, b: bigint) => ((a % b) + b) % b
const HOUR = 3_600_000_000n
const DAY = 24n * HOUR

test(`fields of timestamps next to their units, as far as doubles and 64 bits hold them, from seed ${SEED}`, () => {
  const random = createRandom(SEED)
  for (const limit of [2n ** 31n, 2n ** 52n, 2n ** 53n - 1n, 2n ** 53n + HOUR, 2n ** 62n]) {
    arena.reset()
    const near = Array.from({ length: 500 }, () => {
      const any = BigInt(Math.floor((random.next() - 0.5) * Number(limit)))
      const unit = random.pick([1_000_000n, 60_000_000n, HOUR, DAY])
      return floorDivide(any, unit) * unit + BigInt(random.below(3) - 1)
    })
    const micros = [limit, -limit, limit - 1n, 1n - limit, 0n, -1n, ...near]
    const block = blockOf(
      MICROS,
      micros.map((value) => value * PICOS_PER_MICRO),
      arena,
    )
    const of = (name: string, ...literals: string[]) => {
      const args = [
        ...literals.map((text) => constant(varcharType(text.length), text)),
        input(0, MICROS),
      ]
      return results(
        call(
          registry.resolve(
            name,
            args.map(({ type }) => type),
          ),
          args,
        ),
        block,
      )
    }
    const field = (unit: bigint, count: bigint) =>
      micros.map((value) => modulo(floorDivide(value, unit), count))
    expect(of('hour'), `up to ${limit}`).toEqual(field(HOUR, 24n))
    expect(of('minute')).toEqual(field(60_000_000n, 60n))
    expect(of('second')).toEqual(field(1_000_000n, 60n))
    expect(of('date_trunc', 'hour')).toEqual(
      micros.map((value) => floorDivide(value, HOUR) * HOUR * PICOS_PER_MICRO),
    )
    if (limit > 2n ** 60n) continue
    expect(results(cast(input(0, MICROS), DATE), block)).toEqual(
      micros.map((value) => floorDivide(value, DAY)),
    )
  }
})
