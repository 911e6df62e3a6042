import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f64, i64 } from '../../expressions/wasm/scalar.js'
import { type Arena, type Block, isShortDecimal, type SqlType } from '../../spi/index.js'
import type { GrowableBuffer } from '../keys/growable.js'
import { at } from '../keys/key-kernels.js'
import type { AggregatorContext } from './aggregator.js'
import type { IntegerSums } from './integer-sums.js'
import { withExtent } from './state-blocks.js'

/** What is averaged: sums of groups and how many values each has. */
export interface Averaged {
  /** Exact sums, as {@link IntegerSums.reader} gives them. */
  readonly total: (group: number) => bigint
  /** Where all sums have 64 bits, and less than 2^62 of magnitude. */
  readonly narrow: GrowableBuffer | undefined
  readonly counts: GrowableBuffer
}

/** Sum by count of the groups [from, to): DOUBLE for integers, else a decimal of the argument's type, rounded half up. */
export function averages(
  { memory }: AggregatorContext,
  sums: Averaged,
  type: SqlType,
  from: number,
  to: number,
  validity: Uint8Array | null,
  arena: Arena,
): Block {
  const rowCount = to - from
  const flat = { encoding: 'flat', type, rowCount, validity } as const
  const { narrow, counts } = sums
  if (narrow === undefined) return wideAverages(sums, type, from, to, validity, arena)
  const bytes = arena.allocate(rowCount * 8)
  const kernels = averageKernels(memory)
  const divide = type.kind === 'decimal' ? kernels.decimals : kernels.doubles
  divide(narrow.address + 8 * from, counts.address + 8 * from, rowCount, bytes.byteOffset)
  if (type.kind !== 'decimal') {
    const values = new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
    return { storage: 'f64', values, ...flat }
  }
  const values = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
  return withExtent(memory, { storage: 'i64', values, base: 0, factor: 1, ...flat }, arena)
}

interface AverageKernels {
  /** results[i] = sums[i] / counts[i], 8 bytes each; 0 where nothing is counted. */
  doubles(sums: number, counts: number, count: number, results: number): void
  /** The same as integers, half away from zero. */
  decimals(sums: number, counts: number, count: number, results: number): void
}

function averageKernels(memory: WebAssembly.Memory): AverageKernels {
  return kernel<AverageKernels>(memory, 'aggregate averages', (m) => {
    eachGroup(m, 'doubles', (f, sum, count, result) => {
      f.storeF64(result, f64.div(f64.convert_i64_s(sum), f64.convert_i64_s(count)))
    })
    eachGroup(m, 'decimals', (f, sum, count, result) => {
      const isNegative = f.let(i64.lt_s(sum, 0))
      const magnitude = f.let(i64.select(isNegative, i64.sub(0, sum), sum))
      const whole = f.let(i64.div_u(magnitude, count))
      const rest = f.let(i64.sub(magnitude, i64.mul(whole, count)))
      const up = i64.extend_i32_u(i64.ge_u(rest, i64.sub(count, rest)))
      const rounded = f.let(i64.add(whole, up))
      f.store64(result, i64.select(isNegative, i64.sub(0, rounded), rounded))
    })
  })
}

function eachGroup(
  m: ModuleBuilder,
  name: string,
  body: (f: FunctionBuilder, sum: Local<'i64'>, count: Local<'i64'>, result: Local<'i32'>) => void,
): void {
  const params = { sums: 'i32', counts: 'i32', count: 'i32', results: 'i32' } as const
  m.function(name, params, null, (f, p) => {
    const i = f.local('i32')
    f.for(i, 0, p.count, () => {
      const sum = f.let(i64.load(at(p.sums, i, 3)))
      const count = f.let(i64.load(at(p.counts, i, 3)))
      const result = f.let(at(p.results, i, 3))
      f.if(
        i64.eqz(count),
        () => f.store64(result, 0n),
        () => body(f, sum, count, result),
      )
    })
  })
}

/** As {@link averages} for sums of any width. */
function wideAverages(
  { total, counts }: Averaged,
  type: SqlType,
  from: number,
  to: number,
  validity: Uint8Array | null,
  arena: Arena,
): Block {
  const rowCount = to - from
  const flat = { encoding: 'flat', type, rowCount, validity } as const
  const counted = counts.int64()
  if (type.kind !== 'decimal') {
    const bytes = arena.allocate(rowCount * 8)
    const values = new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
    for (let i = 0; i < rowCount; i++) {
      const count = counted[from + i]!
      values[i] = count === 0n ? 0 : Number(total(from + i)) / Number(count)
    }
    return { storage: 'f64', values, ...flat }
  }
  const isShort = isShortDecimal(type)
  const bytes = arena.allocate(rowCount * (isShort ? 8 : 16))
  const words = new BigInt64Array(bytes.buffer, bytes.byteOffset, isShort ? rowCount : rowCount * 2)
  for (let i = 0; i < rowCount; i++) {
    const average = divideHalfUp(total(from + i), counted[from + i]!)
    if (isShort) words[i] = average
    else {
      words[2 * i] = BigInt.asIntN(64, average)
      words[2 * i + 1] = average >> 64n
    }
  }
  return isShort
    ? { storage: 'i64', values: words, base: 0, factor: 1, ...flat }
    : { storage: 'fixed16', values: bytes, ...flat }
}

function divideHalfUp(sum: bigint, count: bigint): bigint {
  if (count === 0n) return 0n
  const magnitude = sum < 0n ? -sum : sum
  const quotient = (2n * magnitude + count) / (2n * count)
  return sum < 0n ? -quotient : quotient
}
