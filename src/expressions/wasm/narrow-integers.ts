import type { Arena, Block, DictionaryBlock, IntegerBlock } from '../../spi/index.js'
import { allocateInt32 } from './buffers.js'
import type { FunctionBuilder, Local, ModuleBuilder } from './builder.js'
import { importBlock } from './import.js'
import { storageBounds } from './integer-storage.js'
import { arenaBuffer, kernelMemory } from './kernel-memory.js'
import { kernel } from './module-cache.js'
import { i32, i64 } from './scalar.js'
import { i8x16, i16x8, i32x4, v128 } from './simd.js'
import type { Expr } from './value.js'

/** Rows that an entry must stand for on average to be worth evaluating instead of them. */
const ROWS_PER_ENTRY = 4
const ENTRIES_MAX = 65_536

/**
 * A column of integers that lie close to each other, such as dates, as codes into all integers between its bounds: what is
 * costly is evaluated for these instead of every row.
 * @returns undefined where there are too many of them
 */
export function asDictionary(block: Block, arena: Arena): DictionaryBlock | undefined {
  if (block.encoding !== 'flat' || !('base' in block) || block.factor <= 0) return undefined
  const bounds = storageBounds(block)
  if (bounds === undefined) return undefined
  const { base, factor, type, rowCount, validity } = block
  const first = Math.floor((bounds.min - base) / factor)
  const count = Math.ceil((bounds.max - base) / factor) - first + 1
  if (count > ENTRIES_MAX || count * ROWS_PER_ENTRY > rowCount) return undefined
  const least = base + factor * first
  const greatest = least + factor * (count - 1)
  if (!Number.isSafeInteger(least) || !Number.isSafeInteger(greatest)) return undefined
  const codes = codesOf(block, first, count, arena)
  if (codes === undefined) return undefined
  const values = allocateInt32(arena, count)
  for (let i = 0; i < count; i++) values[i] = i
  const dictionary: IntegerBlock = {
    encoding: 'flat',
    storage: 'i32',
    type,
    rowCount: count,
    validity: null,
    values,
    base: least,
    factor,
    bounds: { min: least, max: greatest },
    ascending: true,
  }
  return { encoding: 'dictionary', type, rowCount, codes, dictionary, validity }
}

type CodesKernel = {
  codes(source: number, rowCount: number, first: bigint, count: bigint, out: number): void
}

const LOADS = { i8: i64.load8_s, i16: i64.load16_s, i32: i64.load32_s, i64: i64.load } as const
const SHIFTS = { i8: 0, i16: 1, i32: 2, i64: 3 } as const

/** Rows a turn of vectors. */
const ROWS = 16
const LANES = { i8: i8x16, i16: i16x8, i32: i32x4 } as const

/** Emits the codes of 16 rows; differences that wrap are of nulls. */
function codesOfTurn(
  f: FunctionBuilder<null>,
  storage: keyof typeof LANES,
  isByte: boolean,
  p: Readonly<Record<'source' | 'out', Local<'i32'>> & Record<'first' | 'count', Local<'i64'>>>,
  row: Local<'i32'>,
): () => void {
  const lanes = LANES[storage]
  const first = f.let(lanes.splat(i32.wrap_i64(p.first)))
  const last = f.let(lanes.splat(i32.wrap_i64(i64.sub(p.count, 1))))
  return () => {
    const address = f.let(i32.add(p.source, i32.shl(row, SHIFTS[storage])))
    const codes = Array.from({ length: 1 << SHIFTS[storage] }, (_, part) => {
      const code = f.let(lanes.sub(v128.load(address, part * 16), first))
      return v128.and(code, lanes.le_u(code, last))
    })
    const target = f.let(i32.add(p.out, isByte ? row : i32.shl(row, 1)))
    const words = storage === 'i32' ? inPairs(codes, i16x8.narrow_i32x4_u) : codes
    const narrow = isByte && storage !== 'i8' ? inPairs(words, i8x16.narrow_i16x8_u) : words
    for (const [part, vector] of narrow.entries()) f.store128(target, vector, part * 16)
  }
}

type V = Expr<'v128'>
const inPairs = (vectors: readonly V[], join: (a: V, b: V) => V): V[] =>
  vectors.flatMap((vector, i) => (i % 2 === 0 ? [join(vector, vectors[i + 1]!)] : []))

/** How far stored values are from the first one; those of nulls, which may be anything, are in range too. */
function codesOf(
  block: IntegerBlock,
  first: number,
  count: number,
  arena: Arena,
): DictionaryBlock['codes'] | undefined {
  const memory = kernelMemory(arenaBuffer(arena))
  const imported = importBlock(block, arena)
  if (memory === undefined || imported.encoding !== 'flat' || !('base' in imported)) {
    return undefined
  }
  const { storage, values, rowCount } = imported
  const isByte = count <= 256
  const bytes = arena.allocate(rowCount * (isByte ? 1 : 2))
  const build = (m: ModuleBuilder) => {
    const params = {
      source: 'i32',
      rowCount: 'i32',
      first: 'i64',
      count: 'i64',
      out: 'i32',
    } as const
    m.function('codes', params, null, (f, p) => {
      const row = f.local('i32')
      // Lanes of bytes have no room for codes of two.
      const hasVectors = storage !== 'i64' && (storage !== 'i8' || isByte)
      const whole = hasVectors ? f.let(i32.and(p.rowCount, -ROWS)) : 0
      if (hasVectors) f.for(row, 0, whole, codesOfTurn(f, storage, isByte, p, row), ROWS)
      f.for(row, whole, p.rowCount, () => {
        const stored = LOADS[storage](i32.add(p.source, i32.shl(row, SHIFTS[storage])))
        const code = f.let(i64.sub(stored, p.first))
        const known = i64.select(i64.lt_u(code, p.count), code, 0n)
        const target = i32.add(p.out, isByte ? row : i32.shl(row, 1))
        f.storeLow(isByte ? 8 : 16, target, known)
      })
    })
  }
  kernel<CodesKernel>(memory, `codes of ${storage} in ${isByte ? 1 : 2}`, build).codes(
    values.byteOffset,
    rowCount,
    BigInt(first),
    BigInt(count),
    bytes.byteOffset,
  )
  return isByte ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, rowCount)
}
