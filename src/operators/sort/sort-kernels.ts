import type { FunctionBuilder, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'

/** Kernels that turn columns into unsigned 64-bit codes whose order is that of the values. */

/** Where and how a code's 64 raw bits are loaded. */
export type CodeSource =
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'bool'
  | 'f32'
  | 'f64'
  /** With NaN before all numbers. */
  | 'f32 nan first'
  | 'f64 nan first'
  /** Of 16-byte values: the first and the second eight bytes, and the four at 8. */
  | 'fixed16.0'
  | 'fixed16.8'
  | 'fixed16.8s32'
  /** Long decimals brought into 64 bits: those beyond become the smallest or largest number. */
  | 'fixed16.clamped'
  /** Big-endian halves of UUIDs and addresses. */
  | 'fixed16.be0'
  | 'fixed16.be8'

export interface EncodeParameters {
  /** Address of the column's values. */
  readonly values: number
  readonly validity: Uint8Array | null
  readonly count: number
  /** code = ((raw · factor + base) >> shift) · multiplier + addend */
  readonly base: bigint
  readonly factor: bigint
  readonly shift: bigint
  readonly multiplier: bigint
  readonly addend: bigint
  readonly nullCode: bigint
  /** Address of count u64. */
  readonly out: number
}

type Encode = {
  encode(
    values: number,
    validity: number,
    count: number,
    base: bigint,
    factor: bigint,
    shift: bigint,
    multiplier: bigint,
    addend: bigint,
    nullCode: bigint,
    out: number,
  ): void
}

const SIGN = -(1n << 63n)
/** All ones and all zeros: codes of NaN. */
const LAST = -1
const FIRST = 0

/** Bits of a double in its order: -0 and 0 alike, every NaN alike; its bits are free on both sides of the numbers'. */
const orderedBits = (f: FunctionBuilder, bits: Expr<'i64'>, nan: bigint): Expr<'i64'> => {
  const kept = f.let(bits)
  const magnitude = f.let(i64.and(kept, ~SIGN))
  const ordered = i64.xor(kept, i64.or(i64.shr_s(kept, 63n), SIGN))
  const number = i64.select(i64.eqz(magnitude), SIGN, ordered)
  return i64.select(i64.gt_u(magnitude, 0x7ff0000000000000n), nan, number)
}

const orderedBits32 = (f: FunctionBuilder, bits: Expr<'i32'>, nan: number): Expr<'i64'> => {
  const kept = f.let(bits)
  const magnitude = f.let(i32.and(kept, 0x7fffffff))
  const ordered = i32.xor(kept, i32.or(i32.shr_s(kept, 31), 0x80000000 | 0))
  const number = i32.select(i32.eqz(magnitude), 0x80000000 | 0, ordered)
  return i64.extend_i32_u(i32.select(i32.gt_u(magnitude, 0x7f800000), nan, number))
}

/** The eight bytes at an address as a big-endian number. */
export function bigEndian(f: FunctionBuilder, address: Expr<'i32'>): Expr<'i64'> {
  const x = f.let(i64.load(address))
  const swap = (shift: bigint, mask: bigint) =>
    f.set(x, i64.or(i64.and(i64.shr_u(x, shift), mask), i64.shl(i64.and(x, mask), shift)))
  swap(8n, 0x00ff00ff00ff00ffn)
  swap(16n, 0x0000ffff0000ffffn)
  return i64.rotl(x, 32n)
}

function loadRaw(
  f: FunctionBuilder,
  source: CodeSource,
  values: Expr<'i32'>,
  i: Expr<'i32'>,
): Expr<'i64'> {
  const at = (shift: number, offset = 0) =>
    i32.add(i32.add(values, shift === 0 ? i : i32.shl(i, shift)), offset)
  switch (source) {
    case 'i8':
      return i64.load8_s(at(0))
    case 'bool':
      return i64.load8_u(at(0))
    case 'i16':
      return i64.load16_s(at(1))
    case 'i32':
      return i64.load32_s(at(2))
    case 'i64':
      return i64.load(at(3))
    case 'f32':
      return orderedBits32(f, i32.load(at(2)), LAST)
    case 'f64':
      return orderedBits(f, i64.load(at(3)), BigInt(LAST))
    case 'f32 nan first':
      return orderedBits32(f, i32.load(at(2)), FIRST)
    case 'f64 nan first':
      return orderedBits(f, i64.load(at(3)), BigInt(FIRST))
    case 'fixed16.0':
      return i64.load(at(4))
    case 'fixed16.8':
      return i64.load(at(4, 8))
    case 'fixed16.8s32':
      return i64.load32_s(at(4, 8))
    case 'fixed16.clamped': {
      const low = f.let(i64.load(at(4)))
      const high = f.let(i64.load(at(4, 8)))
      const limit = i64.xor(i64.shr_s(high, 63n), ~SIGN)
      return i64.select(i64.eq(high, i64.shr_s(low, 63n)), low, limit)
    }
    case 'fixed16.be0':
      return bigEndian(f, at(4))
    case 'fixed16.be8':
      return bigEndian(f, at(4, 8))
  }
}

/** How floats are coded for an order. */
export const floatSource = (
  storage: 'f32' | 'f64',
  { nullsFirst }: { readonly nullsFirst: boolean },
): CodeSource => (nullsFirst ? `${storage} nan first` : storage)

const validBit = (validity: Expr<'i32'>, i: Expr<'i32'>): Expr<'i32'> =>
  i32.and(i32.shr_u(i32.load8_u(i32.add(validity, i32.shr_u(i, 3))), i32.and(i, 7)), 1)

/** Writes the code of every value of a fixed-width column. */
export function encodeFixed(
  memory: WebAssembly.Memory,
  source: CodeSource,
  p: EncodeParameters,
): void {
  const nullable = p.validity !== null
  const build = (m: ModuleBuilder) => {
    m.function(
      'encode',
      {
        values: 'i32',
        validity: 'i32',
        count: 'i32',
        base: 'i64',
        factor: 'i64',
        shift: 'i64',
        multiplier: 'i64',
        addend: 'i64',
        nullCode: 'i64',
        out: 'i32',
      },
      null,
      (f, q) => {
        const i = f.local('i32')
        f.for(i, 0, q.count, () => {
          const raw = loadRaw(f, source, q.values, i)
          const value = i64.shr_s(i64.add(i64.mul(raw, q.factor), q.base), q.shift)
          const code = i64.add(i64.mul(value, q.multiplier), q.addend)
          f.store64(
            i32.add(q.out, i32.shl(i, 3)),
            nullable ? i64.select(validBit(q.validity, i), code, q.nullCode) : code,
          )
        })
      },
    )
  }
  const key = `sort encode ${source}${nullable ? ' nullable' : ''}`
  kernel<Encode>(memory, key, build).encode(
    p.values,
    p.validity?.byteOffset ?? 0,
    p.count,
    p.base,
    p.factor,
    p.shift,
    p.multiplier,
    p.addend,
    p.nullCode,
    p.out,
  )
}

export interface EncodeBytesParameters {
  readonly offsets: Int32Array
  readonly bytes: Uint8Array
  readonly validity: Uint8Array | null
  readonly count: number
  /** Bytes that all values begin with. */
  readonly skip: number
  /** Up to 8. */
  readonly prefixBytes: number
  /** The low four bits of a code are the length beyond `skip`: only where no value is longer than 7. */
  readonly withLength: boolean
  /** What missing bytes count as: 0, blank for CHAR. */
  readonly pad: number
  readonly multiplier: bigint
  readonly addend: bigint
  readonly nullCode: bigint
  readonly out: number
}

type EncodeBytes = {
  encode(
    offsets: number,
    bytes: number,
    validity: number,
    count: number,
    skip: number,
    prefixBits: bigint,
    padding: bigint,
    multiplier: bigint,
    addend: bigint,
    nullCode: bigint,
    out: number,
  ): void
}

/** Writes a code of the first bytes of every string. */
export function encodeBytes(memory: WebAssembly.Memory, p: EncodeBytesParameters): void {
  const nullable = p.validity !== null
  const build = (m: ModuleBuilder) => {
    m.function(
      'encode',
      {
        offsets: 'i32',
        bytes: 'i32',
        validity: 'i32',
        count: 'i32',
        skip: 'i32',
        prefixBits: 'i64',
        padding: 'i64',
        multiplier: 'i64',
        addend: 'i64',
        nullCode: 'i64',
        out: 'i32',
      },
      null,
      (f, q) => {
        const i = f.local('i32')
        const start = f.local('i32')
        const length = f.local('i32')
        const word = f.local('i64')
        const mask = f.local('i64')
        f.for(i, 0, q.count, () => {
          const at = i32.add(q.offsets, i32.shl(i, 2))
          f.set(start, i32.add(i32.load(at), q.skip))
          f.set(length, i32.sub(i32.load(at, 4), start))
          f.set(word, q.padding)
          // Null positions may hold any bytes, shorter ones than `skip` too.
          f.if(i32.gt_s(length, 0), () => {
            f.set(word, bigEndian(f, i32.add(q.bytes, start)))
            f.if(i32.lt_s(length, 8), () => {
              f.set(mask, i64.shr_u(-1n, i64.extend_i32_u(i32.shl(length, 3))))
              f.set(word, i64.or(i64.and(word, i64.xor(mask, -1n)), i64.and(q.padding, mask)))
            })
          })
          f.set(word, i64.shr_u(word, i64.sub(64n, q.prefixBits)))
          if (p.withLength) {
            f.set(word, i64.or(i64.shl(word, 4n), i64.extend_i32_u(i32.and(length, 15))))
          }
          const code = i64.add(i64.mul(word, q.multiplier), q.addend)
          f.store64(
            i32.add(q.out, i32.shl(i, 3)),
            nullable ? i64.select(validBit(q.validity, i), code, q.nullCode) : code,
          )
        })
      },
    )
  }
  const key = `sort encode bytes${nullable ? ' nullable' : ''}${p.withLength ? ' length' : ''}`
  const padByte = BigInt(p.pad)
  kernel<EncodeBytes>(memory, key, build).encode(
    p.offsets.byteOffset,
    p.bytes.byteOffset,
    p.validity?.byteOffset ?? 0,
    p.count,
    p.skip,
    BigInt(p.prefixBytes * 8),
    BigInt.asIntN(64, padByte * 0x0101010101010101n),
    p.multiplier,
    p.addend,
    p.nullCode,
    p.out,
  )
}

type Spread = {
  spread(
    codes: number,
    validity: number,
    entryCodes: number,
    count: number,
    shift: bigint,
    nullCode: bigint,
    out: number,
  ): void
}

/**
 * words[i] |= codes[index(i)] << shift, where the index is a dictionary's code, or i itself.
 * @param indexes null: i itself
 */
export function spreadCodes(
  memory: WebAssembly.Memory,
  indexes: Uint8Array | Uint16Array | Int32Array | null,
  validity: Uint8Array | null,
  entryCodes: number,
  count: number,
  shift: number,
  nullCode: bigint,
  words: number,
): void {
  const width = indexes === null ? 0 : indexes.BYTES_PER_ELEMENT
  const nullable = validity !== null
  const build = (m: ModuleBuilder) => {
    m.function(
      'spread',
      {
        codes: 'i32',
        validity: 'i32',
        entryCodes: 'i32',
        count: 'i32',
        shift: 'i64',
        nullCode: 'i64',
        out: 'i32',
      },
      null,
      (f, q) => {
        const i = f.local('i32')
        f.for(i, 0, q.count, () => {
          const index =
            width === 0
              ? i
              : width === 1
                ? i32.load8_u(i32.add(q.codes, i))
                : width === 2
                  ? i32.load16_u(i32.add(q.codes, i32.shl(i, 1)))
                  : i32.load(i32.add(q.codes, i32.shl(i, 2)))
          const entry = i64.load(i32.add(q.entryCodes, i32.shl(index, 3)))
          const code = nullable ? i64.select(validBit(q.validity, i), entry, q.nullCode) : entry
          const to = i32.add(q.out, i32.shl(i, 3))
          f.store64(to, i64.or(i64.load(to), i64.shl(code, q.shift)))
        })
      },
    )
  }
  const key = `sort spread ${width}${nullable ? ' nullable' : ''}`
  kernel<Spread>(memory, key, build).spread(
    indexes?.byteOffset ?? 0,
    validity?.byteOffset ?? 0,
    entryCodes,
    count,
    BigInt(shift),
    BigInt.asIntN(64, nullCode),
    words,
  )
}

type Range = { range(values: number, validity: number, count: number, out: number): void }

/** Smallest and largest of the valid values of an i64 column; undefined where there is none. */
export function integerRange(
  memory: WebAssembly.Memory,
  values: BigInt64Array,
  validity: Uint8Array | null,
  count: number,
  scratch: BigInt64Array,
): { readonly min: bigint; readonly max: bigint } | undefined {
  const nullable = validity !== null
  const build = (m: ModuleBuilder) => {
    m.function(
      'range',
      { values: 'i32', validity: 'i32', count: 'i32', out: 'i32' },
      null,
      (f, q) => {
        const i = f.local('i32')
        const min = f.let(i64.const(~SIGN))
        const max = f.let(i64.const(SIGN))
        const value = f.local('i64')
        const include = () => {
          f.set(value, i64.load(i32.add(q.values, i32.shl(i, 3))))
          f.set(min, i64.select(i64.lt_s(value, min), value, min))
          f.set(max, i64.select(i64.gt_s(value, max), value, max))
        }
        f.for(i, 0, q.count, () => {
          if (nullable) f.if(validBit(q.validity, i), include)
          else include()
        })
        f.store64(q.out, min)
        f.store64(q.out, max, 8)
      },
    )
  }
  kernel<Range>(memory, `sort range${nullable ? ' nullable' : ''}`, build).range(
    values.byteOffset,
    validity?.byteOffset ?? 0,
    count,
    scratch.byteOffset,
  )
  const [min, max] = scratch
  return min! <= max! ? { min: min!, max: max! } : undefined
}
