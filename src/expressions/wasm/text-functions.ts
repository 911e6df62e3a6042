import {
  type Arena,
  type ArrayBlock,
  assert,
  type BytesBlock,
  type IntegerBlock,
  type MapBlock,
  type SqlType,
} from '../../spi/index.js'
import { allocateInt32 } from './buffers.js'
import type { ModuleBuilder } from './builder.js'
import { kernelMemory } from './kernel-memory.js'
import { kernel } from './module-cache.js'
import { f64, i32, i64 } from './scalar.js'
import { i8x16, v128 } from './simd.js'

/** length() of any texts and substring() of ASCII ones with constant positions, a page at a time. */

type Kernels = {
  ascii(from: number, to: number): number
  lengths(offsets: number, bytes: number, count: number, out: number): number
  byteLengths(offsets: number, count: number, out: number): number
  offsets(offsets: number, count: number, from: number, length: number, out: number): number
  copy(offsets: number, bytes: number, count: number, from: number, to: number, out: number): number
}

/** Copies write this far past the end. */
export const PADDING = 16

function kernelsFor(block: BytesBlock): Kernels {
  const memory = kernelMemory(block.offsets.buffer)
  assert(memory !== undefined, 'kernels need an arena of the shared memory')
  return kernel<Kernels>(memory, 'text functions', buildKernels)
}

/** Whether code points are bytes. @param block in the arena's memory, as for all that is here */
export function isAscii(block: BytesBlock): boolean {
  if (block.ascii !== undefined) return block.ascii
  const kernels = kernelsFor(block)
  const { offsets, bytes, rowCount } = block
  const start = bytes.byteOffset
  return kernels.ascii(start + offsets[0]!, start + offsets[rowCount]!) === 1
}

/** The number of code points of each text. */
export function lengthsOf(type: SqlType, block: BytesBlock, arena: Arena): IntegerBlock {
  const kernels = kernelsFor(block)
  const ascii = isAscii(block)
  const { rowCount, validity, offsets, bytes } = block
  const values = allocateInt32(arena, rowCount)
  const max = ascii
    ? kernels.byteLengths(offsets.byteOffset, rowCount, values.byteOffset)
    : kernels.lengths(offsets.byteOffset, bytes.byteOffset, rowCount, values.byteOffset)
  const bounds = { min: 0, max }
  return {
    encoding: 'flat',
    storage: 'i32',
    type,
    rowCount,
    validity,
    values,
    base: 0,
    factor: 1,
    bounds,
  }
}

/** How many elements arrays and maps have. */
export function sizesOf(
  type: SqlType,
  { offsets, rowCount, validity }: ArrayBlock | MapBlock,
  arena: Arena,
): IntegerBlock {
  const values = allocateInt32(arena, rowCount)
  let max = 0
  for (let i = 0; i < rowCount; i++) {
    const size = offsets[i + 1]! - offsets[i]!
    values[i] = size
    if (size > max) max = size
  }
  const shape = { encoding: 'flat', storage: 'i32', type, rowCount, validity } as const
  return { values, base: 0, factor: 1, bounds: { min: 0, max }, ...shape }
}

/** Cuts texts of ASCII. @param from counted from 1, from the end where negative */
export function substringOf(
  { from, length }: { readonly from: number; readonly length: number },
  type: SqlType,
  block: BytesBlock,
  arena: Arena,
): BytesBlock {
  const kernels = kernelsFor(block)
  const { rowCount, validity } = block
  const offsets = allocateInt32(arena, rowCount + 1)
  const source = block.offsets.byteOffset
  const total = kernels.offsets(source, rowCount, from, length, offsets.byteOffset)
  const out = arena.allocate(total + PADDING)
  const bytes = block.bytes.byteOffset
  kernels.copy(source, bytes, rowCount, from, offsets.byteOffset, out.byteOffset)
  const shape = { encoding: 'flat', storage: 'bytes', type, rowCount, validity } as const
  return { offsets, bytes: out.subarray(0, total), ascii: true, ...shape }
}

const HIGH_BITS = v128.const(new Uint8Array(16).fill(0xc0))
const CONTINUATION = v128.const(new Uint8Array(16).fill(0x80))

function buildKernels(m: ModuleBuilder): void {
  buildAscii(m)
  buildLengths(m)
  m.function('byteLengths', { offsets: 'i32', count: 'i32', out: 'i32' }, 'i32', (f, p) => {
    const row = f.local('i32')
    const max = f.local('i32')
    f.for(row, 0, p.count, () => {
      const at = i32.add(p.offsets, i32.shl(row, 2))
      const length = f.let(i32.sub(i32.load(at, 4), i32.load(at)))
      f.store32(i32.add(p.out, i32.shl(row, 2)), length)
      f.set(max, i32.select(i32.gt_s(length, max), length, max))
    })
    f.return(max)
  })
  buildSubstring(m)
}

/** Whether no byte has its top bit set. */
function buildAscii(m: ModuleBuilder): void {
  m.function('ascii', { from: 'i32', to: 'i32' }, 'i32', (f, { from, to }) => {
    f.while(i32.lt_u(from, to), () => {
      const bits = f.let(i8x16.bitmask(v128.load(from)))
      const left = f.let(i32.sub(to, from))
      f.if(i32.lt_u(left, 16), () => {
        f.set(bits, i32.and(bits, i32.sub(i32.shl(1, left), 1)))
      })
      f.if(bits, () => f.return(0))
      f.set(from, i32.add(from, 16))
    })
    f.return(1)
  })
}

/** Counts the bytes of each text that begin a code point. */
function buildLengths(m: ModuleBuilder): void {
  const params = { offsets: 'i32', bytes: 'i32', count: 'i32', out: 'i32' } as const
  m.function('lengths', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const max = f.local('i32')
    const from = f.let(i32.add(p.bytes, i32.load(p.offsets)))
    const end = f.local('i32')
    const points = f.local('i32')
    const starts = f.local('i32')
    f.for(row, 0, p.count, () => {
      f.set(end, i32.add(p.bytes, i32.load(i32.add(p.offsets, i32.shl(row, 2)), 4)))
      f.set(points, 0)
      f.while(i32.lt_u(from, end), () => {
        const tops = v128.and(v128.load(from), HIGH_BITS)
        f.set(starts, i8x16.bitmask(i8x16.ne(tops, CONTINUATION)))
        const left = f.let(i32.sub(end, from))
        f.if(i32.lt_u(left, 16), () => {
          f.set(starts, i32.and(starts, i32.sub(i32.shl(1, left), 1)))
        })
        f.set(points, i32.add(points, i32.popcnt(starts)))
        f.set(from, i32.add(from, 16))
      })
      f.set(from, end)
      f.store32(i32.add(p.out, i32.shl(row, 2)), points)
      f.set(max, i32.select(i32.gt_s(points, max), points, max))
    })
    f.return(max)
  })
}

/** Positions count from 1, negative ones from the end; what starts outside of the text is empty. */
function buildSubstring(m: ModuleBuilder): void {
  const params = { offsets: 'i32', count: 'i32', from: 'i32', length: 'i32', out: 'i32' } as const
  m.function('offsets', params, 'f64', (f, p) => {
    const row = f.local('i32')
    const total = f.local('i64')
    const taken = f.local('i32')
    f.store32(p.out, 0)
    f.for(row, 0, p.count, () => {
      const at = i32.add(p.offsets, i32.shl(row, 2))
      const size = f.let(i32.sub(i32.load(at, 4), i32.load(at)))
      const start = f.let(startOf(p.from, size))
      const inside = i32.and(i32.ge_s(start, 0), i32.ne(p.from, 0))
      const left = f.let(i32.sub(size, start))
      f.set(taken, i32.select(i32.lt_s(p.length, left), p.length, left))
      const isEmpty = i32.or(i32.eqz(inside), i32.lt_s(taken, 0))
      f.set(taken, i32.select(isEmpty, 0, taken))
      f.set(total, i64.add(total, i64.extend_i32_u(taken)))
      f.store32(i32.add(p.out, i32.shl(row, 2)), i32.wrap_i64(total), 4)
    })
    f.return(f64.convert_i64_s(total))
  })
  const copied = {
    offsets: 'i32',
    bytes: 'i32',
    count: 'i32',
    from: 'i32',
    to: 'i32',
    out: 'i32',
  } as const
  m.function('copy', copied, 'i32', (f, p) => {
    const row = f.local('i32')
    const source = f.local('i32')
    const target = f.local('i32')
    const end = f.local('i32')
    f.for(row, 0, p.count, () => {
      const at = i32.add(p.offsets, i32.shl(row, 2))
      const begin = f.let(i32.load(at))
      const size = i32.sub(i32.load(at, 4), begin)
      const to = i32.add(p.to, i32.shl(row, 2))
      f.set(source, i32.add(i32.add(p.bytes, begin), startOf(p.from, size)))
      f.set(target, i32.add(p.out, i32.load(to)))
      f.set(end, i32.add(p.out, i32.load(to, 4)))
      f.while(i32.lt_u(target, end), () => {
        f.store128(target, v128.load(source))
        f.set(target, i32.add(target, 16))
        f.set(source, i32.add(source, 16))
      })
    })
    f.return(0)
  })
}

const startOf = (from: Parameters<typeof i32.select>[1], size: Parameters<typeof i32.select>[1]) =>
  i32.select(i32.gt_s(from, 0), i32.sub(from, 1), i32.add(size, from))
