import { allocateBitmap, allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import type { Arena, Block, BytesBlock, SqlType, Validity } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { followingKernels } from './following-text-kernels.js'
import { GrowableBuffer } from './growable.js'

const FIRST_GROUPS = 1024
const FIRST_BYTES = 16_384

/** A column of texts, of which each group has one: that of its first row. */
export class FollowingTexts {
  readonly #memory: WebAssembly.Memory
  readonly #type: SqlType
  readonly #status: Int32Array
  readonly #offsets: GrowableBuffer
  readonly #bytes: GrowableBuffer
  /** A byte a group: 0 where the text is null. */
  readonly #flags: GrowableBuffer

  constructor(
    memory: WebAssembly.Memory,
    createArena: () => Arena,
    status: Int32Array,
    type: SqlType,
  ) {
    this.#memory = memory
    this.#type = type
    this.#status = status
    this.#offsets = new GrowableBuffer(createArena, (FIRST_GROUPS + 1) * 4)
    this.#bytes = new GrowableBuffer(createArena, FIRST_BYTES)
    this.#flags = new GrowableBuffer(createArena, FIRST_GROUPS)
  }

  /** Bytes of the texts of the first `groupCount` groups. */
  textBytes(groupCount: number): number {
    return this.#offsets.int32()[groupCount]!
  }

  /**
   * Keeps the texts of groups from `known` on, which are numbered in the order of their first rows.
   * @param groups of the rows of the block, all below `groupCount`
   * @returns false: a row has another text than its group; what is kept of groups from `known` on is then undefined
   */
  add(block: Block, groups: Int32Array, known: number, groupCount: number, arena: Arena): boolean {
    this.#offsets.reserve((groupCount + 1) * 4)
    this.#flags.reserve(groupCount)
    const { rowCount } = block
    const { texts, codes, validity } = textsOf(block, arena)
    const kernels = followingKernels(this.#memory)
    this.#status[0] = known
    for (let done = 0; done < rowCount; ) {
      done = kernels.follow(
        texts.offsets.byteOffset,
        texts.bytes.byteOffset,
        texts.validity?.byteOffset ?? 0,
        codes?.byteOffset ?? 0,
        validity?.byteOffset ?? 0,
        done,
        rowCount,
        groups.byteOffset,
        this.#offsets.address,
        this.#bytes.address,
        this.#bytes.byteLength,
        this.#flags.address,
        this.#status.byteOffset,
      )
      if (done === rowCount) break
      const next = this.#status[0]
      if (groups[done]! < next) return false
      const text = codes === undefined ? done : codes[done]!
      const length = texts.offsets[text + 1]! - texts.offsets[text]!
      this.#bytes.reserve(this.#offsets.int32()[next]! + length)
    }
    return true
  }

  /** Texts of groups [from, to): views, valid until the next are added; nulls in `arena`. */
  block(from: number, to: number, arena: Arena): BytesBlock {
    const offsets = this.#offsets.int32().subarray(from, to + 1)
    return {
      encoding: 'flat',
      storage: 'bytes',
      type: this.#type,
      rowCount: to - from,
      offsets,
      bytes: this.#bytes.bytes.subarray(0, offsets[to - from]),
      validity: this.#validity(from, to, arena),
    }
  }

  #validity(from: number, to: number, arena: Arena): Validity {
    const flags = this.#flags.bytes.subarray(from, to)
    if (!flags.includes(0)) return null
    const validity = zeroed(allocateBitmap(arena, to - from))
    for (let i = 0; i < flags.length; i++) validity[i >> 3]! |= flags[i]! << (i & 7)
    return validity
  }

  close(): void {
    for (const buffer of [this.#offsets, this.#bytes, this.#flags]) buffer.close()
  }
}

interface Texts {
  readonly texts: BytesBlock
  readonly codes: Int32Array | undefined
  readonly validity: Validity
}

function textsOf(block: Block, arena: Arena): Texts {
  if (block.encoding === 'dictionary' && block.dictionary.storage === 'bytes') {
    const codes = allocateInt32(arena, block.rowCount)
    codes.set(block.codes.subarray(0, block.rowCount))
    return { texts: block.dictionary, codes, validity: block.validity }
  }
  const flat = flattenBlock(block, arena)
  const texts = flat.storage === 'bytes' ? flat : nullTexts(flat, arena)
  return { texts, codes: undefined, validity: null }
}

function nullTexts({ type, rowCount }: Block, arena: Arena): BytesBlock {
  return {
    encoding: 'flat',
    storage: 'bytes',
    type,
    rowCount,
    offsets: allocateInt32(arena, rowCount + 1).fill(0),
    bytes: arena.allocate(0),
    validity: zeroed(allocateBitmap(arena, rowCount)),
  }
}
