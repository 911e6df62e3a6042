import { commonMemory } from '../../expressions/wasm/buffers.js'
import type { FunctionBuilder, Local } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f32, f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import type { FlatBlock } from '../../spi/index.js'
import { at, type KeySource, loadKey, validBit } from '../keys/key-kernels.js'

/*
 * The hashes of `row-hash.ts`, bit by bit, and what places rows by them, as WASM kernels over the shared memory. A validity of 0 means no nulls.
 */

type Locals = { readonly h: Local<'i32'>; readonly k: Local<'i32'> }

/** h = murmur's step with a word. */
function mix(f: FunctionBuilder, { h, k }: Locals, word: Expr<'i32'>): void {
  f.set(k, i32.rotl(i32.mul(word, 0xcc9e2d51 | 0), 15))
  f.set(h, i32.rotl(i32.xor(h, i32.mul(k, 0x1b873593)), 13))
  f.set(h, i32.add(i32.mul(h, 5), 0xe6546b64 | 0))
}

/** h = murmur's last step. */
function finish(f: FunctionBuilder, h: Local<'i32'>): void {
  f.set(h, i32.mul(i32.xor(h, i32.shr_u(h, 16)), 0x85ebca6b | 0))
  f.set(h, i32.mul(i32.xor(h, i32.shr_u(h, 13)), 0xc2b2ae35 | 0))
  f.set(h, i32.xor(h, i32.shr_u(h, 16)))
}

const localsOf = (f: FunctionBuilder): Locals => ({ h: f.local('i32'), k: f.local('i32') })

/** hashes[i] = hashes[i] * 31 + the hash that `value` leaves in h; 0 for a null. */
function forEachRow(
  f: FunctionBuilder,
  p: Readonly<Record<'validity' | 'count' | 'hashes', Local<'i32'>>>,
  { h }: Locals,
  value: (i: Local<'i32'>) => void,
): void {
  const i = f.local('i32')
  f.for(i, 0, p.count, () => {
    f.set(h, 0)
    f.if(i32.or(i32.eqz(p.validity), validBit(p.validity, i)), () => value(i))
    const target = at(p.hashes, i, 2)
    f.store32(target, i32.add(i32.mul(i32.load(target), 31), h))
  })
}

function mixHalves(f: FunctionBuilder, locals: Locals, value: Local<'i64'>): void {
  mix(f, locals, i32.wrap_i64(value))
  mix(f, locals, i32.wrap_i64(i64.shr_u(value, 32n)))
  finish(f, locals.h)
}

const ROW_PARAMETERS = { validity: 'i32', count: 'i32', hashes: 'i32' } as const

type AddIntegers = (
  values: number,
  validity: number,
  count: number,
  hashes: number,
  base: bigint,
  factor: bigint,
) => void

const integerKernel = (memory: WebAssembly.Memory, source: KeySource): AddIntegers =>
  kernel<{ add: AddIntegers }>(memory, `row hash ${source}`, (m) => {
    const parameters = { values: 'i32', ...ROW_PARAMETERS, base: 'i64', factor: 'i64' } as const
    m.function('add', parameters, null, (f, p) => {
      const locals = localsOf(f)
      const value = f.local('i64')
      forEachRow(f, p, locals, (i) => {
        f.set(value, i64.add(p.base, i64.mul(p.factor, loadKey(source, p.values, i))))
        mixHalves(f, locals, value)
      })
    })
  }).add

type AddFloats = (values: number, validity: number, count: number, hashes: number) => void

const CANONICAL_NAN = 0x7ff8000000000000n

const floatKernel = (memory: WebAssembly.Memory, storage: 'f32' | 'f64'): AddFloats =>
  kernel<{ add: AddFloats }>(memory, `row hash ${storage}`, (m) => {
    m.function('add', { values: 'i32', ...ROW_PARAMETERS }, null, (f, p) => {
      const locals = localsOf(f)
      const double = f.local('f64')
      const bits = f.local('i64')
      forEachRow(f, p, locals, (i) => {
        f.set(
          double,
          storage === 'f64'
            ? f64.load(at(p.values, i, 3))
            : f64.promote_f32(f32.load(at(p.values, i, 2))),
        )
        f.set(bits, i64.reinterpret_f64(double))
        f.if(f64.eq(double, 0), () => f.set(bits, 0n))
        f.if(f64.ne(double, double), () => f.set(bits, CANONICAL_NAN))
        mixHalves(f, locals, bits)
      })
    })
  }).add

type AddBytes = (
  offsets: number,
  bytes: number,
  validity: number,
  count: number,
  hashes: number,
) => void

const bytesKernel = (memory: WebAssembly.Memory): AddBytes =>
  kernel<{ add: AddBytes }>(memory, 'row hash bytes', (m) => {
    m.function('add', { offsets: 'i32', bytes: 'i32', ...ROW_PARAMETERS }, null, (f, p) => {
      const locals = localsOf(f)
      const { h } = locals
      const cursor = f.local('i32')
      const end = f.local('i32')
      const length = f.local('i32')
      const rest = f.local('i32')
      const shift = f.local('i32')
      forEachRow(f, p, locals, (i) => {
        f.set(cursor, i32.load(at(p.offsets, i, 2)))
        f.set(end, i32.load(at(p.offsets, i32.add(i, 1), 2)))
        f.set(length, i32.sub(end, cursor))
        f.set(cursor, i32.add(p.bytes, cursor))
        f.set(end, i32.add(p.bytes, end))
        f.while(i32.le_u(i32.add(cursor, 4), end), () => {
          mix(f, locals, i32.load(cursor))
          f.set(cursor, i32.add(cursor, 4))
        })
        f.set(rest, 0)
        f.set(shift, 0)
        f.while(i32.lt_u(cursor, end), () => {
          f.set(rest, i32.or(rest, i32.shl(i32.load8_u(cursor), shift)))
          f.set(shift, i32.add(shift, 8))
          f.set(cursor, i32.add(cursor, 1))
        })
        mix(f, locals, rest)
        f.set(h, i32.xor(h, length))
        finish(f, h)
      })
    })
  }).add

/**
 * Adds the hashes of a block of integers, floating point numbers, booleans or bytes that are compared as they are stored.
 * @returns false where nothing was done: the block or the hashes are not in the shared memory, or it is stored otherwise
 */
export function addHashesInKernel(block: FlatBlock, hashes: Int32Array): boolean {
  const { storage, validity, rowCount } = block
  if (storage === 'bytes') {
    const memory = commonMemory(hashes, validity, block.offsets, block.bytes)
    if (memory === undefined) return false
    bytesKernel(memory)(
      block.offsets.byteOffset,
      block.bytes.byteOffset,
      validity?.byteOffset ?? 0,
      rowCount,
      hashes.byteOffset,
    )
    return true
  }
  if (!('values' in block) || storage === 'fixed16') return false
  const memory = commonMemory(hashes, validity, block.values)
  if (memory === undefined) return false
  const places = [
    block.values.byteOffset,
    validity?.byteOffset ?? 0,
    rowCount,
    hashes.byteOffset,
  ] as const
  if (block.storage === 'f32' || block.storage === 'f64')
    floatKernel(memory, block.storage)(...places)
  else if (block.storage === 'bool') integerKernel(memory, 'u8')(...places, 0n, 1n)
  else if ('base' in block) {
    integerKernel(memory, block.storage)(...places, BigInt(block.base), BigInt(block.factor))
  }
  return true
}

/** What cuts rows by their hash into partitions. */
export interface PartitionKernels {
  /** hashes[i] becomes the partition of row i. */
  place(hashes: number, count: number, partitionCount: number): void
  /** counts[p] += rows of partition p. @returns rows of every partition, whose number is negative */
  count(partitions: number, count: number, counts: number): number
  /** Writes the positions of each partition's rows, in order, from next[p] on. */
  scatter(
    partitions: number,
    count: number,
    partitionCount: number,
    next: number,
    positions: number,
  ): void
}

export const partitionKernels = (memory: WebAssembly.Memory): PartitionKernels =>
  kernel<PartitionKernels>(memory, 'partition rows', (m) => {
    m.function('place', { hashes: 'i32', count: 'i32', partitionCount: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      const h = f.local('i32')
      const partitionCount = f.let(i64.extend_i32_u(p.partitionCount))
      f.for(i, 0, p.count, () => {
        const target = at(p.hashes, i, 2)
        f.set(h, i32.load(target))
        finish(f, h)
        const product = i64.mul(i64.extend_i32_u(h), partitionCount)
        f.store32(target, i32.wrap_i64(i64.shr_u(product, 32n)))
      })
    })
    m.function('count', { partitions: 'i32', count: 'i32', counts: 'i32' }, 'i32', (f, p) => {
      const i = f.local('i32')
      const partition = f.local('i32')
      const ofAll = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(partition, i32.load(at(p.partitions, i, 2)))
        f.if(
          i32.lt_s(partition, 0),
          () => f.set(ofAll, i32.add(ofAll, 1)),
          () => increment(f, at(p.counts, partition, 2)),
        )
      })
      f.return(ofAll)
    })
    m.function(
      'scatter',
      {
        partitions: 'i32',
        count: 'i32',
        partitionCount: 'i32',
        next: 'i32',
        positions: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const partition = f.local('i32')
        const put = () => {
          const next = at(p.next, partition, 2)
          f.store32(at(p.positions, i32.load(next), 2), i)
          increment(f, next)
        }
        f.for(i, 0, p.count, () => {
          f.set(partition, i32.load(at(p.partitions, i, 2)))
          f.if(i32.lt_s(partition, 0), () => f.for(partition, 0, p.partitionCount, put), put)
        })
      },
    )
  })

const increment = (f: FunctionBuilder, address: Expr<'i32'>): void =>
  f.store32(address, i32.add(i32.load(address), 1))
