import { MillraceError } from '../../../../spi/index.js'
import { assemble } from './assembler.js'
import { CODEC_KERNELS } from './codec-kernels.js'
import { FILTER_KERNELS } from './filter-kernels.js'
import { STRING_KERNELS } from './string-kernels.js'
import { fillUnpackTable, UNPACK_TABLE, VALUE_KERNELS } from './value-kernels.js'

/** The exported functions; parameters are addresses and counts, see the texts of the kernels. */
export interface Kernels {
  snappy(from: number, fromEnd: number, to: number, toEnd: number): number
  /** The same, faster for 64-bit integers. */
  snappy64(from: number, fromEnd: number, to: number, toEnd: number): number
  snappy_compress(from: number, end: number, to: number, table: number): number
  lz4(from: number, fromEnd: number, to: number, toEnd: number): number
  hybrid(state: number, width: number, count: number, to: number): number
  constant_run(state: number, width: number, count: number, value: number): number
  unpack(from: number, bit: number, width: number, count: number, to: number): void
  codes8(from: number, to: number, count: number): void
  recode8(from: number, table: number, to: number, count: number): void
  codes16(from: number, to: number, count: number): void
  max_code(from: number, count: number): number
  gather8(codes: number, entries: number, to: number, count: number): void
  gather16(codes: number, entries: number, to: number, count: number): void
  gather32(codes: number, entries: number, to: number, count: number): void
  gather64(codes: number, entries: number, to: number, count: number): void
  gather128(codes: number, entries: number, to: number, count: number): void
  spread8(from: number, mask: number, to: number, count: number): void
  spread16(from: number, mask: number, to: number, count: number): void
  spread32(from: number, mask: number, to: number, count: number): void
  spread64(from: number, mask: number, to: number, count: number): void
  spread128(from: number, mask: number, to: number, count: number): void
  split64(from: number, to: number, count: number, out: number): number
  bounds32(from: number, count: number, out: number): void
  bounds64(from: number, count: number, out: number): void
  narrow32_16(from: number, to: number, count: number, base: number): void
  narrow32_8(from: number, to: number, count: number, base: number): void
  offset64_32(from: number, to: number, count: number, base: bigint): void
  widen32_64(from: number, to: number, count: number): void
  widen_unsigned(from: number, to: number, count: number): void
  truncate64_32(from: number, to: number, count: number): void
  multiply64(from: number, to: number, count: number, factor: bigint): void
  big_endian(from: number, width: number, to: number, count: number): void
  level_mask(from: number, level: number, to: number, count: number): number
  bitmap(from: number, to: number, count: number): void
  range8(from: number, mask: number, count: number, low: number, high: number): void
  member8(
    from: number,
    mask: number,
    count: number,
    low: number,
    table: number,
    length: number,
  ): void
  range16(from: number, mask: number, count: number, low: number, high: number): void
  member16(
    from: number,
    mask: number,
    count: number,
    low: number,
    table: number,
    length: number,
  ): void
  range32(from: number, mask: number, count: number, low: number, high: number): void
  member32(
    from: number,
    mask: number,
    count: number,
    low: number,
    table: number,
    length: number,
  ): void
  keep_codes8(from: number, mask: number, count: number, table: number): void
  keep_codes16(from: number, mask: number, count: number, table: number): void
  keep_codes32(from: number, mask: number, count: number, table: number): void
  keep_few_codes(from: number, mask: number, count: number, table: number): void
  count_mask(mask: number, count: number): number
  positions(mask: number, count: number, to: number): void
  strings(from: number, end: number, count: number, ends: number, to: number, start: number): number
  strings_where(
    from: number,
    end: number,
    count: number,
    ends: number,
    to: number,
    start: number,
    mask: number,
  ): number
  skip_strings(from: number, end: number, count: number): number
  is_ascii(from: number, count: number): number
  delta(
    from: number,
    end: number,
    miniblocks: number,
    perMiniblock: number,
    count: number,
    to: number,
  ): number
}

/** Memory of the kernels' own, which no other thread sees. */
interface GrowingMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** A buffer in kernel memory. */
export interface KernelBuffer {
  readonly address: number
  readonly byteLength: number
}

/** Kernels may read and write so far beyond the end of a buffer. */
const SLACK_BYTES = 96
const PAGE_BYTES = 65_536
const PAGES_MAX = 32_768

/**
 * The memory that kernels decode in, one a thread, apart from the engine's: pages of files are unpacked here, and only blocks
 * go to the engine's memory. Grows on demand, up to 2 GB; views of it are taken anew after each allocation.
 */
export class KernelMemory {
  readonly kernels: Kernels
  readonly #memory: GrowingMemory
  /** Free ranges in ascending order, never touching. */
  #free: { address: number; byteLength: number }[] = []
  #end = UNPACK_TABLE.address + UNPACK_TABLE.byteLength
  #allocatedBytes = 0

  constructor() {
    module ??= new WebAssembly.Module(
      assemble(
        CODEC_KERNELS + VALUE_KERNELS + STRING_KERNELS + FILTER_KERNELS,
        16,
        PAGES_MAX,
      ).slice(),
    )
    const { exports } = new WebAssembly.Instance(module)
    this.kernels = exports as Record<string, unknown> & Kernels
    this.#memory = exports.memory as GrowingMemory
    const { address, byteLength } = UNPACK_TABLE
    fillUnpackTable(new DataView(this.#memory.buffer, address, byteLength))
  }

  get allocatedBytes(): number {
    return this.#allocatedBytes
  }

  /** A view that is valid until the next allocation. */
  bytes(address: number, byteLength: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, address, byteLength)
  }
  /** @param address divisible by 4 */
  words(address: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, length)
  }
  view(): DataView {
    return new DataView(this.#memory.buffer)
  }
  get buffer(): ArrayBuffer {
    return this.#memory.buffer
  }

  /**
   * A buffer of at least so many bytes, 16-byte aligned, not zeroed.
   * @throws EXCEEDED_LOCAL_MEMORY_LIMIT beyond 2 GB in all
   */
  allocate(byteLength: number): KernelBuffer {
    const size = (byteLength + SLACK_BYTES + 15) & ~15
    this.#allocatedBytes += size
    const at = this.#free.findIndex((range) => range.byteLength >= size)
    if (at >= 0) {
      const range = this.#free[at]!
      const { address } = range
      range.address += size
      range.byteLength -= size
      if (range.byteLength === 0) this.#free.splice(at, 1)
      return { address, byteLength }
    }
    const address = this.#end
    this.#end += size
    const missing = this.#end - this.#memory.buffer.byteLength
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE_BYTES), size)
    return { address, byteLength }
  }

  free({ address, byteLength }: KernelBuffer): void {
    const size = (byteLength + SLACK_BYTES + 15) & ~15
    this.#allocatedBytes -= size
    let at = this.#free.findIndex((range) => range.address > address)
    if (at < 0) at = this.#free.length
    const before = this.#free[at - 1]
    const after = this.#free[at]
    const joinsBefore = before !== undefined && before.address + before.byteLength === address
    const joinsAfter = after !== undefined && address + size === after.address
    if (joinsBefore) {
      before.byteLength += size + (joinsAfter ? after.byteLength : 0)
      if (joinsAfter) this.#free.splice(at, 1)
    } else if (joinsAfter) {
      after.address = address
      after.byteLength += size
    } else this.#free.splice(at, 0, { address, byteLength: size })
    const last = this.#free.at(-1)
    if (last !== undefined && last.address + last.byteLength === this.#end) {
      this.#end = last.address
      this.#free.pop()
    }
  }

  #grow(pages: number, size: number): void {
    const have = this.#memory.buffer.byteLength / PAGE_BYTES
    const wanted = Math.max(pages, Math.min(have >> 1, 256))
    try {
      this.#memory.grow(have + wanted > PAGES_MAX ? pages : wanted)
    } catch (cause) {
      this.#end -= size
      this.#allocatedBytes -= size
      throw new MillraceError(
        'EXCEEDED_LOCAL_MEMORY_LIMIT',
        `Pages of Parquet files that are unpacked at once take more than 2 GB: ${this.#end + size}`,
        { cause },
      )
    }
  }
}

/** Compiled once a thread. */
let module: WebAssembly.Module | undefined
