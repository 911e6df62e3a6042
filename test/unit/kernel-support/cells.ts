import { type Block, type FlatBlock, isNull } from '../../../src/spi/index.js'

/** What a block holds at a position, independent of storage and encoding: integers as bigint, strings as text. */
export type Cell = null | boolean | number | bigint | string | readonly Cell[]

export function readCell(block: Block, position: number): Cell {
  if (isNull(block, position)) return null
  switch (block.encoding) {
    case 'constant':
      return readFlat(block.value, 0)
    case 'dictionary':
      return readFlat(block.dictionary, block.codes[position]!)
    case 'flat':
      return readFlat(block, position)
  }
}

export const readCells = (block: Block): Cell[] =>
  Array.from({ length: block.rowCount }, (_, i) => readCell(block, i))

function readFlat(block: FlatBlock, position: number): Cell {
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return BigInt(block.base) + BigInt(block.factor) * BigInt(block.values[position]!)
    case 'f32':
    case 'f64':
      return block.values[position]!
    case 'bool':
      return block.values[position] === 1
    case 'fixed16':
      return Buffer.from(block.values.slice(position * 16, position * 16 + 16)).toString('hex')
    case 'bytes':
      return Buffer.from(
        block.bytes.slice(block.offsets[position]!, block.offsets[position + 1]!),
      ).toString('utf8')
    case 'array':
      return list(block.elements, block.offsets[position]!, block.offsets[position + 1]!)
    case 'map': {
      const from = block.offsets[position]!
      const to = block.offsets[position + 1]!
      const values = list(block.mapValues, from, to)
      return list(block.keys, from, to).map((key, i) => [key, values[i]!])
    }
    case 'row':
      return block.fields.map((field) => readCell(field, position))
    case 'null':
      return null
  }
}

const list = (block: Block, from: number, to: number): Cell[] =>
  Array.from({ length: to - from }, (_, i) => readCell(block, from + i))

/** A seeded generator of uniform numbers (mulberry32). */
export interface Random {
  readonly seed: number
  /** From 0 to below 1. */
  next(): number
  /** An integer from 0 to below `limit`. */
  below(limit: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    seed,
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)]!,
  }
}
