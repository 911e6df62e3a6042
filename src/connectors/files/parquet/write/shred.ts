import {
  assert,
  type Block,
  type FlatBlock,
  flatBlockOf,
  flatPositionOf,
  isNull,
} from '../../../../spi/index.js'
import type { Positions } from './leaf-values.js'
import type { LeafWriter } from './leaf-writer.js'
import type { OutputShape } from './output-schema.js'

/**
 * Entries of a column on their way down to its leaves: those with a position go on, the others end at their definition level.
 */
interface Entries {
  readonly count: number
  /** Position in the block, or -1. */
  readonly positions: Int32Array
  readonly definitions: Int32Array
  readonly repetitions: Int32Array
}

/**
 * Takes rows of a column apart into the levels and values of its leaves.
 * @source Melnik et al., Dremel: Interactive Analysis of Web-Scale Datasets, VLDB 2010, §4
 */
export function shredColumn(
  shape: OutputShape,
  block: Block,
  start: number,
  end: number,
  leaves: readonly LeafWriter[],
): void {
  const count = end - start
  if (shape.kind === 'leaf') {
    const plain = withoutNulls(block, start, end)
    if (plain !== undefined) {
      const { flat, positions } = plain
      leaves[shape.leaf.index]!.append(count, flat, positions, count, undefined, undefined)
      return
    }
  }
  const positions = new Int32Array(count)
  for (let i = 0; i < count; i++) positions[i] = start + i
  shred(
    shape,
    block,
    { count, positions, definitions: new Int32Array(count), repetitions: new Int32Array(count) },
    leaves,
  )
}

/** The values of rows none of which is null as far as a look at the block tells; they have no levels to be found out. */
function withoutNulls(
  block: Block,
  start: number,
  end: number,
): { readonly flat: FlatBlock; readonly positions: Positions } | undefined {
  if (block.encoding === 'constant') return undefined
  if (block.validity !== null) return undefined
  if (block.encoding === 'flat') {
    if (block.storage === 'null' || start > 0) return undefined
    return { flat: block, positions: undefined }
  }
  const { dictionary, codes } = block
  if (dictionary.storage === 'null' || dictionary.validity !== null) return undefined
  return { flat: dictionary, positions: Int32Array.from(codes.subarray(start, end)) }
}

function shred(
  shape: OutputShape,
  block: Block,
  entries: Entries,
  leaves: readonly LeafWriter[],
): void {
  const { flat, positions } = flatPositions(block, entries)
  const definition = shape.kind === 'leaf' ? shape.leaf.maxDefinition : shape.definition
  const definitions = entries.definitions.slice()
  for (let i = 0; i < entries.count; i++) if (positions[i]! >= 0) definitions[i] = definition
  const here: Entries = { ...entries, positions, definitions }
  switch (shape.kind) {
    case 'leaf': {
      const values = positions.filter((position) => position >= 0)
      leaves[shape.leaf.index]!.append(
        entries.count,
        flat,
        values,
        values.length,
        definitions,
        entries.repetitions,
      )
      return
    }
    case 'row':
      shape.fields.forEach((field, i) => {
        const block = flat.storage === 'row' ? flat.fields[i]! : flat
        shred(field, block, here, leaves)
      })
      return
    case 'list': {
      const inner = elementsOf(flat, here, shape.repetition, definition + 1)
      shred(shape.element, flat.storage === 'array' ? flat.elements : flat, inner, leaves)
      return
    }
    case 'map': {
      const inner = elementsOf(flat, here, shape.repetition, definition + 1)
      shred(shape.key, flat.storage === 'map' ? flat.keys : flat, inner, leaves)
      shred(shape.value, flat.storage === 'map' ? flat.mapValues : flat, inner, leaves)
    }
  }
}

/** Positions in the flat block below any encoding; -1 where null. */
function flatPositions(
  block: Block,
  entries: Entries,
): { readonly flat: FlatBlock; readonly positions: Int32Array } {
  const { count } = entries
  const positions = new Int32Array(count)
  const flat = flatBlockOf(block)
  for (let i = 0; i < count; i++) {
    const position = entries.positions[i]!
    positions[i] = position < 0 || isNull(block, position) ? -1 : flatPositionOf(block, position)
  }
  return { flat, positions }
}

/** The entries of lists' elements: one for each, and one for every list that has none. */
function elementsOf(
  flat: FlatBlock,
  entries: Entries,
  repetition: number,
  elementDefinition: number,
): Entries {
  const offsets = flat.storage === 'array' || flat.storage === 'map' ? flat.offsets : undefined
  let count = 0
  for (let i = 0; i < entries.count; i++) {
    const position = entries.positions[i]!
    const length =
      position < 0 || offsets === undefined ? 0 : offsets[position + 1]! - offsets[position]!
    count += Math.max(1, length)
  }
  const positions = new Int32Array(count)
  const definitions = new Int32Array(count)
  const repetitions = new Int32Array(count)
  let to = 0
  for (let i = 0; i < entries.count; i++) {
    const position = entries.positions[i]!
    repetitions[to] = entries.repetitions[i]!
    definitions[to] = entries.definitions[i]!
    const start = position < 0 || offsets === undefined ? 0 : offsets[position]!
    const end = position < 0 || offsets === undefined ? 0 : offsets[position + 1]!
    if (start === end) {
      positions[to++] = -1
      continue
    }
    for (let element = start; element < end; element++, to++) {
      positions[to] = element
      definitions[to] = elementDefinition
      repetitions[to] = element === start ? entries.repetitions[i]! : repetition
    }
  }
  assert(to === count)
  return { count, positions, definitions, repetitions }
}
