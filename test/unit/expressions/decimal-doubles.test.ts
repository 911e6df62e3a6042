import { describe, expect, it } from 'vitest'
import { compileProjection } from '../../../src/expressions/compile.js'
import type { Expression } from '../../../src/expressions/ir.js'
import { cast, input, symbol } from '../../../src/expressions/ir-build.js'
import { withoutKernels } from '../../../src/expressions/kernel-coverage.js'
import {
  type Block,
  blockOf,
  DOUBLE,
  decimalType,
  page,
  REAL,
  readValue,
  type SqlType,
} from '../../../src/spi/index.js'
import { SEED } from '../../support/seed.js'
import { createRandom, type Random } from '../kernel-support/cells.js'
import { randomBlock, randomValidity, sharedArena } from '../kernel-support/random-blocks.js'
import { registry } from '../kernel-support/random-expressions.js'

const arena = sharedArena()

function values(e: Expression, block: Block, target: 'wasm' | 'interpreter'): unknown[] {
  const of = page([block], block.rowCount)
  const column = compileProjection(e, { registry, target }).project(of, arena)
  return Array.from({ length: block.rowCount }, (_, i) => readValue(column, i))
}

/** As sums of groups stand: 64 bits and bounds, also of types that could have 128. */
function boundedBlock(random: Random, type: SqlType, largest: number): Block {
  const rowCount = 50
  const bytes = arena.allocate(rowCount * 8)
  const values = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
  const limit = BigInt(largest)
  for (let i = 0; i < rowCount; i++) {
    const value = random.chance(0.1) ? limit : limit - BigInt(Math.floor(random.next() * largest))
    values[i] = random.chance(0.5) ? value : -value
  }
  const bounds = { min: -largest, max: largest }
  const validity = randomValidity(random, rowCount, random.pick([0, 0.2]), arena)
  const integers = { storage: 'i64', values, base: 0, factor: 1, bounds } as const
  return { encoding: 'flat', type, rowCount, validity, ...integers }
}

/** Type, unscaled value, and what a Trino 476 makes of it as DOUBLE and as REAL. */
const RECORDED: readonly [ReturnType<typeof decimalType>, bigint, number, number][] = [
  [decimalType(18, 4), 90671704424204620n, 9067170442420.463, 9067170889728.0],
  [decimalType(18, 4), -83187640528816246n, -8318764052881.624, -8318763925504.0],
  [decimalType(18, 17), 312898879683521401n, 3.128988796835214, 3.1289889812469482],
  [decimalType(18, 17), -826205334582697606n, -8.262053345826976, -8.262053489685059],
  [decimalType(17, 0), 5022550809573779n, 5022550809573779.0, 5022550862069760.0],
  [decimalType(17, 0), -23067000520421276n, -2.3067000520421276e16, -2.306700018398003e16],
  [
    decimalType(38, 0),
    923552461029822984104860889439551n,
    9.23552461029823e32,
    9.235524774234553e32,
  ],
  [decimalType(38, 0), -98711934197208915n, -9.871193419720891e16, -9.871193773860454e16],
  [
    decimalType(38, 10),
    147390647038682239418660799518080694n,
    1.4739064703868224e25,
    1.4739064959965897e25,
  ],
  [decimalType(38, 10), -6667613491506782612367n, -666761349150.6782, -666761363456.0],
  [decimalType(38, 23), 4089164340601281453248n, 0.04089164340601281, 0.04089164361357689],
  [
    decimalType(38, 23),
    -790034290081950868289323576886631971n,
    -7900342900819.509,
    -7900342779904.0,
  ],
  [decimalType(38, 26), 5949513588947154996986259533n, 59.49513588947155, 59.49513626098633],
  [decimalType(38, 26), -5423014287807489976453871n, -0.0542301428780749, -0.05423014238476753],
  [decimalType(38, 29), 24156337690336871803156957615385585074n, 241563376.9033687, 241563376.0],
  [decimalType(38, 29), -93207766647176039922096819012092n, -932.0776664717604, -932.07763671875],
  [
    decimalType(38, 34),
    10090532824760014277439812420169477n,
    1.0090532824760015,
    1.0090532302856445,
  ],
  [
    decimalType(38, 34),
    -1543418857695634902222222266468948n,
    -0.15434188576956348,
    -0.1543418914079666,
  ],
  [
    decimalType(38, 37),
    5226141005646831560327225034885978949n,
    0.5226141005646832,
    0.5226141214370728,
  ],
  [
    decimalType(38, 37),
    -3110709129227845699413251231684142100n,
    -0.31107091292278455,
    -0.31107091903686523,
  ],
]

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

  it(`of long types in 64 bits are the nearest on both sides of 2^53, from seed ${SEED}`, () => {
    for (let seed = SEED; seed < SEED + 200; seed++) {
      const random = createRandom(seed)
      arena.reset()
      const type = decimalType(19 + random.below(20), random.below(20))
      const largest = random.pick([1_000, 2 ** 40, Number.MAX_SAFE_INTEGER, 2 ** 54, 9e18])
      const block = boundedBlock(random, type, largest)
      const label = `seed ${seed}: decimal(${type.precision},${type.scale}) up to ${largest}`
      const e = cast(input(0, type), DOUBLE)
      expect(values(e, block, 'wasm'), label).toEqual(values(e, block, 'interpreter'))
    }
  })

  it('run as kernels where a division gives them', () => {
    const parts = (precision: number, scale: number, to: SqlType) =>
      withoutKernels(cast(symbol('d', decimalType(precision, scale)), to), 'value', registry)
    expect(parts(18, 18, DOUBLE)).toEqual([])
    expect(parts(38, 2, DOUBLE)).toEqual([])
    expect(parts(38, 22, DOUBLE)).toEqual([])
    // Powers of ten beyond 10^22 are no doubles.
    expect(parts(38, 23, DOUBLE)).toHaveLength(1)
    expect(parts(38, 2, REAL)).toHaveLength(1)
  })

  /** @source Trino DecimalConversions: of at most 18 digits they are quotients of doubles, of others the nearest */
  it('are those of Trino', () => {
    for (const [type, digits, double, real] of [
      [decimalType(18, 4), 271_828_182_845_914_544n, 27182818284591.457, 27182818656256],
      [decimalType(38, 4), 271_828_182_845_914_544n, 27182818284591.453, 27182818656256],
      ...RECORDED,
    ] as const) {
      for (const [to, expected] of [
        [DOUBLE, double],
        [REAL, real],
      ] as const) {
        const e = cast(input(0, type), to)
        for (const target of ['wasm', 'interpreter'] as const) {
          const label = `${digits} of scale ${type.scale} as ${to.kind}, ${target}`
          expect(values(e, blockOf(type, [digits]), target), label).toEqual([expected])
        }
      }
    }
  })
})
