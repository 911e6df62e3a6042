import { arrayType, mapType, rowType, type SqlType, typesEqual } from '../../../spi/index.js'
import type { ColumnShape, ParquetColumn } from './schema.js'

/** The key of a footer's metadata under which the SQL types of the columns are, as JSON: Parquet has one type of text. */
export const TYPES_KEY = 'millrace.types'

/** Gives columns the types that they were written with, where these are another kind of text. What doesn't fit is ignored. */
export function withDeclaredTypes(
  columns: readonly ParquetColumn[],
  json: string | undefined,
): readonly ParquetColumn[] {
  if (json === undefined) return columns
  const types = parsedTypes(json)
  if (types === undefined || types.length !== columns.length) return columns
  return columns.map(({ name, shape }, i) => ({ name, shape: retyped(shape, types[i]!) }))
}

function parsedTypes(json: string): readonly SqlType[] | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? (value as SqlType[]) : undefined
  } catch {
    // Metadata is anyone's: what is no JSON is not ours.
    return undefined
  }
}

function retyped(shape: ColumnShape, declared: SqlType): ColumnShape {
  switch (shape.kind) {
    case 'leaf': {
      const type = textType(shape.type, declared)
      return typesEqual(type, shape.type)
        ? shape
        : { ...shape, type, leaf: { ...shape.leaf, type } }
    }
    case 'row': {
      if (declared?.kind !== 'row' || declared.fields?.length !== shape.fields.length) return shape
      if (shape.type.kind !== 'row') return shape
      const fields = shape.fields.map((field, i) => retyped(field, declared.fields[i]!.type))
      const named = shape.type.fields.map((field, i) => ({ ...field, type: fields[i]!.type }))
      return { ...shape, type: rowType(named), fields }
    }
    case 'list': {
      if (declared?.kind !== 'array') return shape
      const element = retyped(shape.element, declared.element)
      return { ...shape, type: arrayType(element.type), element }
    }
    case 'map': {
      if (declared?.kind !== 'map') return shape
      const key = retyped(shape.key, declared.key)
      const value = retyped(shape.value, declared.value)
      return { ...shape, type: mapType(key.type, value.type), key, value }
    }
  }
}

function textType(type: SqlType, declared: SqlType): SqlType {
  if (type.kind !== 'varchar') return type
  switch (declared?.kind) {
    case 'json':
      return { kind: 'json' }
    case 'varchar':
      return isLength(declared.length) ? { kind: 'varchar', length: declared.length } : type
    case 'char':
      return isLength(declared.length) ? { kind: 'char', length: declared.length } : type
    default:
      return type
  }
}

const isLength = (length: unknown): length is number =>
  Number.isSafeInteger(length) && (length as number) > 0
