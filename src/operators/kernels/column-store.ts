import { copyBlock } from '../../expressions/wasm/import.js'
import {
  type Arena,
  assert,
  type Block,
  type DictionaryBlock,
  type Page,
  type SqlType,
} from '../../spi/index.js'
import { allSteps, type Steps } from '../steps.js'
import { concatBlocks } from './concat.js'
import { flattenBlock, gatherBlock } from './gather.js'

/** Parts below this many rows are joined once there are {@link SMALL_PARTS_MAX} of them. */
const SMALL_PART_ROWS = 4096
const SMALL_PARTS_MAX = 32
/** A dictionary is kept (copied once) while it has at most this many entries a row stored so far. */
const DICTIONARY_ENTRIES_PER_ROW = 2
const SMALL_DICTIONARY_ENTRIES = 4096

interface Column {
  readonly type: SqlType
  readonly parts: Block[]
  /** The stored copy of the dictionary with an id, by the block it was copied from. */
  dictionary?: { readonly from: DictionaryBlock['dictionary']; readonly stored: DictionaryBlock }
}

/**
 * Collects pages into long columns: the input of join builds, sorts and windows. Pages are copied into the arena as
 * they come, in the encodings and widths they have; {@link ColumnStore.finish} joins them.
 */
export class ColumnStore {
  readonly #columns: readonly Column[]
  readonly #arena: Arena
  #rowCount = 0

  /** @param arena where pages are kept until {@link finish}; its owner resets it afterwards */
  constructor(types: readonly SqlType[], arena: Arena) {
    this.#columns = types.map((type) => ({ type, parts: [] }))
    this.#arena = arena
  }

  get rowCount(): number {
    return this.#rowCount
  }

  /**
   * Copies a page, or the given positions of it.
   * @param positions Int32Array[≥ count], any order
   */
  append(page: Page, positions: Int32Array | null = null, count = page.rowCount): void {
    assert(page.blocks.length === this.#columns.length, 'page of other channels')
    if (count === 0) return
    this.#rowCount += count
    page.blocks.forEach((block, channel) => {
      const column = this.#columns[channel]!
      column.parts.push(this.#keep(column, block, positions, count))
      this.#joinSmallParts(column)
    })
  }

  /** One block a column, in the given arena, in the order of appending. O(bytes). */
  finish(arena: Arena): Block[] {
    return allSteps(this.finishInSteps(arena))
  }

  /** {@link finish}, a column a step. */
  *finishInSteps(arena: Arena): Steps<Block[]> {
    const blocks: Block[] = []
    for (const { parts, type } of this.#columns) {
      blocks.push(wholeColumn(parts, type, arena))
      yield
    }
    return blocks
  }

  #keep(column: Column, block: Block, positions: Int32Array | null, count: number): Block {
    if (block.encoding === 'dictionary') {
      return this.#keepDictionary(column, block, positions, count)
    }
    if (positions === null) return copyBlock(block, this.#arena)
    if (block.encoding === 'constant') return copyBlock({ ...block, rowCount: count }, this.#arena)
    return this.#detach(gatherBlock(block, positions, count, this.#arena))
  }

  /** What is gathered or decoded of nested blocks borrows the dictionaries and constants inside of them. */
  #detach(block: Block): Block {
    const isNested =
      block.encoding === 'flat' &&
      (block.storage === 'array' || block.storage === 'map' || block.storage === 'row')
    return isNested ? copyBlock(block, this.#arena) : block
  }

  #keepDictionary(
    column: Column,
    block: DictionaryBlock,
    positions: Int32Array | null,
    count: number,
  ): Block {
    const picked = positions === null ? block : gatherBlock(block, positions, count, this.#arena)
    assert(picked.encoding === 'dictionary')
    const entries = block.dictionary.rowCount
    const worthKeeping =
      block.dictionaryId !== undefined &&
      entries <= Math.max(SMALL_DICTIONARY_ENTRIES, DICTIONARY_ENTRIES_PER_ROW * this.#rowCount)
    if (!worthKeeping) return this.#detach(flattenBlock(picked, this.#arena))
    if (column.dictionary?.from === block.dictionary) {
      const { dictionary } = column.dictionary.stored
      return { ...this.#copyCodes(picked, positions !== null), dictionary }
    }
    const stored = copyBlock(block, this.#arena)
    assert(stored.encoding === 'dictionary')
    column.dictionary = { from: block.dictionary, stored }
    const { dictionary } = stored
    return positions === null ? stored : { ...picked, dictionary }
  }

  /** Codes and validity without the dictionary; what was gathered is already ours. */
  #copyCodes(block: DictionaryBlock, owned: boolean): DictionaryBlock {
    if (owned) return block
    const empty = { encoding: 'flat', storage: 'null', type: block.type } as const
    const dictionary = { ...empty, rowCount: 0, validity: null }
    const copied = copyBlock({ ...block, dictionary }, this.#arena)
    assert(copied.encoding === 'dictionary')
    return copied
  }

  /** Keeps the number of parts near rows / SMALL_PART_ROWS when pages are tiny. */
  #joinSmallParts(column: Column): void {
    const { parts } = column
    const first = parts.length - SMALL_PARTS_MAX
    if (first < 0) return
    for (let i = first; i < parts.length; i++) {
      if (parts[i]!.rowCount >= SMALL_PART_ROWS) return
    }
    const small = parts.splice(first)
    parts.push(concatBlocks(small, column.type, this.#arena))
  }
}

function wholeColumn(parts: readonly Block[], type: SqlType, arena: Arena): Block {
  const block = concatBlocks(parts, type, arena)
  if (block.encoding !== 'dictionary' || parts.length === 1) return block
  const dictionary = copyBlock(block.dictionary, arena)
  assert(dictionary.encoding === 'flat')
  return { ...block, dictionary }
}
