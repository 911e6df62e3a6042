import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, type KeySource, loadKey, validBit } from '../keys/key-kernels.js'

/**
 * What a value adds to a checksum: its XxHash64 with seed 0, times the prime that a null adds.
 * @source Y. Collet, xxHash fast digest algorithm; Trino ChecksumAggregationFunction
 */
const P1 = BigInt.asIntN(64, 0x9e3779b185ebca87n)
const P2 = BigInt.asIntN(64, 0xc2b2ae3d27d4eb4fn)
const P3 = 0x165667b19e3779f9n
const P4 = BigInt.asIntN(64, 0x85ebca77c2b2ae63n)
const P5 = 0x27d4eb2f165667c5n
const STRIPE_BYTES = 32
const LANE_ROTATIONS = [1n, 7n, 12n, 18n] as const
/** The bits of every NaN. */
const NAN_BITS = 0x7ff8000000000000n

type I64 = Expr<'i64'>

export interface NumberChecksumKernel {
  /** out[i] = what base + factor * values[i] adds; a `double` has neither. */
  numbers(
    validity: number,
    count: number,
    values: number,
    base: bigint,
    factor: bigint,
    out: number,
  ): void
}
export interface TextChecksumKernel {
  /** out[i] = what bytes[offsets[i], offsets[i + 1]) add. */
  texts(validity: number, count: number, offsets: number, bytes: number, out: number): void
}

export function numberChecksumKernel(
  memory: WebAssembly.Memory,
  source: KeySource | 'double',
  nullable: boolean,
): NumberChecksumKernel['numbers'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'numbers',
      { validity: 'i32', count: 'i32', values: 'i32', base: 'i64', factor: 'i64', out: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const hash = f.local('i64')
        f.for(i, 0, p.count, () => {
          const word =
            source === 'double'
              ? doubleBits(f, at(p.values, i, 3))
              : f.let(i64.add(p.base, i64.mul(p.factor, loadKey(source, p.values, i))))
          f.set(hash, i64.const(P5 + 8n))
          mixLong(f, hash, word)
          avalanche(f, hash)
          storeProduct(f, p, i, hash, nullable)
        })
      },
    )
  }
  const key = `checksum ${source}${nullable ? ' nullable' : ''}`
  return kernel<NumberChecksumKernel>(memory, key, build).numbers
}

export function textChecksumKernel(
  memory: WebAssembly.Memory,
  nullable: boolean,
): TextChecksumKernel['texts'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'texts',
      { validity: 'i32', count: 'i32', offsets: 'i32', bytes: 'i32', out: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const hash = f.local('i64')
        const from = f.local('i32')
        const end = f.local('i32')
        f.for(i, 0, p.count, () => {
          const offset = at(p.offsets, i, 2)
          f.set(from, i32.add(p.bytes, i32.load(offset)))
          f.set(end, i32.add(p.bytes, i32.load(offset, 4)))
          hashBytes(f, from, end, hash)
          storeProduct(f, p, i, hash, nullable)
        })
      },
    )
  }
  const key = `checksum text${nullable ? ' nullable' : ''}`
  return kernel<TextChecksumKernel>(memory, key, build).texts
}

function storeProduct(
  f: FunctionBuilder,
  p: { readonly validity: Local<'i32'>; readonly out: Local<'i32'> },
  row: Local<'i32'>,
  hash: Local<'i64'>,
  nullable: boolean,
): void {
  const factor = nullable ? i64.select(validBit(p.validity, row), hash, i64.const(1n)) : hash
  f.store64(at(p.out, row, 3), i64.mul(factor, i64.const(P1)))
}

/** The bits of a double; -0 is 0, every NaN the same. */
function doubleBits(f: FunctionBuilder, address: Expr<'i32'>): Local<'i64'> {
  const value = f.let(f64.load(address))
  const bits = i64.select(f64.eq(value, 0), i64.const(0n), i64.reinterpret_f64(value))
  return f.let(i64.select(f64.ne(value, value), i64.const(NAN_BITS), bits))
}

/** An accumulator takes eight bytes in. */
const round = (accumulator: I64, input: I64): I64 =>
  i64.mul(i64.rotl(i64.add(accumulator, i64.mul(input, i64.const(P2))), 31n), i64.const(P1))

function mixLong(f: FunctionBuilder, hash: Local<'i64'>, input: I64): void {
  f.set(hash, i64.xor(hash, round(i64.const(0n), input)))
  f.set(hash, i64.add(i64.mul(i64.rotl(hash, 27n), i64.const(P1)), i64.const(P4)))
}

function avalanche(f: FunctionBuilder, hash: Local<'i64'>): void {
  f.set(hash, i64.mul(i64.xor(hash, i64.shr_u(hash, 33n)), i64.const(P2)))
  f.set(hash, i64.mul(i64.xor(hash, i64.shr_u(hash, 29n)), i64.const(P3)))
  f.set(hash, i64.xor(hash, i64.shr_u(hash, 32n)))
}

/** @param from moves to the end */
function hashBytes(
  f: FunctionBuilder,
  from: Local<'i32'>,
  end: Local<'i32'>,
  hash: Local<'i64'>,
): void {
  const length = f.let(i32.sub(end, from))
  f.if(
    i32.ge_s(length, STRIPE_BYTES),
    () => hashStripes(f, from, end, hash),
    () => f.set(hash, P5),
  )
  f.set(hash, i64.add(hash, i64.extend_i32_u(length)))
  // What is left is compared by its length: addresses may lie beyond 2 GB.
  const left = (): Expr<'i32'> => i32.sub(end, from)
  f.while(i32.ge_s(left(), 8), () => {
    mixLong(f, hash, i64.load(from))
    f.set(from, i32.add(from, 8))
  })
  f.if(i32.ge_s(left(), 4), () => {
    f.set(hash, i64.xor(hash, i64.mul(i64.load32_u(from), i64.const(P1))))
    f.set(hash, i64.add(i64.mul(i64.rotl(hash, 23n), i64.const(P2)), i64.const(P3)))
    f.set(from, i32.add(from, 4))
  })
  f.while(i32.gt_s(left(), 0), () => {
    f.set(hash, i64.xor(hash, i64.mul(i64.load8_u(from), i64.const(P5))))
    f.set(hash, i64.mul(i64.rotl(hash, 11n), i64.const(P1)))
    f.set(from, i32.add(from, 1))
  })
  avalanche(f, hash)
}

/** Whole stripes of 32 bytes, by four accumulators. */
function hashStripes(
  f: FunctionBuilder,
  from: Local<'i32'>,
  end: Local<'i32'>,
  hash: Local<'i64'>,
): void {
  const starts = [BigInt.asIntN(64, P1 + P2), P2, 0n, -P1]
  const lanes = starts.map((start) => f.let(i64.const(start)))
  f.while(i32.ge_s(i32.sub(end, from), STRIPE_BYTES), () => {
    for (const [lane, accumulator] of lanes.entries()) {
      f.set(accumulator, round(accumulator, i64.load(from, 8 * lane)))
    }
    f.set(from, i32.add(from, STRIPE_BYTES))
  })
  const rotated = lanes.map((accumulator, lane) => i64.rotl(accumulator, LANE_ROTATIONS[lane]!))
  f.set(
    hash,
    rotated.reduce((sum, term) => i64.add(sum, term)),
  )
  for (const accumulator of lanes) {
    f.set(hash, i64.xor(hash, round(i64.const(0n), accumulator)))
    f.set(hash, i64.add(i64.mul(hash, i64.const(P1)), i64.const(P4)))
  }
}
