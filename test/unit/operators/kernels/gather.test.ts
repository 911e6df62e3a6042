import { describe, expect, it } from 'vitest'
import { ColumnStore } from '../../../../src/operators/kernels/column-store.js'
import { concatBlocks } from '../../../../src/operators/kernels/concat.js'
import {
  flattenBlock,
  gatherBlock,
  gatherNullableBlock,
} from '../../../../src/operators/kernels/gather.js'
import {
  copyBlock,
  importBlock,
  importPage,
  sliceBlock,
} from '../../../../src/operators/kernels/import.js'
import {
  type Arena,
  BIGINT,
  type Block,
  blockOf,
  decimalType,
  heapArena,
  page,
  readValue,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { type Cell, createRandom, readCells } from '../../kernel-support/cells.js'
import {
  NESTED_TYPES,
  randomBlock,
  randomFlat,
  SCALAR_TYPES,
  sharedArena,
} from '../../kernel-support/random-blocks.js'

const seed = SEED
const arena = sharedArena()
const TYPES = [...SCALAR_TYPES, ...NESTED_TYPES]
const ROUNDS = 40

/** Runs a check over random blocks of every type, in shared and in ordinary memory. */
function forRandomBlocks(
  check: (block: Block, cells: Cell[], random: ReturnType<typeof createRandom>) => void,
) {
  const random = createRandom(seed)
  for (const type of TYPES) {
    for (let round = 0; round < ROUNDS; round++) {
      arena.reset()
      const rowCount = random.pick([0, 1, 7, 8, 9, 63, 200])
      const block = randomBlock(random, type, rowCount, random.chance(0.7) ? arena : heapArena())
      check(block, readCells(block), random)
    }
  }
}

describe(`gathers (seed ${seed})`, () => {
  it('picks positions in any order', () => {
    forRandomBlocks((block, cells, random) => {
      const count = block.rowCount === 0 ? 0 : random.below(300)
      const positions = new Int32Array(
        arena.allocate(1200).buffer,
        arena.allocate(1200).byteOffset,
        300,
      )
      for (let i = 0; i < count; i++) positions[i] = random.below(block.rowCount)
      const expected = Array.from({ length: count }, (_, i) => cells[positions[i]!])
      const target = random.chance(0.8) ? arena : heapArena()
      expect(readCells(gatherBlock(block, positions, count, target))).toEqual(expected)
    })
  })

  it('gives null for position -1', () => {
    forRandomBlocks((block, cells, random) => {
      const count = random.below(300)
      const positions = new Int32Array(
        arena.allocate(1200).buffer,
        arena.allocate(1200).byteOffset,
        300,
      )
      for (let i = 0; i < count; i++) {
        positions[i] = random.chance(0.3) ? -1 : random.below(block.rowCount + 1) - 1
      }
      const expected = Array.from({ length: count }, (_, i) => cells[positions[i]!] ?? null)
      expect(readCells(gatherNullableBlock(block, positions, count, arena))).toEqual(expected)
    })
  })

  it('flattens, copies and slices', () => {
    forRandomBlocks((block, cells, random) => {
      const flat = flattenBlock(block, arena)
      expect(flat.encoding).toBe('flat')
      expect(readCells(flat)).toEqual(cells)
      expect(readCells(copyBlock(block, arena))).toEqual(cells)
      const from = random.below(block.rowCount + 1)
      const count = random.below(block.rowCount - from + 1)
      const sliced = sliceBlock(block, from, count, arena)
      expect(readCells(sliced)).toEqual(cells.slice(from, from + count))
      expect(readCells(flattenBlock(sliced, arena))).toEqual(cells.slice(from, from + count))
      const positions = Int32Array.from({ length: count }, (_, i) => count - 1 - i)
      expect(readCells(gatherBlock(sliced, positions, count, arena))).toEqual(
        cells.slice(from, from + count).reverse(),
      )
    })
  })

  it('imports only what lies elsewhere', () => {
    const random = createRandom(seed)
    for (const type of TYPES) {
      const shared = randomBlock(random, type, 50, arena)
      const foreign = randomBlock(random, type, 50, heapArena(), { nulls: 0.5 })
      const before = page([shared, foreign])
      const imported = importPage(before, arena)
      expect(imported.blocks[0]).toBe(shared)
      expect(readCells(imported.blocks[1]!)).toEqual(readCells(foreign))
      expect(importPage(imported, arena)).toBe(imported)
    }
  })
})

describe(`concatenation (seed ${seed})`, () => {
  it('joins blocks of any widths and encodings', () => {
    const random = createRandom(seed)
    for (const type of TYPES) {
      for (let round = 0; round < ROUNDS; round++) {
        arena.reset()
        const blocks = Array.from({ length: random.below(6) }, () =>
          randomBlock(
            random,
            type,
            random.pick([0, 1, 5, 8, 30]),
            random.chance(0.7) ? arena : heapArena(),
          ),
        ).map((b) => {
          const from = random.below(b.rowCount + 1)
          return random.chance(0.3) ? sliceBlock(b, from, b.rowCount - from, arena) : b
        })
        const expected = blocks.flatMap(readCells)
        const joined = concatBlocks(blocks, type, arena)
        expect(joined.rowCount).toBe(expected.length)
        expect(readCells(joined)).toEqual(expected)
      }
    }
  })

  it('joins long decimals of 64 and of 128 bits', () => {
    const type = decimalType(38, 2)
    for (const memory of [arena, heapArena()]) {
      const wide = blockOf(type, [10n ** 30n, null, -(10n ** 25n)], memory)
      const narrow = importBlock(
        {
          encoding: 'flat',
          storage: 'i16',
          type,
          rowCount: 3,
          validity: null,
          values: Int16Array.of(-300, 0, 7),
          base: 5,
          factor: 10,
        },
        memory,
      )
      const joined = concatBlocks([narrow, wide, narrow], type, arena)
      const values = Array.from({ length: 9 }, (_, i) => readValue(joined, i))
      const small = [-2995n, 5n, 75n]
      expect(values).toEqual([...small, 10n ** 30n, null, -(10n ** 25n), ...small])
    }
  })

  it('chooses the narrowest width from the bounds', () => {
    const values = (from: number[], bounds: { min: number; max: number }): Block => ({
      encoding: 'flat',
      storage: 'i64',
      type: BIGINT,
      rowCount: from.length,
      validity: null,
      values: BigInt64Array.from(from, BigInt),
      base: 0,
      factor: 1,
      bounds,
    })
    const small = values([1, 2], { min: 1, max: 2 })
    const packed: Block = {
      ...small,
      encoding: 'flat',
      type: BIGINT,
      validity: null,
      rowCount: 2,
      storage: 'i8',
      values: Int8Array.of(1, 2),
      base: 1000,
      factor: 100,
      bounds: { min: 1100, max: 1200 },
    }
    const joined = concatBlocks([small, packed], BIGINT, arena)
    expect(joined).toMatchObject({
      storage: 'i16',
      base: 0,
      factor: 1,
      bounds: { min: 1, max: 1200 },
    })
    expect(readCells(joined)).toEqual([1n, 2n, 1100n, 1200n])
  })
})

/** Memory whose contents are lost at a reset, as those of a page are once the next is asked for. */
function forgetfulArena(): Arena {
  const memory = heapArena()
  const lent: Uint8Array[] = []
  return {
    allocate(byteLength) {
      const bytes = memory.allocate(byteLength)
      lent.push(bytes)
      return bytes
    },
    reset() {
      for (const bytes of lent.splice(0)) bytes.fill(0x55)
    },
    close() {},
  }
}

describe(`ColumnStore (seed ${seed})`, () => {
  it('keeps what is appended, in order', () => {
    const random = createRandom(seed)
    for (let round = 0; round < 30; round++) {
      arena.reset()
      const store = new ColumnStore(TYPES, arena)
      const expected: Cell[][] = TYPES.map(() => [])
      const pages = random.pick([0, 1, 5, 100])
      for (let p = 0; p < pages; p++) {
        const rowCount = random.pick([0, 1, 8, 40])
        const scratch = forgetfulArena()
        const blocks = TYPES.map((type) => randomBlock(random, type, rowCount, scratch))
        const count = random.below(rowCount + 1)
        const positions =
          random.chance(0.5) && rowCount > 0
            ? Int32Array.from({ length: count }, () => random.below(rowCount))
            : null
        blocks.forEach((block, channel) => {
          const cells = readCells(block)
          expected[channel]!.push(
            ...(positions === null ? cells : [...positions].map((i) => cells[i]!)),
          )
        })
        store.append(page(blocks, rowCount), positions, positions === null ? rowCount : count)
        scratch.reset()
      }
      expect(store.rowCount).toBe(expected[0]!.length)
      expect(store.finish(arena).map(readCells)).toEqual(expected)
    }
  })

  it('keeps codes of a named dictionary that grows', () => {
    const random = createRandom(seed)
    const arenaOfPages = heapArena()
    const all = randomFlat(random, VARCHAR, 30, 0, arenaOfPages, {})
    const short = sliceBlock(all, 0, 10, arenaOfPages)
    const block = (dictionary: Block, codes: number[]): Block => {
      if (dictionary.encoding !== 'flat') throw new Error('not flat')
      return {
        encoding: 'dictionary',
        type: VARCHAR,
        rowCount: codes.length,
        codes: Uint8Array.from(codes),
        dictionary,
        dictionaryId: 'd',
        validity: null,
      }
    }
    const store = new ColumnStore([VARCHAR], arena)
    store.append(page([block(short, [1, 9, 3])]))
    store.append(page([block(all, [29, 4])]))
    store.append(page([block(all, [5, 6, 7, 8])]), Int32Array.of(3, 0), 2)
    const [joined] = store.finish(arena)
    expect(joined).toMatchObject({ encoding: 'dictionary', dictionaryId: 'd' })
    const texts = readCells(all)
    expect(readCells(joined!)).toEqual([1, 9, 3, 29, 4, 8, 5].map((code) => texts[code]))
    expect(importPage(page([joined!]), arena).blocks[0]).toBe(joined)
  })
})
