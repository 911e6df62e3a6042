import { describe, expect, it } from 'vitest'
import { compileInterpreted } from '../../../src/expressions/interpreter.js'
import type { Expression } from '../../../src/expressions/ir.js'
import { compileJsFilter, compileJsProjection } from '../../../src/expressions/js/compile-js.js'
import { heapArena } from '../../../src/spi/connector/memory.js'
import { MillraceError } from '../../../src/spi/error.js'
import { readValue } from '../../../src/spi/page/block-value.js'
import { type Page, page } from '../../../src/spi/page/page.js'
import type { Value } from '../../../src/spi/type/value.js'
import { SEED } from '../../support/seed.js'
import {
  CHANNEL_TYPES,
  randomBlock,
  randomExpression,
  randomOf,
  randomPredicate,
  registry,
} from './support/random-expression.js'

const FIRST_SEED = SEED
const SEEDS = Array.from({ length: 40 }, (_, i) => FIRST_SEED + i)

/** Values, or the first error of the rows in order. */
function outcome(run: () => readonly Value[]): unknown {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return `${error.code}: ${error.message}`
  }
}

function interpret(expression: Expression, input: Page): readonly Value[] {
  const run = compileInterpreted(expression, { registry })
  return Array.from({ length: input.rowCount }, (_, i) =>
    run(input.blocks.map((block) => readValue(block, i))),
  )
}

describe('generated code agrees with the interpreter', () => {
  it.each(SEEDS)('on projections, seed %i', (seed) => {
    const random = randomOf(seed)
    for (let round = 0; round < 25; round++) {
      const expression = randomExpression(random, random.pick(CHANNEL_TYPES), 4)
      const compiled = compileJsProjection(expression, { registry })
      for (let pages = 0; pages < 3; pages++) {
        const rowCount = 1 + random.int(40)
        const input = page(CHANNEL_TYPES.map((type) => randomBlock(random, type, rowCount)))
        const expected = outcome(() => interpret(expression, input))
        const actual = outcome(() => {
          const block = compiled(input, heapArena())
          expect(block.rowCount).toBe(rowCount)
          return Array.from({ length: rowCount }, (_, i) => readValue(block, i))
        })
        expect(actual, `seed ${seed}, round ${round}`).toEqual(expected)
      }
    }
  })

  it.each(SEEDS)('on filters, seed %i', (seed) => {
    const random = randomOf(seed)
    for (let round = 0; round < 25; round++) {
      const predicate = randomPredicate(random, 4)
      const compiled = compileJsFilter(predicate, { registry })
      const rowCount = 1 + random.int(40)
      const input = page(CHANNEL_TYPES.map((type) => randomBlock(random, type, rowCount)))
      const expected = outcome(() =>
        interpret(predicate, input).flatMap((value, i) => (value === true ? [i] : [])),
      )
      const positions = new Int32Array(rowCount)
      const actual = outcome(() => [...positions.subarray(0, compiled(input, positions))])
      expect(actual, `seed ${seed}, round ${round}`).toEqual(expected)
    }
  })
})
