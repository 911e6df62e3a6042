import { describe, expect, it } from 'vitest'
import { compileProjection } from '../../../src/expressions/compile.js'
import type { Expression } from '../../../src/expressions/ir.js'
import { cast, input } from '../../../src/expressions/ir-build.js'
import {
  type Block,
  blockOf,
  DOUBLE,
  decimalType,
  page,
  REAL,
  readValue,
} from '../../../src/spi/index.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'
import { randomBlock, sharedArena } from '../kernel-support/random-blocks.js'
import { registry } from '../kernel-support/random-expressions.js'

const arena = sharedArena()

function values(e: Expression, block: Block, target: 'wasm' | 'interpreter'): unknown[] {
  const of = page([block], block.rowCount)
  const column = compileProjection(e, { registry, target }).project(of, arena)
  return Array.from({ length: block.rowCount }, (_, i) => readValue(column, i))
}

describe('decimals as doubles', () => {
  it(`are the same in kernels and by the interpreter, from seed ${SEED}`, () => {
    for (let seed = SEED; seed < SEED + 200; seed++) {
      const random = createRandom(seed)
      arena.reset()
      // Half of them of more digits than a double holds exactly, and of as many as 64 bits hold.
      const precision = random.chance(0.5) ? 16 + random.below(3) : 1 + random.below(38)
      const type = decimalType(precision, random.below(precision + 1))
      const magnitudes = random.pick([[100], [1e9], [9e15], [1e18], [10, 1e17, 1e30]])
      const block = randomBlock(random, type, 50, arena, { magnitudes })
      for (const to of [DOUBLE, REAL]) {
        const e = cast(input(0, type), to)
        const label = `seed ${seed}: decimal(${precision},${type.scale}) to ${to.kind}`
        expect(values(e, block, 'wasm'), label).toEqual(values(e, block, 'interpreter'))
      }
    }
  })

  /** @source Trino DecimalConversions: answers of a Trino 476 */
  it('of at most 18 digits are quotients of doubles, of others the nearest', () => {
    const digits = [271_828_182_845_914_544n]
    for (const [precision, expected] of [
      [18, 27182818284591.457],
      [38, 27182818284591.453],
    ] as const) {
      const type = decimalType(precision, 4)
      const e = cast(input(0, type), DOUBLE)
      for (const target of ['wasm', 'interpreter'] as const) {
        expect(values(e, blockOf(type, digits), target), `${precision} ${target}`).toEqual([
          expected,
        ])
      }
    }
  })
})
