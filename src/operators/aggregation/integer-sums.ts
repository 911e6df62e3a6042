import { zeroed } from '../../expressions/wasm/buffers.js'
import { type Arena, assert, type Block, type FlatBlock } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { storageBounds } from '../kernels/integer-storage.js'
import { GrowableBuffer } from '../keys/growable.js'
import { rangeBlock } from '../keys/key-source.js'
import { countKernel, sumIntegersKernel, wideKernels } from './aggregate-kernels.js'
import type { AggregatorContext } from './aggregator.js'
import type { FusedTargets } from './fused-loop-kernels.js'
import type { FusedSum } from './fused-sums.js'

/** Sums of integers may reach this in 64 bits before they are carried over to 128. */
export const NARROW_MAX = 2 ** 62

const address = (view: ArrayBufferView | null | undefined): number =>
  view === null || view === undefined ? 0 : view.byteOffset

/**
 * Exact sums and counts of groups: 64 bits wide while bounds of the pages prove that this is enough, 128 bits beyond.
 */
export class IntegerSums {
  readonly #context: AggregatorContext
  readonly narrow: GrowableBuffer
  readonly counts: GrowableBuffer
  /** Made when the bounds stop proving that 64 bits are enough. */
  wide: GrowableBuffer | undefined
  #magnitude = 0
  #groupCount = 0

  constructor(context: AggregatorContext) {
    this.#context = context
    this.narrow = new GrowableBuffer(() => context.createArena(), 1024)
    this.counts = new GrowableBuffer(() => context.createArena(), 1024)
  }

  /** No sum is further from 0 than this; Infinity where they are 128 bits wide. */
  get maxAbs(): number {
    return this.wide === undefined ? this.#magnitude : Number.POSITIVE_INFINITY
  }

  reserve(groupCount: number): void {
    this.#groupCount = groupCount
    this.narrow.reserve(groupCount * 8)
    this.counts.reserve(groupCount * 8)
    this.wide?.reserve(groupCount * 16)
  }

  /** Adds values, counting each. */
  add(block: Block, groups: Int32Array | undefined, arena: Arena): void {
    const flat = flattenBlock(block, arena)
    if (flat.storage === 'null' || flat.rowCount === 0) return
    if (flat.storage === 'fixed16') {
      this.#addWide(flat, groups, arena)
      return
    }
    const integers = rangeBlock(flat, arena)
    assert(integers !== undefined, 'integers to sum')
    const bounds = storageBounds(integers)
    const largest =
      bounds === undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(Math.abs(bounds.min), Math.abs(bounds.max))
    const added = largest * flat.rowCount
    if (this.#magnitude + added > NARROW_MAX) this.#widen()
    const wide = added > NARROW_MAX
    if (!wide) this.#magnitude += added
    const { memory } = this.#context
    sumIntegersKernel(memory, integers.storage, {
      nullable: integers.validity !== null,
      grouped: groups !== undefined,
      wide,
    })(
      address(integers.validity),
      address(groups),
      flat.rowCount,
      integers.values.byteOffset,
      BigInt(integers.base),
      BigInt(integers.factor),
      wide ? this.wide!.address : this.narrow.address,
      this.counts.address,
    )
  }

  /** As {@link add}, for a pass that adds several columns; undefined where that can't add this one. */
  fuse(block: Block, arena: Arena): FusedSum | undefined {
    const flat = flattenBlock(block, arena)
    if (flat.storage === 'null' || flat.storage === 'fixed16' || flat.validity !== null) {
      return undefined
    }
    const integers = rangeBlock(flat, arena)
    const bounds = integers === undefined ? undefined : storageBounds(integers)
    if (integers === undefined || bounds === undefined) return undefined
    const { base, factor } = integers
    // Raw values are summed first: those of 64 bits are bounded only where they are the values.
    if (integers.storage === 'i64' && (base !== 0 || factor !== 1)) return undefined
    const added = Math.max(Math.abs(bounds.min), Math.abs(bounds.max)) * flat.rowCount
    if (this.#magnitude + added > NARROW_MAX) return undefined
    this.#magnitude += added
    return {
      column: {
        source: integers.storage,
        address: integers.values.byteOffset,
        base,
        factor,
        sums: this.narrow.address,
      },
      counts: this.counts.address,
    }
  }

  /**
   * Where sums and counts of groups are to be added to, in 64 bits.
   * @param added what the values come to at most, counted as if all were negative or all positive; at most NARROW_MAX
   */
  targets(added: number): FusedTargets {
    if (this.#magnitude + added > NARROW_MAX) this.#widen()
    this.#magnitude += added
    return { sums: this.narrow.address, counts: this.counts.address }
  }

  #addWide(
    flat: Extract<FlatBlock, { storage: 'fixed16' }>,
    groups: Int32Array | undefined,
    arena: Arena,
  ): void {
    this.#widen()
    const all = groups ?? zeroGroups(flat.rowCount, arena)
    wideKernels(this.#context.memory).sum16(
      address(flat.validity),
      all.byteOffset,
      flat.rowCount,
      flat.values.byteOffset,
      this.wide!.address,
      this.counts.address,
    )
  }

  /** Carries the 64-bit sums over. */
  #widen(): void {
    this.wide ??= new GrowableBuffer(() => this.#context.createArena(), this.#groupCount * 16)
    this.wide.reserve(this.#groupCount * 16)
    wideKernels(this.#context.memory).widen(
      this.narrow.address,
      this.wide.address,
      this.#groupCount,
    )
    this.#magnitude = 0
  }

  /** Makes all sums 128 bits wide, or all 64. */
  settle(): void {
    if (this.wide !== undefined) this.#widen()
  }

  /** Reads the exact sum of a group, after {@link settle} and until more is added. */
  reader(): (group: number) => bigint {
    if (this.wide === undefined) {
      const sums = this.narrow.int64()
      return (group) => sums[group]!
    }
    const words = this.wide.int64()
    return (group) => (words[2 * group + 1]! << 64n) + BigInt.asUintN(64, words[2 * group]!)
  }

  close(): void {
    this.narrow.close()
    this.counts.close()
    this.wide?.close()
  }
}

/** A list of group 0 a row. */
export function zeroGroups(rowCount: number, arena: Arena): Int32Array {
  const bytes = zeroed(arena.allocate(rowCount * 4))
  return new Int32Array(bytes.buffer, bytes.byteOffset, rowCount)
}

/** counts[g] += 1 for rows whose block position is not null. */
export function countValues(
  memory: WebAssembly.Memory,
  block: Block | undefined,
  rowCount: number,
  groups: Int32Array | undefined,
  counts: GrowableBuffer,
  arena: Arena,
): void {
  const flat = block === undefined ? undefined : validityBlock(block, arena)
  if (flat === 'none') return
  countKernel(memory, { nullable: flat !== undefined, grouped: groups !== undefined })(
    address(flat),
    address(groups),
    rowCount,
    counts.address,
  )
}

export const isNeverNull = (block: Block, arena: Arena): boolean =>
  validityBlock(block, arena) === undefined

/** The validity of a block without decoding its values; 'none' where all is null, undefined where nothing is. */
function validityBlock(block: Block, arena: Arena): Uint8Array | 'none' | undefined {
  if (block.encoding === 'dictionary' && dictionaryHasNulls(block.dictionary)) {
    return validityBlock(flattenBlock(block, arena), arena)
  }
  if (block.encoding === 'constant') {
    const { value } = block
    return value.storage === 'null' || (value.validity !== null && (value.validity[0]! & 1) === 0)
      ? 'none'
      : undefined
  }
  if (block.encoding === 'flat' && block.storage === 'null') return 'none'
  return block.validity ?? undefined
}

const dictionaryHasNulls = (dictionary: FlatBlock): boolean =>
  dictionary.storage === 'null' || dictionary.validity !== null
