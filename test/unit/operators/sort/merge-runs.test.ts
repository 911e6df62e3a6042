import { describe, expect, test } from 'vitest'
import { RunMerger } from '../../../../src/operators/sort/merge-runs.js'
import { PageMerger } from '../../../../src/operators/sort/page-merger.js'
import { IndexedRun } from '../../../../src/operators/sort/run-cuts.js'
import type { ChannelOrder } from '../../../../src/operators/spec.js'
import { BIGINT, DOUBLE, decimalType, VARCHAR } from '../../../../src/spi/index.js'
import { queryMemory } from '../../../support/operator-environment.js'
import { expectRows, rowsOf, toPage } from '../../../support/operator-test.js'
import type { Row } from '../../../support/page-literal.js'
import { fewOutcomes, randomValue } from '../../../support/random-value.js'
import { compareRowsBy } from '../../../support/reference-order.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

const TYPES = [VARCHAR, decimalType(38, 1), DOUBLE, BIGINT]
const ENCODINGS = ['flat', 'constant', 'dictionary', 'selected'] as const

function randomRun(random: Random, orderBy: readonly ChannelOrder[], index: number): Row[] {
  const rows = Array.from({ length: random.pick([0, 1, 5, 200]) }, (_, i): Row => {
    const source = random.chance(0.6) ? fewOutcomes(random) : random
    return [...TYPES.slice(0, 3).map((type) => randomValue(source, type)), BigInt(index * 1000 + i)]
  })
  return rows.sort(compareRowsBy(orderBy, TYPES))
}

describe('merging runs', () => {
  const start = SEED
  test(`random runs from seed ${start}`, () => {
    for (let seed = start; seed < start + 150; seed++) {
      const random = createRandom(seed)
      const memory = queryMemory()
      const arena = memory.createArena()
      const orderBy = [0, 1, 2].map((channel) => ({
        channel,
        ascending: random.chance(0.5),
        nullsFirst: random.chance(0.5),
      }))
      orderBy.splice(0, random.below(3))
      const runs = Array.from({ length: random.below(5) }, (_, i) => randomRun(random, orderBy, i))
      const pageRows = random.pick([1, 7, 1000])
      const pages = runs.map((rows) => {
        const size = random.pick([1, 3, 1000])
        return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
          toPage(
            { types: TYPES, rows: rows.slice(i * size, (i + 1) * size) },
            random.pick(ENCODINGS),
            arena,
            random,
          ),
        )
      })
      const merger = new RunMerger(
        pages.map((run) => run.values()),
        orderBy,
        TYPES,
        pageRows,
        () => memory.createArena(),
      )
      const rows: Row[] = []
      for (let page = merger.next(); page !== undefined; page = merger.next()) {
        expect(page.rowCount, `seed ${seed}`).toBeLessThanOrEqual(pageRows)
        rows.push(...rowsOf(page))
      }
      merger.close()
      const expected = runs.flat().sort(compareRowsBy(orderBy, TYPES))
      expectRows(rows, expected)
      // Several mergers make the same pages in turns, whichever comes first.
      const step = random.pick([1, 2, 5])
      const made: Row[][] = []
      for (let first = step - 1; first >= 0; first--) {
        const indexed = pages.map(
          (run) =>
            new IndexedRun(
              run.map((page) => page.rowCount),
              (index) => run[index]!,
            ),
        )
        const turns = { first, step }
        const createArena = () => memory.createArena()
        const own = new PageMerger(indexed, orderBy, TYPES, pageRows, turns, createArena)
        for (let at = first, page = own.next(); page !== undefined; at += step, page = own.next()) {
          made[at] = rowsOf(page)
        }
        own.close()
      }
      expect(made.slice(0, -1).every((page) => page.length === pageRows)).toBe(true)
      expectRows(made.flat(), expected)
      arena.close()
      expect(memory.usedBytes).toBe(0)
    }
  })
})
