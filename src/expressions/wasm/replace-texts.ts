import { type Arena, assert, type BytesBlock, type SqlType } from '../../spi/index.js'
import { allocateInt32 } from './buffers.js'
import { call, type ModuleBuilder } from './builder.js'
import { kernelMemory } from './kernel-memory.js'
import { kernel } from './module-cache.js'
import { i32 } from './scalar.js'
import { v128 } from './simd.js'
import { PADDING } from './text-functions.js'
import { type Bool, buildEqual, emitCandidates } from './text-kernels.js'
import type { Expr } from './value.js'

/** replace() of a text that is not empty, constant as what takes its place is. */

type ReplaceKernels = {
  /** Writes the addresses of occurrences, which neither overlap nor leave their row. @returns how many */
  hits(
    offsets: number,
    bytes: number,
    count: number,
    text: number,
    length: number,
    out: number,
  ): number
  /** Writes the bytes of all results, one after another. */
  copy(
    from: number,
    to: number,
    hits: number,
    hitCount: number,
    length: number,
    instead: number,
    insteadLength: number,
    out: number,
  ): number
  /** Writes the offsets of results, each hit of which is `grows` longer than what was there. */
  place(
    offsets: number,
    bytes: number,
    count: number,
    hits: number,
    hitCount: number,
    grows: number,
    out: number,
  ): number
}

type I32 = Expr<'i32'>

const OFFSET_MAX = 2_147_483_647

/** @returns undefined where offsets cannot hold the results */
export function replaceTexts(
  text: string,
  instead: string,
  type: SqlType,
  block: BytesBlock,
  arena: Arena,
): BytesBlock | undefined {
  const memory = kernelMemory(block.offsets.buffer)
  assert(memory !== undefined, 'kernels need an arena of the shared memory')
  const kernels = kernel<ReplaceKernels>(memory, 'replace texts', buildReplace)
  const { rowCount, validity } = block
  const wanted = keptBytes(text, arena)
  const placed = keptBytes(instead, arena)
  const from = block.bytes.byteOffset + block.offsets[0]!
  const length = block.offsets[rowCount]! - block.offsets[0]!
  const hits = allocateInt32(arena, Math.floor(length / wanted.length))
  const source = [block.offsets.byteOffset, block.bytes.byteOffset, rowCount] as const
  const hitCount = kernels.hits(...source, wanted.byteOffset, wanted.length, hits.byteOffset)
  if (hitCount === 0) return { ...block, type }
  const grows = placed.length - wanted.length
  const total = length + hitCount * grows
  if (total > OFFSET_MAX) return undefined
  const offsets = allocateInt32(arena, rowCount + 1)
  kernels.place(...source, hits.byteOffset, hitCount, grows, offsets.byteOffset)
  const bytes = arena.allocate(total + PADDING)
  kernels.copy(
    from,
    from + length,
    hits.byteOffset,
    hitCount,
    wanted.length,
    placed.byteOffset,
    placed.length,
    bytes.byteOffset,
  )
  const shape = { encoding: 'flat', storage: 'bytes', type, rowCount, validity } as const
  const ascii = block.ascii === true && placed.every((byte) => byte < 0x80)
  return { ...shape, offsets, bytes: bytes.subarray(0, total), ...(ascii ? { ascii } : {}) }
}

/** Copies and comparisons read past the end. */
function keptBytes(text: string, arena: Arena): Uint8Array {
  const encoded = Buffer.from(text)
  const bytes = arena.allocate(encoded.length + PADDING).subarray(0, encoded.length)
  bytes.set(encoded)
  return bytes
}

const SOURCE = { offsets: 'i32', bytes: 'i32', count: 'i32' } as const

const endOf = (p: { readonly offsets: I32; readonly bytes: I32 }, row: I32): I32 =>
  i32.add(p.bytes, i32.load(i32.add(p.offsets, i32.shl(row, 2)), 4))

function buildReplace(m: ModuleBuilder): void {
  const equal = buildEqual(m)
  buildHits(m, equal)
  buildPlace(m)
  const copied = {
    from: 'i32',
    to: 'i32',
    hits: 'i32',
    hitCount: 'i32',
    length: 'i32',
    instead: 'i32',
    insteadLength: 'i32',
    out: 'i32',
  } as const
  m.function('copy', copied, 'i32', (f, p) => {
    const i = f.local('i32')
    const copy = (from: I32, length: I32) => {
      const source = f.let(from)
      const to = f.let(p.out)
      f.set(p.out, i32.add(p.out, length))
      f.while(i32.lt_u(to, p.out), () => {
        f.store128(to, v128.load(source))
        f.set(to, i32.add(to, 16))
        f.set(source, i32.add(source, 16))
      })
    }
    f.for(i, 0, p.hitCount, () => {
      const hit = f.let(i32.load(i32.add(p.hits, i32.shl(i, 2))))
      copy(p.from, i32.sub(hit, p.from))
      copy(p.instead, p.insteadLength)
      f.set(p.from, i32.add(hit, p.length))
    })
    copy(p.from, i32.sub(p.to, p.from))
    f.return(0)
  })
}

/** Looks for the text over all rows at once. */
function buildHits(m: ModuleBuilder, equal: Bool): void {
  const params = { ...SOURCE, text: 'i32', length: 'i32', out: 'i32' } as const
  m.function('hits', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const at = f.let(i32.add(p.bytes, i32.load(p.offsets)))
    const last = f.let(i32.sub(endOf(p, i32.sub(p.count, 1)), p.length))
    f.if(i32.lt_s(i32.sub(last, at), 0), () => f.return(0))
    const next = f.let(p.out)
    const free = f.let(at)
    // Occurrences may stand close: they are taken from the places at hand rather than looked for again.
    emitCandidates(f, { ...p, at, last, vectors: 2 }, (candidate) => {
      const isNext = i32.ge_u(candidate, free)
      f.if(i32.if(isNext, call(equal, candidate, p.text, p.length), 0), () => {
        f.while(i32.le_u(endOf(p, row), candidate), () => f.set(row, i32.add(row, 1)))
        // What lies across the ends of two rows is no occurrence.
        f.if(i32.le_u(i32.add(candidate, p.length), endOf(p, row)), () => {
          f.store32(next, candidate)
          f.set(next, i32.add(next, 4))
          f.set(free, i32.add(candidate, p.length))
        })
      })
    })
    f.return(i32.shr_u(i32.sub(next, p.out), 2))
  })
}

function buildPlace(m: ModuleBuilder): void {
  const params = { ...SOURCE, hits: 'i32', hitCount: 'i32', grows: 'i32', out: 'i32' } as const
  m.function('place', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const hit = f.let(p.hits)
    const behind = f.let(i32.add(p.hits, i32.shl(p.hitCount, 2)))
    const moved = f.let(i32.sub(0, i32.load(p.offsets)))
    const end = f.local('i32')
    f.store32(p.out, 0)
    f.for(row, 0, p.count, () => {
      f.set(end, endOf(p, row))
      f.while(i32.if(i32.lt_u(hit, behind), i32.lt_u(i32.load(hit), end), 0), () => {
        f.set(hit, i32.add(hit, 4))
        f.set(moved, i32.add(moved, p.grows))
      })
      const offset = i32.add(i32.sub(end, p.bytes), moved)
      f.store32(i32.add(p.out, i32.shl(row, 2)), offset, 4)
    })
    f.return(0)
  })
}
