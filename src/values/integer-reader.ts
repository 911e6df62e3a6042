import { assert, type FlatBlock, type IntegerBlock } from '../spi/index.js'

export type BigintReader = (position: number) => bigint
export type NumberReader = (position: number) => number

const WIDTHS = { i8: 2 ** 7, i16: 2 ** 15, i32: 2 ** 31 } as const

/** Tells whether base + factor * value is a safe integer whatever the stored value. */
export function isSafeIntegerBlock(block: IntegerBlock): boolean {
  if (block.storage === 'i64') return false
  const reach = Math.abs(block.base) + Math.abs(block.factor) * WIDTHS[block.storage]
  return reach <= Number.MAX_SAFE_INTEGER
}

/**
 * Reads the logical integers of a block as numbers.
 * The caller knows from the type that they are safe integers (INTEGER and narrower, DATE, months).
 */
export function numberReader(block: FlatBlock): NumberReader {
  assert(isIntegerBlock(block), `integers stored as ${block.storage}`)
  const { values, base, factor } = block
  if (values instanceof BigInt64Array) return (position) => Number(values[position]!)
  if (base === 0 && factor === 1) return (position) => values[position]!
  return (position) => base + factor * values[position]!
}

/** Reads the logical integers of a block exactly, of any width up to 128 bits. */
export function bigintReader(block: FlatBlock): BigintReader {
  if (block.storage === 'fixed16') {
    const view = viewOf(block.values)
    return (position) =>
      (view.getBigInt64(position * 16 + 8, true) << 64n) | view.getBigUint64(position * 16, true)
  }
  assert(isIntegerBlock(block), `integers stored as ${block.storage}`)
  const { values, base, factor } = block
  if (values instanceof BigInt64Array) return (position) => values[position]!
  if (isSafeIntegerBlock(block)) return (position) => BigInt(base + factor * values[position]!)
  const wideBase = BigInt(base)
  const wideFactor = BigInt(factor)
  return (position) => wideBase + wideFactor * BigInt(values[position]!)
}

/**
 * Reads logical integers as the decimal digits they are, by way of numbers where those are exact.
 */
export function digitsReader(block: FlatBlock): (position: number) => string {
  if (isIntegerBlock(block) && isSafeIntegerBlock(block)) {
    const read = numberReader(block)
    return (position) => `${read(position)}`
  }
  const read = bigintReader(block)
  return (position) => read(position).toString()
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export const isIntegerBlock = (block: FlatBlock): block is IntegerBlock =>
  block.storage === 'i8' ||
  block.storage === 'i16' ||
  block.storage === 'i32' ||
  block.storage === 'i64'
