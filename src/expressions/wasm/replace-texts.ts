import { type Arena, assert, type BytesBlock, type SqlType } from '../../spi/index.js'
import { allocateInt32 } from './buffers.js'
import { call, type ModuleBuilder } from './builder.js'
import { kernelMemory } from './kernel-memory.js'
import { kernel } from './module-cache.js'
import { i32, i64 } from './scalar.js'
import { v128 } from './simd.js'
import { PADDING } from './text-functions.js'
import { buildEqual, buildFind } from './text-kernels.js'

/** replace() of a text that is not empty, constant as what takes its place is. */

type ReplaceKernels = {
  /** Offsets of the results. @returns the last of them, or -1 past what offsets hold */
  sizes(
    offsets: number,
    bytes: number,
    count: number,
    text: number,
    length: number,
    grows: number,
    out: number,
  ): number
  copy(
    offsets: number,
    bytes: number,
    count: number,
    text: number,
    length: number,
    instead: number,
    insteadLength: number,
    out: number,
  ): number
}

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
  const offsets = allocateInt32(arena, rowCount + 1)
  const source = [block.offsets.byteOffset, block.bytes.byteOffset, rowCount] as const
  const grows = placed.length - wanted.length
  const total = kernels.sizes(
    ...source,
    wanted.byteOffset,
    wanted.length,
    grows,
    offsets.byteOffset,
  )
  if (total < 0) return undefined
  const bytes = arena.allocate(total + PADDING)
  kernels.copy(
    ...source,
    wanted.byteOffset,
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

const SOURCE = { offsets: 'i32', bytes: 'i32', count: 'i32', text: 'i32', length: 'i32' } as const

function buildReplace(m: ModuleBuilder): void {
  const find = buildFind(m, buildEqual(m))
  m.function('sizes', { ...SOURCE, grows: 'i32', out: 'i32' }, 'i32', (f, p) => {
    const row = f.local('i32')
    const at = f.local('i32')
    const hit = f.local('i32')
    const total = f.local('i64')
    const end = f.let(i32.add(p.bytes, i32.load(p.offsets)))
    f.store32(p.out, 0)
    f.for(row, 0, p.count, () => {
      f.set(at, end)
      f.set(end, i32.add(p.bytes, i32.load(i32.add(p.offsets, i32.shl(row, 2)), 4)))
      f.set(total, i64.add(total, i64.extend_i32_u(i32.sub(end, at))))
      f.while(f.tee(hit, call(find, at, end, p.text, p.length)), () => {
        f.set(total, i64.add(total, i64.extend_i32_s(p.grows)))
        f.set(at, i32.add(hit, p.length))
      })
      f.store32(i32.add(p.out, i32.shl(row, 2)), i32.wrap_i64(total), 4)
    })
    f.return(i32.select(i64.gt_s(total, 0x7fffffff), -1, i32.wrap_i64(total)))
  })
  const copied = { ...SOURCE, instead: 'i32', insteadLength: 'i32', out: 'i32' } as const
  m.function('copy', copied, 'i32', (f, p) => {
    const row = f.local('i32')
    const at = f.local('i32')
    const hit = f.local('i32')
    const end = f.let(i32.add(p.bytes, i32.load(p.offsets)))
    const copy = (from: Parameters<typeof f.let<'i32'>>[0], length: typeof from) => {
      const source = f.let(from)
      const to = f.let(p.out)
      f.set(p.out, i32.add(p.out, length))
      f.while(i32.lt_u(to, p.out), () => {
        f.store128(to, v128.load(source))
        f.set(to, i32.add(to, 16))
        f.set(source, i32.add(source, 16))
      })
    }
    f.for(row, 0, p.count, () => {
      f.set(at, end)
      f.set(end, i32.add(p.bytes, i32.load(i32.add(p.offsets, i32.shl(row, 2)), 4)))
      f.while(f.tee(hit, call(find, at, end, p.text, p.length)), () => {
        copy(at, i32.sub(hit, at))
        copy(p.instead, p.insteadLength)
        f.set(at, i32.add(hit, p.length))
      })
      copy(at, i32.sub(end, at))
    })
    f.return(0)
  })
}
