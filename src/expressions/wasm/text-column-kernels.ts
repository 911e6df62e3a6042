import { call, type FunctionBuilder, type Local, type ModuleBuilder } from './builder.js'
import { ParameterReader } from './layout.js'
import { i32, i64 } from './scalar.js'
import { i8x16, v128 } from './simd.js'
import { type Bool, buildEqual, buildFind } from './text-kernels.js'
import type { Expr } from './value.js'

/**
 * Kernels that make columns of texts of others, over offsets and bytes. Texts of a column lie at `offsets + row * stride`; a
 * stride of 0 is a constant. Sizes come first, as offsets of the result; what they return is the last of them, or -1 past what
 * offsets hold. Loads and stores reach up to 15 bytes past the texts.
 */
export type TextColumnKernels = {
  flipCase(from: number, to: number, out: number, first: number): number
  rebase(offsets: number, count: number, out: number): number
  reverse(offsets: number, bytes: number, count: number, out: number): number
  positions(
    offsets: number,
    bytes: number,
    wanted: number,
    wantedBytes: number,
    stride: number,
    count: number,
    out: number,
  ): number
  trim(
    offsets: number,
    bytes: number,
    count: number,
    sides: number,
    starts: number,
    sizes: number,
  ): number
  part(
    offsets: number,
    bytes: number,
    count: number,
    delimiter: number,
    length: number,
    index: number,
    starts: number,
    sizes: number,
    found: number,
  ): number
  pick(starts: number, sizes: number, bytes: number, count: number, out: number): number
}

export const TRIM_START = 1
export const TRIM_END = 2

type I32 = Expr<'i32'>
type F = FunctionBuilder<'i32'>

const CASE_BIT = 0x20
const LETTERS = 25
const IOTA = v128.const(new Uint8Array(16).map((_, i) => i))

export function buildTextColumnKernels(m: ModuleBuilder): void {
  buildFlipCase(m)
  buildRebase(m)
  buildReverse(m)
  const find = buildFind(m, buildEqual(m))
  buildPositions(m, find)
  buildTrim(m)
  buildPart(m, find)
  buildPick(m)
}

const entry = (array: I32, row: I32): I32 => i32.add(array, i32.shl(row, 2))

/** Copies bytes 16 at a time, up to 15 too many. */
function copyBytes(f: F, to: Local<'i32'>, end: I32, from: Local<'i32'>): void {
  f.while(i32.lt_u(to, end), () => {
    f.store128(to, v128.load(from))
    f.set(to, i32.add(to, 16))
    f.set(from, i32.add(from, 16))
  })
}

/** ASCII letters from `first` (`a` or `A`) on change their case, whatever else is there. */
function buildFlipCase(m: ModuleBuilder): void {
  const params = { from: 'i32', to: 'i32', out: 'i32', first: 'i32' } as const
  m.function('flipCase', params, 'i32', (f, { from, to, out, first }) => {
    const low = f.let(i8x16.splat(first))
    const high = f.let(i8x16.splat(i32.add(first, LETTERS)))
    const bit = f.let(i8x16.splat(i32.const(CASE_BIT)))
    f.while(i32.lt_u(from, to), () => {
      const bytes = f.let(v128.load(from))
      const isLetter = v128.and(i8x16.ge_s(bytes, low), i8x16.le_s(bytes, high))
      f.store128(out, v128.xor(bytes, v128.and(isLetter, bit)))
      f.set(from, i32.add(from, 16))
      f.set(out, i32.add(out, 16))
    })
    f.return(0)
  })
}

/** The same offsets from 0 on. */
function buildRebase(m: ModuleBuilder): void {
  const params = { offsets: 'i32', count: 'i32', out: 'i32' } as const
  m.function('rebase', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const first = f.let(i32.load(p.offsets))
    const end = f.let(i32.add(p.count, 1))
    f.for(row, 0, end, () => {
      f.store32(entry(p.out, row), i32.sub(i32.load(entry(p.offsets, row)), first))
    })
    f.return(0)
  })
}

/** Reverses the bytes of each text; the result has the offsets of the source, from 0 on. */
function buildReverse(m: ModuleBuilder): void {
  const params = { offsets: 'i32', bytes: 'i32', count: 'i32', out: 'i32' } as const
  m.function('reverse', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const start = f.let(i32.add(p.bytes, i32.load(p.offsets)))
    const end = f.local('i32')
    const left = f.local('i32')
    const to = f.let(p.out)
    f.for(row, 0, p.count, () => {
      f.set(end, i32.add(p.bytes, i32.load(entry(p.offsets, row), 4)))
      f.set(left, i32.sub(end, start))
      f.while(i32.ge_s(left, 16), () => {
        const last = v128.load(i32.sub(i32.add(start, left), 16))
        f.store128(
          to,
          i8x16.shuffle(last, last, [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        )
        f.set(to, i32.add(to, 16))
        f.set(left, i32.sub(left, 16))
      })
      // Lanes past the first byte are negative, so that swizzle gives zeros there.
      const lanes = i8x16.sub(i8x16.splat(i32.sub(left, 1)), IOTA)
      f.store128(to, i8x16.swizzle(v128.load(start), lanes))
      f.set(to, i32.add(to, left))
      f.set(start, end)
    })
    f.return(0)
  })
}

const HIGH_BITS = v128.const(new Uint8Array(16).fill(0xc0))
const CONTINUATION = v128.const(new Uint8Array(16).fill(0x80))

/** points(from, to): code points that begin there. */
function buildPoints(m: ModuleBuilder) {
  return m.internal('points', { from: 'i32', to: 'i32' }, 'i32', (f, { from, to }) => {
    const points = f.local('i32')
    const starts = f.local('i32')
    f.while(i32.lt_u(from, to), () => {
      const tops = v128.and(v128.load(from), HIGH_BITS)
      f.set(starts, i8x16.bitmask(i8x16.ne(tops, CONTINUATION)))
      const left = f.let(i32.sub(to, from))
      f.if(i32.lt_u(left, 16), () => {
        f.set(starts, i32.and(starts, i32.sub(i32.shl(1, left), 1)))
      })
      f.set(points, i32.add(points, i32.popcnt(starts)))
      f.set(from, i32.add(from, 16))
    })
    f.return(points)
  })
}

/** Where the wanted text begins in each text, in code points from 1, or 0. @returns the greatest */
function buildPositions(m: ModuleBuilder, find: Bool): void {
  const points = buildPoints(m)
  const params = {
    offsets: 'i32',
    bytes: 'i32',
    wanted: 'i32',
    wantedBytes: 'i32',
    stride: 'i32',
    count: 'i32',
    out: 'i32',
  } as const
  m.function('positions', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const max = f.local('i32')
    const start = f.let(i32.add(p.bytes, i32.load(p.offsets)))
    const end = f.local('i32')
    const position = f.local('i32')
    f.for(row, 0, p.count, () => {
      f.set(end, i32.add(p.bytes, i32.load(entry(p.offsets, row), 4)))
      const text = f.let(i32.add(p.wantedBytes, i32.load(p.wanted)))
      const length = f.let(i32.sub(i32.load(p.wanted, 4), i32.load(p.wanted)))
      f.set(position, 1)
      f.if(length, () => {
        f.set(position, call(find, start, end, text, length))
        f.if(position, () => f.set(position, i32.add(call(points, start, position), 1)))
      })
      f.store32(entry(p.out, row), position)
      f.set(max, i32.select(i32.gt_s(position, max), position, max))
      f.set(p.wanted, i32.add(p.wanted, p.stride))
      f.set(start, end)
    })
    f.return(max)
  })
}

/** White space among ASCII. */
const isSpace = (byte: I32, f: F): I32 => {
  const b = f.let(byte)
  return i32.or(i32.le_u(i32.sub(b, 9), 4), i32.le_u(i32.sub(b, 0x1c), 4))
}

/** Adds the size of a row's text to the offsets of the result. */
function addSize(f: F, total: Local<'i64'>, sizes: I32, row: I32, size: I32): void {
  f.set(total, i64.add(total, i64.extend_i32_u(size)))
  f.store32(entry(sizes, row), i32.wrap_i64(total), 4)
}

const OFFSET_MAX = 2_147_483_647

const endOfSizes = (total: Local<'i64'>): I32 =>
  i32.select(i64.gt_s(total, OFFSET_MAX), -1, i32.wrap_i64(total))

/** Texts of ASCII without white space at their sides. */
function buildTrim(m: ModuleBuilder): void {
  const params = {
    offsets: 'i32',
    bytes: 'i32',
    count: 'i32',
    sides: 'i32',
    starts: 'i32',
    sizes: 'i32',
  } as const
  m.function('trim', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const total = f.local('i64')
    const start = f.local('i32')
    const end = f.local('i32')
    const next = f.let(i32.add(p.bytes, i32.load(p.offsets)))
    f.store32(p.sizes, 0)
    f.for(row, 0, p.count, () => {
      f.set(start, next)
      f.set(next, i32.add(p.bytes, i32.load(entry(p.offsets, row), 4)))
      f.set(end, next)
      f.if(i32.and(p.sides, TRIM_START), () => {
        f.while(i32.lt_u(start, end), (exit) => {
          f.brIf(exit, i32.eqz(isSpace(i32.load8_u(start), f)))
          f.set(start, i32.add(start, 1))
        })
      })
      f.if(i32.and(p.sides, TRIM_END), () => {
        f.while(i32.lt_u(start, end), (exit) => {
          f.brIf(exit, i32.eqz(isSpace(i32.load8_u(i32.sub(end, 1)), f)))
          f.set(end, i32.sub(end, 1))
        })
      })
      f.store32(entry(p.starts, row), i32.sub(start, p.bytes))
      addSize(f, total, p.sizes, row, i32.sub(end, start))
    })
    f.return(endOfSizes(total))
  })
}

/** The part between delimiters with an index from 1; `found` is 0 where there are fewer. */
function buildPart(m: ModuleBuilder, find: Bool): void {
  const params = {
    offsets: 'i32',
    bytes: 'i32',
    count: 'i32',
    delimiter: 'i32',
    length: 'i32',
    index: 'i32',
    starts: 'i32',
    sizes: 'i32',
    found: 'i32',
  } as const
  m.function('part', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const total = f.local('i64')
    const start = f.local('i32')
    const at = f.local('i32')
    const left = f.local('i32')
    const end = f.let(i32.add(p.bytes, i32.load(p.offsets)))
    f.store32(p.sizes, 0)
    f.for(row, 0, p.count, () => {
      f.set(start, end)
      f.set(end, i32.add(p.bytes, i32.load(entry(p.offsets, row), 4)))
      f.set(left, p.index)
      f.block((ended) => {
        f.loop((again) => {
          f.set(at, call(find, start, end, p.delimiter, p.length))
          f.set(left, i32.sub(left, 1))
          f.brIf(ended, i32.or(i32.eqz(left), i32.eqz(at)))
          f.set(start, i32.add(at, p.length))
          f.br(again)
        })
      })
      f.store8(i32.add(p.found, row), i32.eqz(left))
      const until = i32.select(at, at, end)
      f.store32(entry(p.starts, row), i32.sub(start, p.bytes))
      addSize(f, total, p.sizes, row, i32.select(left, 0, i32.sub(until, start)))
    })
    f.return(endOfSizes(total))
  })
}

/** Copies the text that begins at each start. */
function buildPick(m: ModuleBuilder): void {
  const params = { starts: 'i32', sizes: 'i32', bytes: 'i32', count: 'i32', out: 'i32' } as const
  m.function('pick', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const from = f.local('i32')
    const to = f.local('i32')
    f.for(row, 0, p.count, () => {
      f.set(from, i32.add(p.bytes, i32.load(entry(p.starts, row))))
      f.set(to, i32.add(p.out, i32.load(entry(p.sizes, row))))
      copyBytes(f, to, i32.add(p.out, i32.load(entry(p.sizes, row), 4)), from)
    })
    f.return(0)
  })
}

/**
 * Concatenations of some number of columns: parameters are offsets and bytes of the result, then of each column its offsets, its
 * stride or codes, and its bytes.
 */
export type ConcatKernels = {
  sizes(params: number, count: number): number
  copy(params: number, count: number): number
}

/** Bytes of the codes of a dictionary's column; 0: texts lie a stride apart. */
export type ConcatPiece = 0 | 1 | 2 | 4

const CODE_LOADS = { 1: i32.load8_u, 2: i32.load16_u, 4: i32.load } as const

export function buildConcatKernels(m: ModuleBuilder, pieces: readonly ConcatPiece[]): void {
  const read = (f: F, params: Local<'i32'>) => {
    const reader = new ParameterReader(f, params)
    const sizes = reader.i32()
    const out = reader.i32()
    const columns = pieces.map((codeBytes) => {
      const offsets = reader.i32()
      const next = reader.i32()
      return { offsets, next, bytes: reader.i32(), codeBytes }
    })
    return { sizes, out, columns }
  }
  type Column = ReturnType<typeof read>['columns'][number]
  /** Where the offset of a column's text in the row at hand lies. */
  const offsetOf = (f: F, { offsets, next, codeBytes }: Column): Local<'i32'> =>
    codeBytes === 0 ? offsets : f.let(entry(offsets, CODE_LOADS[codeBytes](next)))
  const advance = (f: F, { offsets, next, codeBytes }: Column): void => {
    if (codeBytes === 0) f.set(offsets, i32.add(offsets, next))
    else f.set(next, i32.add(next, codeBytes))
  }
  m.function('sizes', { params: 'i32', count: 'i32' }, 'i32', (f, { params, count }) => {
    const { sizes, columns } = read(f, params)
    const row = f.local('i32')
    const total = f.local('i64')
    f.store32(sizes, 0)
    f.for(row, 0, count, () => {
      for (const column of columns) {
        const offset = offsetOf(f, column)
        const size = i32.sub(i32.load(offset, 4), i32.load(offset))
        f.set(total, i64.add(total, i64.extend_i32_u(size)))
        advance(f, column)
      }
      f.store32(entry(sizes, row), i32.wrap_i64(total), 4)
    })
    f.return(endOfSizes(total))
  })
  m.function('copy', { params: 'i32', count: 'i32' }, 'i32', (f, { params, count }) => {
    const { out, columns } = read(f, params)
    const row = f.local('i32')
    const from = f.local('i32')
    const to = f.local('i32')
    const end = f.let(out)
    f.for(row, 0, count, () => {
      for (const column of columns) {
        const offset = offsetOf(f, column)
        f.set(from, i32.add(column.bytes, i32.load(offset)))
        f.set(to, end)
        f.set(end, i32.add(end, i32.sub(i32.load(offset, 4), i32.load(offset))))
        copyBytes(f, to, end, from)
        advance(f, column)
      }
    })
    f.return(0)
  })
}
