import { describe, expect, it } from 'vitest'
import { compileFilter, compileProjection } from '../../../src/expressions/compile.js'
import type { Expression } from '../../../src/expressions/ir.js'
import { compiledModules } from '../../../src/expressions/wasm/module-cache.js'
import {
  type Block,
  heapArena,
  MillraceError,
  type Page,
  page,
  readValue,
  type Value,
} from '../../../src/spi/index.js'
import { SEED } from '../../support/seed.js'
import { createRandom, type Random, readCell } from '../kernel-support/cells.js'
import { randomBlock, sharedArena } from '../kernel-support/random-blocks.js'
import {
  COLUMN_TYPES,
  randomCondition,
  randomExpression,
  registry,
  show,
} from '../kernel-support/random-expressions.js'

const firstSeed = SEED
const rounds = Number(process.env['MILLRACE_ROUNDS'] ?? 1500)
const arena = sharedArena()

type Outcome<T> = { readonly value: T } | { readonly error: string }

function attempt<T>(run: () => T): Outcome<T> {
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof MillraceError) return { error: `${error.code}: ${error.message}` }
    return { error: String(error) }
  }
}

function randomPage(random: Random): Page {
  const rowCount = random.pick([1, 3, 15, 16, 17, 40, 100])
  const magnitudes = random.pick([
    [10],
    [10, 100],
    [100, 30_000],
    [30_000, 2e9],
    [10, 1e13, 9.2e18],
  ])
  const nulls = random.chance(0.4) ? { nulls: 0 } : {}
  const encodings = random.chance(0.3) ? { encodings: ['flat'] as const } : {}
  const blocks = COLUMN_TYPES.map((type) =>
    randomBlock(random, type, rowCount, random.chance(0.9) ? arena : heapArena(), {
      magnitudes,
      ...nulls,
      ...encodings,
    }),
  )
  return page(blocks, rowCount)
}

/** Bounds may be wider than the truth, never narrower. */
function expectWithinBounds(block: Block): void {
  if (block.encoding !== 'flat' || !('bounds' in block) || block.bounds === undefined) return
  const { min, max } = block.bounds
  expect(Number.isSafeInteger(min) && Number.isSafeInteger(max)).toBe(true)
  for (let i = 0; i < block.rowCount; i++) {
    const value = readCell(block, i)
    if (value === null) continue
    expect(value).toBeGreaterThanOrEqual(BigInt(min))
    expect(value).toBeLessThanOrEqual(BigInt(max))
  }
}

const column = (of: Page, e: Expression, engine: 'wasm' | 'js' | 'interpreter'): Outcome<Value[]> =>
  attempt(() => {
    const block = compileProjection(e, { registry, target: engine }).project(of, arena)
    expect(block.rowCount).toBe(of.rowCount)
    expectWithinBounds(block)
    return Array.from({ length: block.rowCount }, (_, i) => readValue(block, i))
  })

const positions = (
  of: Page,
  e: Expression,
  engine: 'wasm' | 'js' | 'interpreter',
): Outcome<number[]> =>
  attempt(() => {
    const filter = compileFilter(e, { registry, target: engine })
    const { count, positions: list } = filter.filter(of, arena)
    expect(filter.count(of, arena)).toBe(count)
    return list === null ? Array.from({ length: count }, (_, i) => i) : [...list.subarray(0, count)]
  })

describe(`compiled expressions (seeds from ${firstSeed})`, () => {
  it('project as the interpreter does', () => {
    for (let round = 0; round < rounds; round++) {
      const seed = firstSeed + round
      const random = createRandom(seed)
      arena.reset()
      const of = randomPage(random)
      const type = random.pick(COLUMN_TYPES)
      const e = randomExpression({ random, columns: COLUMN_TYPES }, type, 1 + random.below(3))
      const message = `seed ${seed}: ${show(e)}`
      const expected = column(of, e, 'interpreter')
      expect(column(of, e, 'wasm'), message).toEqual(expected)
      expect(column(of, e, 'js'), message).toEqual(expected)
    }
  })

  it('filter as the interpreter does', () => {
    let compared = 0
    for (let round = 0; round < rounds; round++) {
      const seed = firstSeed + round
      const random = createRandom(seed)
      arena.reset()
      const of = randomPage(random)
      const e = randomCondition({ random, columns: COLUMN_TYPES }, 1 + random.below(3))
      const message = `seed ${seed}: ${show(e)}`
      const expected = positions(of, e, 'interpreter')
      // Conjuncts that cannot fail go first, so that a filter may succeed where the interpreter fails.
      if ('error' in expected) continue
      compared++
      expect(positions(of, e, 'wasm'), message).toEqual(expected)
      expect(positions(of, e, 'js'), message).toEqual(expected)
    }
    expect(compared).toBeGreaterThan(rounds / 2)
  })

  it('ran in kernels', () => {
    const kinds = [...compiledModules().keys()].map((key) => key.split(' ')[0]!)
    for (const kind of ['row', 'vector', 'select', 'text']) expect(kinds).toContain(kind)
    expect(kinds.filter((kind) => kind === 'row').length).toBeGreaterThan(rounds / 4)
  })
})
