import { allocateInt32, zeroed } from '../expressions/wasm/buffers.js'
import {
  type Arena,
  assert,
  BIGINT,
  type Block,
  flatBlockOf,
  flatPositionOf,
  isNull,
  type Page,
  type SqlType,
} from '../spi/index.js'
import { integerColumn } from './integer-column.js'
import { gatherBlock, gatherNullableBlock, nullBlock } from './kernels/gather.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import type { UnnestSpec } from './spec.js'

export const createUnnest = (spec: UnnestSpec, context: OperatorContext): Operator =>
  new UnnestOperator(spec, context)

/** The elements of the collections of a channel: each position's are [start, start + length) of the columns. */
interface Collection {
  readonly starts: Int32Array
  readonly lengths: Int32Array
  /** Where of the columns an element is taken; null: at its own position. */
  readonly elementAt: Int32Array | null
  readonly columns: readonly Block[]
}

/** How far the rows of a page have been spread. */
interface Progress {
  row: number
  element: number
}

/**
 * A row for each element of its collections: arrays give their element (or its fields, for rows), maps key and value.
 * Several collections go in parallel, the shorter ones padded with nulls. `left` keeps a row without elements.
 * @source Trino UnnestOperator
 */
class UnnestOperator implements Operator {
  readonly finished = false
  readonly #spec: UnnestSpec
  readonly #context: OperatorContext
  /** Of an input page. */
  readonly #pageArena: Arena
  readonly #output: Arena

  constructor(spec: UnnestSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#pageArena = context.createArena()
    this.#output = context.createArena()
  }

  *process(page: Page): Generator<Page, void> {
    this.#pageArena.reset()
    const collections = this.#spec.unnested.map((channel) =>
      collectionOf(page.blocks[channel]!, this.#pageArena),
    )
    const progress = { row: 0, element: 0 }
    while (progress.row < page.rowCount) {
      this.#output.reset()
      const spread = this.#spread(page, collections, progress)
      if (spread !== undefined) yield spread
    }
  }

  /** The next rows of the output, up to a page; moves `progress` on. */
  #spread(page: Page, collections: readonly Collection[], progress: Progress): Page | undefined {
    const limit = this.#context.settings.outputPageRows
    const arena = this.#output
    const rows = allocateInt32(arena, limit)
    const ordinals = allocateInt32(arena, limit)
    const keepsEmpty = this.#spec.type === 'left'
    let count = 0
    while (count < limit && progress.row < page.rowCount) {
      const { row } = progress
      let length = 0
      for (const { lengths } of collections) if (lengths[row]! > length) length = lengths[row]!
      if (length === 0 && keepsEmpty) {
        rows[count] = row
        ordinals[count++] = 0
      }
      const end = Math.min(length, progress.element + limit - count)
      for (let element = progress.element; element < end; element++) {
        rows[count] = row
        ordinals[count++] = element + 1
      }
      if (end < length) progress.element = end
      else {
        progress.row += 1
        progress.element = 0
      }
    }
    return count === 0 ? undefined : this.#page(page, collections, rows, ordinals, count)
  }

  #page(
    page: Page,
    collections: readonly Collection[],
    rows: Int32Array,
    ordinals: Int32Array,
    count: number,
  ): Page {
    const arena = this.#output
    const replicated = this.#spec.replicated.map((channel) =>
      gatherBlock(page.blocks[channel]!, rows, count, arena),
    )
    const elements = collections.flatMap((collection) => {
      const positions = elementPositions(collection, rows, ordinals, count, arena)
      return collection.columns.map((column) =>
        gatherNullableBlock(column, positions, count, arena),
      )
    })
    const blocks: Block[] = [...replicated, ...elements]
    if (this.#spec.ordinality) blocks.push(ordinalColumn(ordinals.subarray(0, count), arena))
    return { rowCount: count, blocks }
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#pageArena.close()
    this.#output.close()
  }
}

/** Positions of elements in the collection's columns; -1 where a row has no element of that number. */
function elementPositions(
  { starts, lengths, elementAt }: Collection,
  rows: Int32Array,
  ordinals: Int32Array,
  count: number,
  arena: Arena,
): Int32Array {
  const positions = allocateInt32(arena, count)
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const element = ordinals[i]! - 1
    const hasElement = element >= 0 && element < lengths[row]!
    const position = hasElement ? starts[row]! + element : -1
    positions[i] = position < 0 || elementAt === null ? position : elementAt[position]!
  }
  return positions
}

/** Ordinals count from 1; 0 stands for the row that had no elements, whose ordinality is NULL. */
function ordinalColumn(ordinals: Int32Array, arena: Arena): Block {
  const column = integerColumn(ordinals, BIGINT)
  if (!ordinals.includes(0)) return column
  const validity = zeroed(arena.allocate((ordinals.length + 7) >> 3))
  for (let i = 0; i < ordinals.length; i++) {
    if (ordinals[i]! > 0) validity[i >> 3]! |= 1 << (i & 7)
  }
  return { ...column, validity }
}

/** Looks through encodings at arrays or maps; a null collection has no elements. */
function collectionOf(block: Block, arena: Arena): Collection {
  const { rowCount } = block
  const starts = allocateInt32(arena, rowCount).fill(0)
  const lengths = allocateInt32(arena, rowCount).fill(0)
  const flat = flatBlockOf(block)
  if (flat.storage === 'null') {
    const columns = columnTypes(block.type).map((type) => nullBlock(type, 0))
    return { starts, lengths, elementAt: null, columns }
  }
  assert(flat.storage === 'array' || flat.storage === 'map', 'only arrays and maps are unnested')
  for (let i = 0; i < rowCount; i++) {
    if (isNull(block, i)) continue
    const at = flatPositionOf(block, i)
    starts[i] = flat.offsets[at]!
    lengths[i] = flat.offsets[at + 1]! - flat.offsets[at]!
  }
  if (flat.storage === 'map') {
    return { starts, lengths, elementAt: null, columns: [flat.keys, flat.mapValues] }
  }
  return { starts, lengths, ...elementColumns(flat.elements, arena) }
}

/** The element itself, or the fields of rows: a null row has null fields. */
function elementColumns(elements: Block, arena: Arena): Pick<Collection, 'columns' | 'elementAt'> {
  if (elements.type.kind !== 'row') return { columns: [elements], elementAt: null }
  const flat = flatBlockOf(elements)
  if (flat.storage === 'null') {
    const columns = elements.type.fields.map((field) => nullBlock(field.type, elements.rowCount))
    return { columns, elementAt: null }
  }
  assert(flat.storage === 'row')
  if (elements.encoding === 'flat' && elements.validity === null) {
    return { columns: flat.fields, elementAt: null }
  }
  const elementAt = allocateInt32(arena, elements.rowCount)
  for (let i = 0; i < elements.rowCount; i++) {
    elementAt[i] = isNull(elements, i) ? -1 : flatPositionOf(elements, i)
  }
  return { columns: flat.fields, elementAt }
}

/** Types of the columns that a collection of a type spreads into. */
function columnTypes(type: SqlType): readonly SqlType[] {
  if (type.kind === 'map') return [type.key, type.value]
  assert(type.kind === 'array', 'only arrays and maps are unnested')
  const { element } = type
  return element.kind === 'row' ? element.fields.map((field) => field.type) : [element]
}
