import { expect, test } from 'vitest'
import { compileProjection } from '../../../../src/expressions/compile.js'
import { call, constant, input } from '../../../../src/expressions/ir-build.js'
import {
  type Block,
  blockOf,
  DATE,
  page,
  readValue,
  varcharType,
} from '../../../../src/spi/index.js'
import { civilOfDays, dayOfYear, daysOfCivil } from '../../../../src/values/civil.js'
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

function valuesOf(name: string, days: Block, ...literals: string[]): (number | null)[] {
  const args = literals.map((text) => constant(varcharType(text.length), text))
  const given = [...args, input(0, DATE)]
  const types = given.map((arg) => arg.type)
  const e = call(registry.resolve(name, types), given)
  const projection = compileProjection(e, { registry, target: 'wasm' })
  expect(projection.engine).toBe('wasm')
  const block = projection.project(page([days]), arena)
  return Array.from({ length: block.rowCount }, (_, i) => Number(readValue(block, i)))
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
