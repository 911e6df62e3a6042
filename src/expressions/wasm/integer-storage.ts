import type { Bounds, IntegerBlock } from '../../spi/index.js'
import { commonMemory, STORAGE_BYTES } from './buffers.js'
import type { FunctionBuilder, ModuleBuilder } from './builder.js'
import { kernel } from './module-cache.js'
import { i32, i64 } from './scalar.js'
import type { Expr } from './value.js'

/** Integer blocks in one storage: what columns of pages of several widths are brought to. */

type IntegerStorage = IntegerBlock['storage']
type IntegerValues = IntegerBlock['values']

const LOADS = { i8: i64.load8_s, i16: i64.load16_s, i32: i64.load32_s, i64: i64.load } as const
const SHIFTS = { i8: 0, i16: 1, i32: 2, i64: 3 } as const

const WIDTH_MIN: Readonly<Record<Exclude<IntegerStorage, 'i64'>, number>> = {
  i8: -128,
  i16: -32_768,
  i32: -2_147_483_648,
}

/** The narrowest storage with base 0 and factor 1 that holds the bounds. */
export function narrowestStorage(bounds: Bounds | undefined): IntegerStorage {
  if (bounds === undefined) return 'i64'
  for (const storage of ['i8', 'i16', 'i32'] as const) {
    const min = WIDTH_MIN[storage]
    if (bounds.min >= min && bounds.max <= -1 - min) return storage
  }
  return 'i64'
}

/** Bounds of a block's values: its own, or what its width, base and factor allow; undefined for 64 bits. */
export function storageBounds(block: IntegerBlock): Bounds | undefined {
  if (block.bounds !== undefined) return block.bounds
  if (block.storage === 'i64') return undefined
  const low = WIDTH_MIN[block.storage]
  const a = block.base + block.factor * low
  const b = block.base + block.factor * (-1 - low)
  const min = Math.min(a, b)
  const max = Math.max(a, b)
  return Number.isSafeInteger(min) && Number.isSafeInteger(max) ? { min, max } : undefined
}

type Convert = {
  convert(source: number, count: number, base: bigint, factor: bigint, out: number): void
}

function storeInteger(
  f: FunctionBuilder,
  storage: IntegerStorage,
  address: Expr<'i32'>,
  value: Expr<'i64'>,
): void {
  if (storage === 'i64') f.store64(address, value)
  else f.storeLow(storage === 'i8' ? 8 : storage === 'i16' ? 16 : 32, address, value)
}

/**
 * Writes a block's logical values as `out`'s storage with base 0 and factor 1; they must fit (see
 * {@link narrowestStorage}). Null positions get any value.
 */
export function writeIntegers(
  block: IntegerBlock,
  out: IntegerValues,
  storage: IntegerStorage,
): void {
  const memory = commonMemory(out, block.values)
  if (memory === undefined) {
    writeIntegersInJs(block, out)
    return
  }
  const build = (m: ModuleBuilder) => {
    m.function(
      'convert',
      { source: 'i32', count: 'i32', base: 'i64', factor: 'i64', out: 'i32' },
      null,
      (f, { source, count, base, factor, out: to }) => {
        const i = f.local('i32')
        f.for(i, 0, count, () => {
          const value = LOADS[block.storage](i32.add(source, i32.shl(i, SHIFTS[block.storage])))
          const address = i32.add(to, i32.shl(i, SHIFTS[storage]))
          storeInteger(f, storage, address, i64.add(base, i64.mul(factor, value)))
        })
      },
    )
  }
  kernel<Convert>(memory, `convert ${block.storage} to ${storage}`, build).convert(
    block.values.byteOffset,
    block.rowCount,
    BigInt(block.base),
    BigInt(block.factor),
    out.byteOffset,
  )
}

function writeIntegersInJs(block: IntegerBlock, out: IntegerValues): void {
  const base = BigInt(block.base)
  const factor = BigInt(block.factor)
  for (let i = 0; i < block.rowCount; i++) {
    const value = base + factor * BigInt(block.values[i]!)
    if (out instanceof BigInt64Array) out[i] = value
    else out[i] = Number(value)
  }
}

export const integerBytes = (storage: IntegerStorage): number => STORAGE_BYTES[storage]

type Widen = {
  widen(source: number, count: number, base: bigint, factor: bigint, out: number): void
}

/** Writes a block's values as 128-bit integers: a long DECIMAL among others that need 16 bytes. */
export function writeFixed16(block: IntegerBlock, out: Uint8Array): void {
  const memory = commonMemory(out, block.values)
  if (memory === undefined) {
    const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
    for (let i = 0; i < block.rowCount; i++) {
      const value = BigInt(block.base) + BigInt(block.factor) * BigInt(block.values[i]!)
      view.setBigInt64(i * 16, value, true)
      view.setBigInt64(i * 16 + 8, value >> 63n, true)
    }
    return
  }
  const build = (m: ModuleBuilder) => {
    m.function(
      'widen',
      { source: 'i32', count: 'i32', base: 'i64', factor: 'i64', out: 'i32' },
      null,
      (f, { source, count, base, factor, out: to }) => {
        const i = f.local('i32')
        f.for(i, 0, count, () => {
          const raw = LOADS[block.storage](i32.add(source, i32.shl(i, SHIFTS[block.storage])))
          const value = f.let(i64.add(base, i64.mul(factor, raw)))
          const address = f.let(i32.add(to, i32.shl(i, 4)))
          f.store64(address, value)
          f.store64(address, i64.shr_s(value, 63), 8)
        })
      },
    )
  }
  kernel<Widen>(memory, `widen ${block.storage}`, build).widen(
    block.values.byteOffset,
    block.rowCount,
    BigInt(block.base),
    BigInt(block.factor),
    out.byteOffset,
  )
}
