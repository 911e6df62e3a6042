import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Arena, Block, BytesBlock, FlatBlock, Page, SqlType } from '../../spi/index.js'
import { hashBytes } from './bytes-table-kernels.js'
import { at, type KeySource, loadKey, validBit } from './key-kernels.js'
import { keyKind } from './key-kind.js'
import { asBytes, bytesIds, int64Ids, rangeBlock } from './key-source.js'

/** Whether the hash of a key column says which rows are equal, in any thread: values of other types are numbered by a Map. */
export const isHashable = (type: SqlType): boolean => keyKind(type) !== 'generic'

/** Keys of one integer column stay together in blocks of 2^8 values, so that clustered keys do. */
const BLOCK_SHIFT = 8n
const MULTIPLIER = -7046029254386353131n
const NULL_VALUE = 0x5bd1e995n

interface HashKernels {
  /** out[i] = hash of string i: -1 for a null, as ids have it. */
  strings(offsets: number, bytes: number, validity: number, count: number, out: number): void
  /** positions of the rows whose hash falls to share `index` of `shares`. @returns how many */
  share(hashes: number, count: number, index: number, shares: number, positions: number): number
}

function hashKernels(memory: WebAssembly.Memory): HashKernels {
  return kernel<HashKernels>(memory, 'key hash', (m) => {
    m.function(
      'strings',
      { offsets: 'i32', bytes: 'i32', validity: 'i32', count: 'i32', out: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const start = f.local('i32')
        const length = f.local('i32')
        const cursor = f.local('i32')
        const hash = f.local('i64')
        f.for(i, 0, p.count, () => {
          f.set(hash, -1n)
          f.if(i32.or(i32.eqz(p.validity), validBit(p.validity, i)), () => {
            f.set(start, i32.load(at(p.offsets, i, 2)))
            f.set(length, i32.sub(i32.load(at(p.offsets, i32.add(i, 1), 2)), start))
            hashBytes(f, i32.add(p.bytes, start), length, cursor, hash)
          })
          f.store32(at(p.out, i, 2), i32.wrap_i64(i64.shr_u(hash, 32n)))
        })
      },
    )
    m.function(
      'share',
      { hashes: 'i32', count: 'i32', index: 'i32', shares: 'i32', positions: 'i32' },
      'i32',
      (f, p) => {
        const i = f.local('i32')
        const found = f.local('i32')
        const shares = f.let(i64.extend_i32_u(p.shares))
        f.for(i, 0, p.count, () => {
          const high = i64.shr_u(i64.load(at(p.hashes, i, 3)), 32n)
          const share = i32.wrap_i64(i64.shr_u(i64.mul(high, shares), 32n))
          f.store32(at(p.positions, found, 2), i)
          f.set(found, i32.add(found, i32.eq(share, p.index)))
        })
        f.return(found)
      },
    )
  })
}

interface CombineKernel {
  /** hashes[i] = hashes[i] mixed with (base + factor * source[i]) >> shift. */
  combine(
    source: number,
    validity: number,
    count: number,
    base: bigint,
    factor: bigint,
    shift: bigint,
    hashes: number,
  ): void
}

function combineKernel(memory: WebAssembly.Memory, source: KeySource): CombineKernel['combine'] {
  return kernel<CombineKernel>(memory, `key hash ${source}`, (m) => {
    m.function(
      'combine',
      {
        source: 'i32',
        validity: 'i32',
        count: 'i32',
        base: 'i64',
        factor: 'i64',
        shift: 'i64',
        hashes: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const value = f.local('i64')
        f.for(i, 0, p.count, () => {
          f.set(value, i64.add(p.base, i64.mul(p.factor, loadKey(source, p.source, i))))
          f.set(value, i64.shr_s(value, p.shift))
          f.if(i32.eqz(i32.or(i32.eqz(p.validity), validBit(p.validity, i))), () =>
            f.set(value, NULL_VALUE),
          )
          const target = at(p.hashes, i, 3)
          f.set(value, i64.mul(i64.xor(i64.load(target), value), i64.const(MULTIPLIER)))
          f.set(value, i64.xor(value, i64.shr_u(value, 29n)))
          f.store64(target, i64.mul(value, i64.const(MULTIPLIER)))
        })
      },
    )
  }).combine
}

/**
 * Divides rows by the hash of their key: equal keys fall to one share, whatever the encoding of their pages and whichever
 * thread asks. At least one column must be {@link isHashable}; the others don't count.
 */
export class KeyShares {
  readonly #memory: WebAssembly.Memory
  readonly #createArena: () => Arena
  readonly #types: readonly SqlType[]
  readonly #entryHashes = new WeakMap<FlatBlock, Int32Array>()
  readonly #kept: Arena[] = []

  constructor(memory: WebAssembly.Memory, createArena: () => Arena, keyTypes: readonly SqlType[]) {
    this.#memory = memory
    this.#createArena = createArena
    this.#types = keyTypes
  }

  /** The positions of the rows of one share, and how many there are; in `arena`. */
  positions(
    page: Page,
    keyChannels: readonly number[],
    share: { readonly index: number; readonly count: number },
    arena: Arena,
  ): { readonly positions: Int32Array; readonly count: number } {
    const { rowCount } = page
    const hashes = zeroed(arena.allocate(rowCount * 8))
    keyChannels.forEach((channel, i) => {
      this.#combine(page.blocks[channel]!, this.#types[i]!, hashes.byteOffset, arena)
    })
    // The kernel writes before it knows whether a row counts.
    const positions = allocateInt32(arena, rowCount + 1)
    const count = hashKernels(this.#memory).share(
      hashes.byteOffset,
      rowCount,
      share.index,
      share.count,
      positions.byteOffset,
    )
    return { positions, count }
  }

  #combine(block: Block, type: SqlType, hashes: number, arena: Arena): void {
    const { rowCount } = block
    switch (keyKind(type)) {
      case 'range': {
        const integers = rangeBlock(block, arena)
        // All null: the same for every row of the page, and for nulls of other pages.
        const source = integers ?? nullIntegers(rowCount, arena)
        combineKernel(this.#memory, source.storage)(
          source.values.byteOffset,
          source.validity === null ? 0 : source.validity.byteOffset,
          rowCount,
          BigInt(source.base),
          BigInt(source.factor),
          this.#types.length === 1 ? BLOCK_SHIFT : 0n,
          hashes,
        )
        return
      }
      case 'int64': {
        const number = (keys: number, count: number, ids: number) => {
          const low = new Int32Array(this.#memory.buffer, ids, count)
          const words = new Int32Array(this.#memory.buffer, keys, count * 2)
          // Of a double the upper half says more: small integers have a lower half of zeros.
          for (let i = 0; i < count; i++) low[i] = Math.imul(words[2 * i]!, 31) ^ words[2 * i + 1]!
        }
        this.#combineIds(int64Ids(this.#memory, block, { number }, arena), hashes)
        return
      }
      case 'bytes': {
        const number = (b: BytesBlock, ids: number) => {
          const bytes = asBytes(b, arena)
          hashKernels(this.#memory).strings(
            bytes.offsets.byteOffset,
            bytes.bytes.byteOffset,
            bytes.validity === null ? 0 : bytes.validity.byteOffset,
            bytes.rowCount,
            ids,
          )
        }
        const keep = () => {
          const kept = this.#createArena()
          this.#kept.push(kept)
          return kept
        }
        const ids = bytesIds(this.#memory, block, { number }, this.#entryHashes, keep, arena)
        this.#combineIds(ids, hashes)
        return
      }
      case 'generic':
        return
    }
  }

  #combineIds(ids: Int32Array, hashes: number): void {
    combineKernel(this.#memory, 'i32')(ids.byteOffset, 0, ids.length, 0n, 1n, 0n, hashes)
  }

  close(): void {
    for (const arena of this.#kept) arena.close()
  }
}

function nullIntegers(rowCount: number, arena: Arena) {
  const validity = zeroed(arena.allocate((rowCount + 7) >> 3))
  const values = allocateInt32(arena, rowCount).fill(0)
  return { storage: 'i32', values, validity, base: 0, factor: 1 } as const
}
