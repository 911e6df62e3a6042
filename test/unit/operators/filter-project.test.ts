import { describe, expect, test } from 'vitest'
import { comparison, constant, input } from '../../../src/expressions/ir-build.js'
import { FilterProjectOperator } from '../../../src/operators/filter-project.js'
import type { OperatorContext } from '../../../src/operators/operator.js'
import type { FilterProjectSpec } from '../../../src/operators/spec.js'
import { INTEGER, type Page, VARCHAR } from '../../../src/spi/index.js'
import { operatorContext, queryMemory } from '../../support/operator-environment.js'
import { operatorProperty, operatorTest, rowsOf, toPage } from '../../support/operator-test.js'
import { page } from '../../support/page-literal.js'
import { randomTypes } from '../../support/random-page.js'
import { randomValue } from '../../support/random-value.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'

const POSITIVE = comparison('>', input(0, INTEGER), constant(INTEGER, 0))

const make =
  (spec: Pick<FilterProjectSpec, 'filter' | 'projections' | 'joinsSmallPages'>) =>
  (context: OperatorContext) =>
    new FilterProjectOperator({ kind: 'filterProject', planNodeId: '1', ...spec }, context)

const SWAPPED = [input(1, VARCHAR), input(0, INTEGER)]

describe('filter and project', () => {
  for (const joined of [{}, { joinsSmallPages: true }] as const) {
    operatorTest(`keeps rows of which the filter is true ${Object.keys(joined)}`, {
      input: page`integer varchar | 1 a | -1 b | NULL c | 2 NULL | 3 a | 0 a`,
      make: make({ filter: POSITIVE, projections: SWAPPED, ...joined }),
      expect: page`varchar integer | a 1 | NULL 2 | a 3`,
    })
  }

  const random = createRandom(SEED)
  const types = [INTEGER, ...randomTypes(random, 4)]
  operatorProperty('small pages that are put together are the same rows in the same order', {
    types,
    randomRow: (r) => types.map((type) => randomValue(r, type)),
    make: make({
      filter: POSITIVE,
      projections: types.map((type, channel) => input(channel, type)),
      joinsSmallPages: true,
    }),
    environment: () => ({ settings: { outputPageRows: 50 } }),
    reference: (rows) => rows.filter(([first]) => (first as number | null) !== null && first! > 0),
  })
})

describe('small pages', () => {
  /** Rows of each output page, for input pages of so many rows that the filter keeps. */
  function outputRows(keptRows: readonly number[], joinsSmallPages: boolean) {
    const memory = queryMemory()
    const spec = { filter: POSITIVE, projections: [input(0, INTEGER)] }
    const operator = make(joinsSmallPages ? { ...spec, joinsSmallPages } : spec)(
      operatorContext(memory, { settings: { outputPageRows: 100 } }),
    )
    const arena = memory.createArena()
    const pages: Page['rowCount'][] = []
    const values: unknown[] = []
    const take = (outputs: Iterable<Page>) => {
      for (const output of outputs) {
        pages.push(output.rowCount)
        values.push(...rowsOf(output).flat())
      }
    }
    let next = 1
    for (const kept of keptRows) {
      arena.reset()
      const rows = Array.from({ length: kept * 2 }, (_, i) => [i % 2 === 0 ? next++ : -1])
      take(operator.process(toPage({ types: [INTEGER], rows }, 'flat', arena, createRandom(1))))
    }
    take(operator.finish())
    operator.close()
    memory.releaseAll()
    expect(values).toEqual(Array.from({ length: next - 1 }, (_, i) => i + 1))
    return pages
  }

  test('become pages that are at least three quarters full, and the rest comes at the end', () => {
    expect(outputRows(Array<number>(12).fill(20), true)).toEqual([80, 80, 80])
    expect(outputRows([1, 0, 2], true)).toEqual([3])
    expect(outputRows([], true)).toEqual([])
  })

  test('come before a larger one that follows them', () => {
    expect(outputRows([3, 4, 25, 100, 24], true)).toEqual([7, 25, 100, 24])
  })

  test('stay as they are where rows may be waited for', () => {
    expect(outputRows([3, 4, 25], false)).toEqual([3, 4, 25])
  })
})
