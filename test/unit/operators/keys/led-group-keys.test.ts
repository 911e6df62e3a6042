import { describe, expect, test } from 'vitest'
import { allocateInt32 } from '../../../../src/expressions/wasm/buffers.js'
import { GroupKeys } from '../../../../src/operators/keys/group-keys.js'
import { rowGroups } from '../../../../src/operators/keys/row-groups.js'
import {
  type Arena,
  BIGINT,
  type Block,
  blockOf,
  DATE,
  type DictionaryBlock,
  DOUBLE,
  type FlatBlock,
  readValue,
  type SqlType,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { testMemory } from '../../../support/memory.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const memory = testMemory()
const { below } = createRandom(SEED)

const unbounded = () => Number.POSITIVE_INFINITY
const never = () => false
const createArena = () => memory.createArena()

function status(): Int32Array {
  const words = memory.createArena().allocate(16)
  return new Int32Array(words.buffer, words.byteOffset, 4)
}

type Shape = 'flat' | 'selection' | 'named' | 'constant'

/** The values as a block of a shape; constant only where they are one. */
function blockAs(shape: Shape, type: SqlType, values: readonly Value[], arena: Arena): Block {
  if (shape === 'constant' && values.length > 0 && values.every((value) => value === values[0])) {
    const value = blockOf(type, values.slice(0, 1), arena) as FlatBlock
    return { encoding: 'constant', type, rowCount: values.length, value }
  }
  if (shape === 'flat' || shape === 'constant') return blockOf(type, values, arena)
  // Entries stand twice where there is no name, and some are no row's. Nulls are entries, or of rows.
  const entries = [...new Set(values)]
  const texts = shape === 'named' ? entries : [...entries, 'unused', ...entries]
  const dictionary = blockOf(type, texts, arena) as FlatBlock
  const codes = allocateInt32(arena, values.length)
  values.forEach((value, i) => {
    const at = entries.indexOf(value)
    codes[i] = shape === 'named' || below(2) === 0 ? at : entries.length + 1 + at
  })
  let validity: Uint8Array | null = null
  if (values.includes(null) && below(2) === 0) {
    validity = arena.allocate((values.length + 7) >> 3).fill(0)
    values.forEach((value, i) => {
      if (value === null) codes[i] = below(texts.length)
      else validity![i >> 3]! |= 1 << (i & 7)
    })
  }
  const block: DictionaryBlock = {
    encoding: 'dictionary',
    type,
    rowCount: values.length,
    codes,
    dictionary,
    validity,
  }
  return shape === 'named' ? { ...block, dictionaryId: `names ${below(1e9)}` } : block
}

const TYPES: readonly SqlType[] = [VARCHAR, BIGINT, VARCHAR, DATE, DOUBLE, VARCHAR]
const SHAPES: readonly Shape[] = ['flat', 'flat', 'selection', 'named', 'constant']

const shown = (block: Block, position: number): string => {
  const value = readValue(block, position)
  return Object.is(value, -0) ? '-0' : String(value)
}

/** @param flaws one in so many rows has another text than its group; 0: none */
function expectSameGroups(run: number, flaws: number): 'followed' | 'numbered' {
  memory.releaseAll()
  const types = TYPES.filter((type) => type === BIGINT || below(3) > 0)
  const channels = types.map((_, key) => key)
  const plain = new GroupKeys(memory.allocator.memory, createArena, status(), types, unbounded)
  const tested = rowGroups(memory.allocator.memory, createArena, status(), types, unbounded, never)
  const input = memory.createArena()
  const arena = memory.createArena()
  const keyCount = 1 + below(below(3) === 0 ? 3000 : 30)
  const textOf = (key: number, column: number): Value =>
    (key + column) % 7 === 0
      ? null
      : `${'long '.repeat((key * 31 + column) % 9)}${key % (50 * column + 1)}`
  for (let pages = 1 + below(5); pages > 0; pages--) {
    input.reset()
    arena.reset()
    const rowCount = below(400)
    const isRising = below(2) === 0
    const keys = Array.from({ length: rowCount }, (_, i) =>
      isRising ? Math.floor((i * keyCount) / rowCount) : below(keyCount),
    )
    const blocks = types.map((type, column) => {
      const values = keys.map((key): Value => {
        if (type === BIGINT) return key % 11 === 0 ? null : BigInt(key)
        if (type === DATE) return key % 30
        if (type === DOUBLE) return [0, -0, 1.5, Number.NaN][key % 4]!
        return flaws > 0 && below(flaws) === 0 ? `other ${below(3)}` : textOf(key, column)
      })
      const shape = type === VARCHAR ? SHAPES[below(SHAPES.length)]! : 'flat'
      return blockAs(shape, type, values, input)
    })
    const page = { rowCount, blocks }
    const wanted = [...plain.add(page, channels, arena).subarray(0, rowCount)]
    const found = [...tested.add(page, channels, arena).subarray(0, rowCount)]
    expect(found, `run ${run}`).toEqual(wanted)
    expect(tested.groupCount, `run ${run}`).toBe(plain.groupCount)
  }
  for (let from = 0; from < plain.groupCount; ) {
    const to = Math.min(plain.groupCount, from + 1 + below(200))
    arena.reset()
    const wanted = plain.blocks(from, to, types, arena)
    const found = tested.blocks(from, to, types, arena)
    types.forEach((_, key) => {
      const texts = (block: Block) => Array.from({ length: to - from }, (_, i) => shown(block, i))
      expect(texts(found[key]!), `run ${run}, key ${key}`).toEqual(texts(wanted[key]!))
    })
    from = to
  }
  const isFollowed = tested
    .blocks(0, tested.groupCount, types, arena)
    .some((block) => block.encoding === 'flat' && block.storage === 'bytes')
  plain.close()
  tested.close()
  return isFollowed ? 'followed' : 'numbered'
}

describe(`keys that decide texts, seed ${SEED}`, () => {
  test('number rows as all keys do, where they decide them', () => {
    const ways = new Set<string>()
    for (let run = 0; run < 150; run++) ways.add(expectSameGroups(run, 0))
    expect(ways).toEqual(new Set(['followed', 'numbered']))
  })

  test('number rows as all keys do, where some row has another text', () => {
    for (let run = 0; run < 150; run++) expectSameGroups(run, 1 + below(1500))
  })

  test('are all keys from the first row on that has another text', () => {
    memory.releaseAll()
    const types = [BIGINT, VARCHAR]
    const keys = rowGroups(memory.allocator.memory, createArena, status(), types, unbounded, never)
    const arena = memory.createArena()
    const add = (rows: readonly (readonly [bigint, string])[]) => {
      const blocks = types.map((type, key) =>
        blockOf(
          type,
          rows.map((row) => row[key]!),
          arena,
        ),
      )
      return [...keys.add({ rowCount: rows.length, blocks }, [0, 1], arena)]
    }
    const storage = () => keys.blocks(0, keys.groupCount, types, arena)[1]!.encoding
    expect(
      add([
        [7n, 'a'],
        [8n, 'b'],
        [7n, 'a'],
      ]),
    ).toEqual([0, 1, 0])
    expect(storage()).toBe('flat')
    expect(
      add([
        [9n, 'c'],
        [8n, 'other'],
        [7n, 'a'],
        [8n, 'b'],
      ]),
    ).toEqual([2, 3, 0, 1])
    expect(storage()).toBe('dictionary')
    expect(keys.groupCount).toBe(4)
    keys.close()
  })

  test('are numbered anew in steps, after each of which nobody may want them any more', () => {
    memory.releaseAll()
    const types = [BIGINT, VARCHAR]
    const groupCount = 50_000
    const pageOf = (text: string, arena: Arena) => {
      const ids = Array.from({ length: groupCount }, (_, i) => BigInt(i))
      const blocks = [
        blockOf(BIGINT, ids, arena),
        blockOf(
          VARCHAR,
          ids.map((id) => (id === 9n ? text : 'text')),
          arena,
        ),
      ]
      return { rowCount: groupCount, blocks }
    }
    for (const looksMax of [3, Number.POSITIVE_INFINITY]) {
      const used = memory.usedBytes
      const arena = memory.createArena()
      const words = arena.allocate(16)
      let looks = 0
      const keys = rowGroups(
        memory.allocator.memory,
        createArena,
        new Int32Array(words.buffer, words.byteOffset, 4),
        types,
        unbounded,
        () => ++looks > looksMax,
      )
      keys.add(pageOf('text', arena), [0, 1], arena)
      expect(looks).toBe(0)
      const addOther = () => keys.add(pageOf('other', arena), [0, 1], arena)
      if (looksMax === 3) {
        expect(addOther).toThrow(expect.objectContaining({ code: 'USER_CANCELED' }))
        expect(looks).toBe(4)
      } else {
        addOther()
        expect(looks).toBe(Math.ceil(groupCount / 8192))
        expect(keys.groupCount).toBe(groupCount + 1)
      }
      keys.close()
      arena.close()
      expect(memory.usedBytes).toBe(used)
    }
  })
})
