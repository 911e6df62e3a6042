import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import { v128 } from '../../expressions/wasm/simd.js'
import type { Expr } from '../../expressions/wasm/value.js'

/**
 * WASM kernels that pick positions out of buffers. Positions are read with their own width; `nullable` kernels take
 * Int32 positions of which negative ones stand for null.
 */

export type IndexBytes = 1 | 2 | 4
export type ValueBytes = 1 | 2 | 4 | 8 | 16

const UNROLLED = 4
const LOADS = { 1: i32.load8_u, 2: i32.load16_u, 4: i32.load } as const
const SHIFTS = { 1: 0, 2: 1, 4: 2, 8: 3, 16: 4 } as const

const scaled = (base: Expr<'i32'>, index: Expr<'i32'>, bytes: ValueBytes): Expr<'i32'> =>
  i32.add(base, bytes === 1 ? index : i32.shl(index, SHIFTS[bytes]))

const positionAt = (address: Expr<'i32'>, bytes: IndexBytes, at = 0): Expr<'i32'> =>
  LOADS[bytes](address, at * bytes)

function copyValue(
  f: FunctionBuilder,
  bytes: ValueBytes,
  to: Expr<'i32'>,
  from: Expr<'i32'>,
  offset: number,
): void {
  if (bytes === 1) f.store8(to, i32.load8_u(from), offset)
  else if (bytes === 2) f.store16(to, i32.load16_u(from), offset)
  else if (bytes === 4) f.store32(to, i32.load(from), offset)
  else if (bytes === 8) f.store64(to, i64.load(from), offset)
  else f.store128(to, v128.load(from), offset)
}

type GatherValues = {
  gather(source: number, positions: number, count: number, out: number): void
}

/** out[i] = source[positions[i]]; a negative position of a nullable kernel copies source[0]. */
export function gatherValuesKernel(
  memory: WebAssembly.Memory,
  valueBytes: ValueBytes,
  indexBytes: IndexBytes,
  nullable: boolean,
): GatherValues['gather'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'gather',
      { source: 'i32', positions: 'i32', count: 'i32', out: 'i32' },
      null,
      (f, { source, positions, count, out }) => {
        const index = f.local('i32')
        const step = (at: number) => {
          const position = positionAt(positions, indexBytes, at)
          f.set(index, position)
          if (nullable) f.set(index, i32.select(i32.lt_s(index, 0), 0, index))
          copyValue(f, valueBytes, out, scaled(source, index, valueBytes), at * valueBytes)
        }
        const advance = (by: number) => {
          f.set(positions, i32.add(positions, by * indexBytes))
          f.set(out, i32.add(out, by * valueBytes))
          f.set(count, i32.sub(count, by))
        }
        f.while(i32.ge_s(count, UNROLLED), () => {
          for (let at = 0; at < UNROLLED; at++) step(at)
          advance(UNROLLED)
        })
        f.while(i32.gt_s(count, 0), () => {
          step(0)
          advance(1)
        })
      },
    )
  }
  const key = `gather ${valueBytes} by ${indexBytes}${nullable ? ' nullable' : ''}`
  return kernel<GatherValues>(memory, key, build).gather
}

type GatherValidity = {
  gather(validity: number, positions: number, count: number, out: number): number
}

/** Gathers bits of a bitmap (all ones where `hasValidity` is false). @returns how many are 0 */
export function gatherValidityKernel(
  memory: WebAssembly.Memory,
  indexBytes: IndexBytes,
  nullable: boolean,
  hasValidity: boolean,
): GatherValidity['gather'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'gather',
      { validity: 'i32', positions: 'i32', count: 'i32', out: 'i32' },
      'i32',
      (f, { validity, positions, count, out }) => {
        const index = f.local('i32')
        const bits = f.local('i32')
        const valid = f.local('i32')
        const i = f.local('i32')
        const total = f.let(count)
        const bitOf = (position: Expr<'i32'>): Expr<'i32'> =>
          hasValidity
            ? i32.and(
                i32.shr_u(
                  i32.load8_u(i32.add(validity, i32.shr_u(position, 3))),
                  i32.and(position, 7),
                ),
                1,
              )
            : i32.const(1)
        const step = (shift: Expr<'i32'> | number) => {
          f.set(index, positionAt(positions, indexBytes))
          f.set(positions, i32.add(positions, indexBytes))
          const bit = nullable ? i32.if(i32.lt_s(index, 0), 0, bitOf(index)) : bitOf(index)
          f.set(bits, i32.or(bits, i32.shl(bit, shift)))
        }
        const flush = () => {
          f.store8(out, bits)
          f.set(out, i32.add(out, 1))
          f.set(valid, i32.add(valid, i32.popcnt(bits)))
          f.set(bits, 0)
        }
        f.while(i32.ge_s(count, 8), () => {
          for (let shift = 0; shift < 8; shift++) step(shift)
          flush()
          f.set(count, i32.sub(count, 8))
        })
        f.if(i32.gt_s(count, 0), () => {
          f.for(i, 0, count, () => step(i))
          flush()
        })
        f.return(i32.sub(total, valid))
      },
    )
  }
  const key = `gather validity by ${indexBytes}${nullable ? ' nullable' : ''}${hasValidity ? '' : ' all valid'}`
  return kernel<GatherValidity>(memory, key, build).gather
}

type GatherBytes = {
  offsets(offsets: number, positions: number, count: number, outOffsets: number): number
  bytes(
    offsets: number,
    bytes: number,
    positions: number,
    count: number,
    outOffsets: number,
    out: number,
  ): void
}

/**
 * Strings in two passes: `offsets` writes count + 1 offsets from 0 and gives the bytes needed (above 2^31 - 1 they do
 * not fit), `bytes` copies them, writing up to 15 bytes past the end.
 */
export function gatherBytesKernel(
  memory: WebAssembly.Memory,
  indexBytes: IndexBytes,
  nullable: boolean,
): GatherBytes {
  const build = (m: ModuleBuilder) => {
    const readIndex = (f: FunctionBuilder, index: Local<'i32'>, positions: Local<'i32'>) => {
      f.set(index, positionAt(positions, indexBytes))
      f.set(positions, i32.add(positions, indexBytes))
    }
    m.function(
      'offsets',
      { offsets: 'i32', positions: 'i32', count: 'i32', outOffsets: 'i32' },
      'f64',
      (f, { offsets, positions, count, outOffsets }) => {
        const total = f.local('i64')
        const index = f.local('i32')
        const i = f.local('i32')
        const entry = i32.add(offsets, i32.shl(index, 2))
        const add = () =>
          f.set(
            total,
            i64.add(total, i64.extend_i32_u(i32.sub(i32.load(entry, 4), i32.load(entry)))),
          )
        f.store32(outOffsets, 0)
        f.for(i, 0, count, () => {
          readIndex(f, index, positions)
          if (nullable) f.if(i32.ge_s(index, 0), add)
          else add()
          f.set(outOffsets, i32.add(outOffsets, 4))
          f.store32(outOffsets, i32.wrap_i64(total))
        })
        f.return(f64.convert_i64_s(total))
      },
    )
    m.function(
      'bytes',
      {
        offsets: 'i32',
        bytes: 'i32',
        positions: 'i32',
        count: 'i32',
        outOffsets: 'i32',
        out: 'i32',
      },
      null,
      (f, { offsets, bytes, positions, count, outOffsets, out }) => {
        const index = f.local('i32')
        const i = f.local('i32')
        const from = f.local('i32')
        const to = f.local('i32')
        const end = f.local('i32')
        const copy = () => {
          f.set(from, i32.add(bytes, i32.load(i32.add(offsets, i32.shl(index, 2)))))
          f.set(to, i32.add(out, i32.load(outOffsets)))
          f.set(end, i32.add(out, i32.load(outOffsets, 4)))
          f.while(i32.lt_u(to, end), () => {
            f.store128(to, v128.load(from))
            f.set(to, i32.add(to, 16))
            f.set(from, i32.add(from, 16))
          })
        }
        f.for(i, 0, count, () => {
          readIndex(f, index, positions)
          if (nullable) f.if(i32.ge_s(index, 0), copy)
          else copy()
          f.set(outOffsets, i32.add(outOffsets, 4))
        })
      },
    )
  }
  const key = `gather bytes by ${indexBytes}${nullable ? ' nullable' : ''}`
  return kernel<GatherBytes>(memory, key, build)
}
