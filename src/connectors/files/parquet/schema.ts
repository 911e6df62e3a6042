import { arrayType, mapType, type RowField, rowType, type SqlType } from '../../../spi/index.js'
import { ParquetFormatError } from './format-error.js'
import { type LeafEncoding, leafType } from './leaf-type.js'
import type { SchemaElement } from './metadata.js'

/**
 * A column's tree as SQL sees it, with the levels that Dremel's encoding tells apart. `slot` levels say where a parent
 * has a place for a value: a position of the parent is an entry of the leaf's levels with repetition at most and definition at
 * least the parent's.
 */
export type ColumnShape = LeafShape | RowShape | ListShape | MapShape

export interface LeafShape {
  readonly kind: 'leaf'
  readonly type: SqlType
  readonly leaf: Leaf
}
export interface RowShape {
  readonly kind: 'row'
  readonly type: SqlType
  /** The row is not null from this definition level on. */
  readonly definition: number
  readonly fields: readonly ColumnShape[]
}
export interface ListShape {
  readonly kind: 'list'
  readonly type: SqlType
  /** The list is not null from this definition level on. */
  readonly definition: number
  /** The list has an element from this definition level on. */
  readonly elementDefinition: number
  readonly repetition: number
  readonly element: ColumnShape
}
export interface MapShape extends Omit<ListShape, 'kind' | 'element'> {
  readonly kind: 'map'
  readonly key: ColumnShape
  /** Undefined for maps without values, which are read as null. */
  readonly value: ColumnShape
}

/** A primitive column of the file. */
export interface Leaf {
  /** Among the chunks of every row group. */
  readonly index: number
  readonly path: readonly string[]
  readonly maxDefinition: number
  readonly maxRepetition: number
  readonly encoding: LeafEncoding
  readonly type: SqlType
}

export interface ParquetColumn {
  readonly name: string
  readonly shape: ColumnShape
}

const DEPTH_MAX = 64

interface Node {
  readonly element: SchemaElement
  readonly children: readonly Node[]
  /** Index of the first leaf below. */
  readonly leafIndex: number
}

/**
 * The columns of a file. Lists and maps are recognised in all forms that writers gave them.
 * @throws ParquetFormatError
 * @source https://github.com/apache/parquet-format/blob/master/LogicalTypes.md, nested types and their backward-compatibility rules
 */
export function readSchema(elements: readonly SchemaElement[]): {
  readonly columns: readonly ParquetColumn[]
  readonly leafCount: number
} {
  let next = 0
  let leafCount = 0
  const read = (depth: number): Node => {
    const element = elements[next++]
    if (element === undefined) throw new ParquetFormatError('its schema is cut off')
    if (depth > DEPTH_MAX) throw new ParquetFormatError('its schema is nested too deeply')
    const leafIndex = leafCount
    if (element.type !== undefined && element.childCount === 0) {
      leafCount++
      return { element, children: [], leafIndex }
    }
    if (element.childCount < 0 || element.childCount > elements.length) {
      throw new ParquetFormatError(`a group of its schema has ${element.childCount} children`)
    }
    const children: Node[] = []
    for (let i = 0; i < element.childCount; i++) children.push(read(depth + 1))
    return { element, children, leafIndex }
  }
  const root = read(0)
  const columns = root.children
    .map((node) => ({
      name: node.element.name,
      shape: shapeOf(node, { definition: 0, repetition: 0, path: [] }),
    }))
    .filter((column): column is ParquetColumn => column.shape !== undefined)
  return { columns, leafCount }
}

interface Levels {
  readonly definition: number
  readonly repetition: number
  readonly path: readonly string[]
}

/** The shape of a field: a repeated one that no list or map is around is a list of its own. */
function shapeOf(node: Node, outer: Levels): ColumnShape | undefined {
  const { element } = node
  const path = [...outer.path, element.name]
  if (element.repetition !== 'REPEATED') {
    const definition = outer.definition + (element.repetition === 'OPTIONAL' ? 1 : 0)
    return contentOf(node, { definition, repetition: outer.repetition, path })
  }
  const inner = repeatedLevels(outer, path)
  const child = contentOf(node, inner)
  if (child === undefined) return undefined
  return {
    kind: 'list',
    type: arrayType(child.type),
    definition: outer.definition,
    elementDefinition: inner.definition,
    repetition: inner.repetition,
    element: child,
  }
}

const repeatedLevels = (outer: Levels, path: readonly string[]): Levels => ({
  definition: outer.definition + 1,
  repetition: outer.repetition + 1,
  path,
})

/** What a node holds, at levels that count the node itself. Groups without fields have nothing to show. */
function contentOf(node: Node, levels: Levels): ColumnShape | undefined {
  const { element, children } = node
  if (element.type !== undefined && children.length === 0) return leafOf(node, levels)
  if (isMap(element)) {
    const map = mapOf(node, levels)
    if (map !== undefined) return map
  }
  if (isList(element)) {
    const list = listOf(node, levels)
    if (list !== undefined) return list
  }
  const fields: RowField[] = []
  const shapes: ColumnShape[] = []
  for (const child of children) {
    const shape = shapeOf(child, levels)
    if (shape === undefined) continue
    shapes.push(shape)
    fields.push({ name: child.element.name, type: shape.type })
  }
  if (shapes.length === 0) return undefined
  return { kind: 'row', type: rowType(fields), definition: levels.definition, fields: shapes }
}

function leafOf({ element, leafIndex }: Node, levels: Levels): LeafShape {
  const { type, encoding } = leafType(element)
  const leaf = {
    index: leafIndex,
    path: levels.path,
    maxDefinition: levels.definition,
    maxRepetition: levels.repetition,
    encoding,
    type,
  }
  return { kind: 'leaf', type, leaf }
}

const isList = (element: SchemaElement): boolean =>
  element.logicalType?.kind === 'LIST' || element.convertedType === 'LIST'
const isMap = (element: SchemaElement): boolean =>
  element.logicalType?.kind === 'MAP' ||
  element.convertedType === 'MAP' ||
  element.convertedType === 'MAP_KEY_VALUE'

function listOf(node: Node, levels: Levels): ColumnShape | undefined {
  const [repeated] = node.children
  if (node.children.length !== 1 || repeated?.element.repetition !== 'REPEATED') return undefined
  const { name } = repeated.element
  const inner = repeatedLevels(levels, [...levels.path, name])
  const [only] = repeated.children
  // Older writers leave out the level between: the repeated field is the element.
  const isElement =
    repeated.children.length !== 1 ||
    name === 'array' ||
    name === `${node.element.name}_tuple` ||
    only!.element.repetition === 'REPEATED' ||
    isList(repeated.element) ||
    isMap(repeated.element)
  const element = isElement ? contentOf(repeated, inner) : shapeOf(only!, inner)
  if (element === undefined) return undefined
  return {
    kind: 'list',
    type: arrayType(element.type),
    definition: levels.definition,
    elementDefinition: inner.definition,
    repetition: inner.repetition,
    element,
  }
}

function mapOf(node: Node, levels: Levels): ColumnShape | undefined {
  const [entries] = node.children
  if (node.children.length !== 1 || entries?.element.repetition !== 'REPEATED') return undefined
  const inner = repeatedLevels(levels, [...levels.path, entries.element.name])
  const [keyNode, valueNode] = entries.children
  if (keyNode === undefined || entries.children.length > 2) return undefined
  const key = shapeOf(keyNode, inner)
  if (key === undefined) return undefined
  const value = valueNode === undefined ? undefined : shapeOf(valueNode, inner)
  const shared = {
    definition: levels.definition,
    elementDefinition: inner.definition,
    repetition: inner.repetition,
  }
  // A map without values is the list of its keys.
  if (value === undefined)
    return { kind: 'list', type: arrayType(key.type), ...shared, element: key }
  return { kind: 'map', type: mapType(key.type, value.type), ...shared, key, value }
}

/** The primitive columns below a shape, in the file's order. */
export function leavesOf(shape: ColumnShape): Leaf[] {
  switch (shape.kind) {
    case 'leaf':
      return [shape.leaf]
    case 'row':
      return shape.fields.flatMap(leavesOf)
    case 'list':
      return leavesOf(shape.element)
    case 'map':
      return [...leavesOf(shape.key), ...leavesOf(shape.value)]
  }
}
