import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f32, f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import { f32x4, f64x2, i8x16, i16x8, i32x4, i64x2, v128 } from '../../expressions/wasm/simd.js'
import type { Expr } from '../../expressions/wasm/value.js'
import type { Arena, Block, FlatBlock, FloatBlock, IntegerBlock } from '../../spi/index.js'
import { at } from '../keys/key-kernels.js'
import type { Direction } from './sort-keys.js'

/** Rows of a column that do not come after a value of it. */
export interface RowsUpTo {
  /** Ascending. */
  readonly positions: Int32Array
  /** Whether one of them has that value itself. */
  isTie(position: number): boolean
}

type Source = 'i8' | 'i16' | 'i32' | 'i64' | 'f32' | 'f64'
type Column = IntegerBlock | FloatBlock

const SHIFTS = { i8: 0, i16: 1, i32: 2, i64: 3, f32: 2, f64: 3 } as const
const SIGN = 1n << 63n
const ALL_ONES = (1n << 64n) - 1n
const NO_ROWS: RowsUpTo = { positions: new Int32Array(0), isTie: () => false }

/**
 * Finds the rows that come no later than a value, in the width they are stored in. Most pages have none once the value is
 * among the first of many: that costs a comparison of 16 bytes at a time, or of the page's bounds.
 * @param leadingKey the value's, as `leadingKeys` has it, of values that are not null
 * @returns undefined for columns that are compared by leading keys
 */
export function rowsUpTo(
  memory: WebAssembly.Memory,
  block: Block,
  { ascending, nullsFirst }: Direction,
  leadingKey: bigint,
  arena: Arena,
): RowsUpTo | undefined {
  if (block.encoding !== 'flat' || block.validity !== null || !isPlain(block)) return undefined
  // Of descending orders all bits of the key are turned.
  const ordered = ascending ? leadingKey : ALL_ONES - leadingKey
  const out = allocateInt32(arena, block.rowCount)
  const select = selectKernel(memory, block.storage, ascending, ascending === nullsFirst)
  const run = (integer: bigint, float: number): Int32Array =>
    out.subarray(0, select(block.values.byteOffset, block.rowCount, integer, float, out.byteOffset))
  if (!('factor' in block)) {
    const limit = floatOf(ordered, block.storage)
    if (Number.isNaN(limit)) return undefined
    return { positions: run(0n, limit), isTie: (position) => block.values[position] === limit }
  }
  const limit = BigInt.asIntN(64, ordered - SIGN)
  const { bounds } = block
  const isBeyond =
    bounds !== undefined && (ascending ? BigInt(bounds.min) > limit : BigInt(bounds.max) < limit)
  if (isBeyond) return NO_ROWS
  const { raw, isExact } = rawLimit(block, limit, ascending)
  if (raw === undefined) return NO_ROWS
  const tied = block.storage === 'i64' ? raw : Number(raw)
  return {
    positions: run(raw, 0),
    isTie: (position) => isExact && block.values[position] === tied,
  }
}

/** Columns whose raw values have the order of the values. */
function isPlain(block: FlatBlock): block is Column {
  const { kind } = block.type
  if (kind === 'timestamp with time zone' || kind === 'time with time zone') return false
  return block.storage in SHIFTS && (!('factor' in block) || block.factor > 0)
}

const floatWords = new DataView(new ArrayBuffer(8))

/** The number that has these bits in the order of numbers. */
function floatOf(ordered: bigint, storage: 'f32' | 'f64'): number {
  if (storage === 'f32') {
    const bits = Number(ordered)
    floatWords.setUint32(0, bits >= 2 ** 31 ? bits - 2 ** 31 : ~bits)
    return floatWords.getFloat32(0)
  }
  floatWords.setBigUint64(0, ordered >= SIGN ? ordered - SIGN : ALL_ONES - ordered)
  return floatWords.getFloat64(0)
}

/** The last raw value that comes no later than a limit, within the storage's range; undefined where none does. */
function rawLimit(
  block: IntegerBlock,
  limit: bigint,
  ascending: boolean,
): { readonly raw: bigint | undefined; readonly isExact: boolean } {
  const distance = limit - BigInt(block.base)
  const factor = BigInt(block.factor)
  const rest = ((distance % factor) + factor) % factor
  const below = (distance - rest) / factor
  const raw = ascending || rest === 0n ? below : below + 1n
  const half = 1n << BigInt((8 << SHIFTS[block.storage]) - 1)
  const [first, last] = [-half, half - 1n]
  const isExact = rest === 0n
  if (ascending ? raw < first : raw > last) return { raw: undefined, isExact }
  return {
    raw: raw < first ? first : raw > last ? last : raw,
    isExact: isExact && raw >= first && raw <= last,
  }
}

type Select = {
  select(values: number, count: number, integer: bigint, float: number, out: number): number
}

/** Values that are looked at together. */
const PART_BYTES = 64

/** Positions of values up to the limit (down to it, if not `ascending`), and where `withNaN` of what is no number. */
function selectKernel(
  memory: WebAssembly.Memory,
  source: Source,
  ascending: boolean,
  withNaN: boolean,
): Select['select'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'select',
      { values: 'i32', count: 'i32', integer: 'i64', float: 'f64', out: 'i32' },
      'i32',
      (f, p) => {
        const i = f.local('i32')
        const part = f.local('i32')
        const found = f.local('i32')
        const limit = f.let(splatLimit(source, p.integer, p.float))
        const partRows = PART_BYTES >> SHIFTS[source]
        const take = () => {
          f.store32(at(p.out, found, 2), i)
          f.set(found, i32.add(found, isKept(source, ascending, withNaN, p, i)))
        }
        const whole = f.let(i32.and(p.count, -partRows))
        f.for(
          part,
          0,
          whole,
          () => {
            const address = f.let(at(p.values, part, SHIFTS[source]))
            const kept = [0, 16, 32, 48].map((offset) =>
              areKept(source, ascending, withNaN, v128.load(address, offset), limit),
            )
            const any = kept.reduce((all, some) => v128.or(all, some))
            f.if(v128.any_true(any), () => f.for(i, part, i32.add(part, partRows), take))
          },
          partRows,
        )
        f.for(i, whole, p.count, take)
        f.return(found)
      },
    )
  }
  const isFloat = source === 'f32' || source === 'f64'
  const key = `select ${source} ${ascending ? 'up to' : 'down to'}${isFloat && withNaN ? ' with NaN' : ''}`
  return kernel<Select>(memory, key, build).select
}

function splatLimit(source: Source, integer: Expr<'i64'>, float: Expr<'f64'>): Expr<'v128'> {
  switch (source) {
    case 'i8':
      return i8x16.splat(i32.wrap_i64(integer))
    case 'i16':
      return i16x8.splat(i32.wrap_i64(integer))
    case 'i32':
      return i32x4.splat(i32.wrap_i64(integer))
    case 'i64':
      return i64x2.splat(integer)
    case 'f32':
      return f32x4.splat(f32.demote_f64(float))
    case 'f64':
      return f64x2.splat(float)
  }
}

const LANES = { i8: i8x16, i16: i16x8, i32: i32x4, i64: i64x2 } as const

function areKept(
  source: Source,
  ascending: boolean,
  withNaN: boolean,
  values: Expr<'v128'>,
  limit: Expr<'v128'>,
): Expr<'v128'> {
  if (source === 'f32' || source === 'f64') {
    const lanes = source === 'f32' ? f32x4 : f64x2
    if (withNaN) return v128.not(ascending ? lanes.gt(values, limit) : lanes.lt(values, limit))
    return ascending ? lanes.le(values, limit) : lanes.ge(values, limit)
  }
  return ascending ? LANES[source].le_s(values, limit) : LANES[source].ge_s(values, limit)
}

function isKept(
  source: Source,
  ascending: boolean,
  withNaN: boolean,
  p: {
    readonly values: Local<'i32'>
    readonly integer: Local<'i64'>
    readonly float: Local<'f64'>
  },
  i: Local<'i32'>,
): Expr<'i32'> {
  const address = at(p.values, i, SHIFTS[source])
  switch (source) {
    case 'f32':
    case 'f64': {
      const value = source === 'f64' ? f64.load(address) : f64.promote_f32(f32.load(address))
      if (withNaN) return i32.eqz((ascending ? f64.gt : f64.lt)(value, p.float))
      return (ascending ? f64.le : f64.ge)(value, p.float)
    }
    default: {
      const loads = { i8: i64.load8_s, i16: i64.load16_s, i32: i64.load32_s, i64: i64.load }
      const value = loads[source](address)
      return ascending ? i64.le_s(value, p.integer) : i64.ge_s(value, p.integer)
    }
  }
}
