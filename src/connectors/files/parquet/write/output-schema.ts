import { MillraceError, type SqlType, typeName } from '../../../../spi/index.js'
import {
  CONVERTED_TYPES,
  type ConvertedType,
  type LogicalType,
  PHYSICAL_TYPES,
  type PhysicalType,
  REPETITIONS,
  type Repetition,
} from '../metadata.js'
import type { ThriftWriter } from './thrift-writer.js'

/** An element of the schema that is written. */
export interface OutputElement {
  readonly name: string
  readonly repetition: Repetition
  readonly physical?: PhysicalType
  readonly typeLength?: number
  readonly childCount?: number
  readonly converted?: ConvertedType
  readonly logical?: LogicalType
}

/** A column or what is nested in it; leaves are numbered in the order of their chunks. */
export type OutputShape =
  | { readonly kind: 'leaf'; readonly leaf: OutputLeaf }
  | { readonly kind: 'row'; readonly definition: number; readonly fields: readonly OutputShape[] }
  | {
      readonly kind: 'list'
      readonly definition: number
      readonly repetition: number
      readonly element: OutputShape
    }
  | {
      readonly kind: 'map'
      readonly definition: number
      readonly repetition: number
      readonly key: OutputShape
      readonly value: OutputShape
    }

export interface OutputLeaf {
  readonly index: number
  readonly path: readonly string[]
  readonly type: SqlType
  readonly physical: PhysicalType
  readonly typeLength: number
  readonly maxDefinition: number
  readonly maxRepetition: number
}

export interface OutputSchema {
  readonly elements: readonly OutputElement[]
  readonly shapes: readonly OutputShape[]
  readonly leaves: readonly OutputLeaf[]
}

/**
 * The schema of a file with the given columns, all optional; lists and maps in the three-level form.
 * @throws NOT_SUPPORTED for types that Parquet has nothing for
 */
export function outputSchema(
  columns: readonly { readonly name: string; readonly type: SqlType }[],
): OutputSchema {
  const elements: OutputElement[] = [
    { name: 'schema', repetition: 'REQUIRED', childCount: columns.length },
  ]
  const leaves: OutputLeaf[] = []
  const shape = (
    name: string,
    type: SqlType,
    repetition: Repetition,
    outer: {
      readonly definition: number
      readonly repetition: number
      readonly path: readonly string[]
    },
  ): OutputShape => {
    const path = [...outer.path, name]
    const definition = outer.definition + (repetition === 'OPTIONAL' ? 1 : 0)
    const here = { definition, repetition: outer.repetition, path }
    if (type.kind === 'row') {
      elements.push({ name, repetition, childCount: type.fields.length })
      const fields = type.fields.map((field, i) =>
        shape(field.name ?? `field${i}`, field.type, 'OPTIONAL', here),
      )
      return { kind: 'row', definition, fields }
    }
    if (type.kind === 'array' || type.kind === 'map') {
      const isMap = type.kind === 'map'
      const middle = isMap ? 'key_value' : 'list'
      elements.push({
        name,
        repetition,
        childCount: 1,
        converted: isMap ? 'MAP' : 'LIST',
        logical: { kind: isMap ? 'MAP' : 'LIST' },
      })
      elements.push({ name: middle, repetition: 'REPEATED', childCount: isMap ? 2 : 1 })
      const inner = {
        definition: definition + 1,
        repetition: outer.repetition + 1,
        path: [...path, middle],
      }
      const shared = { definition, repetition: inner.repetition }
      if (isMap) {
        const key = shape('key', type.key, 'REQUIRED', inner)
        return { kind: 'map', ...shared, key, value: shape('value', type.value, 'OPTIONAL', inner) }
      }
      return { kind: 'list', ...shared, element: shape('element', type.element, 'OPTIONAL', inner) }
    }
    const primitive = primitiveOf(name, type)
    elements.push({ name, repetition, ...primitive })
    const leaf: OutputLeaf = {
      index: leaves.length,
      path,
      type,
      physical: primitive.physical,
      typeLength: primitive.typeLength ?? 0,
      maxDefinition: definition,
      maxRepetition: outer.repetition,
    }
    leaves.push(leaf)
    return { kind: 'leaf', leaf }
  }
  const top = { definition: 0, repetition: 0, path: [] }
  const shapes = columns.map(({ name, type }) => shape(name, type, 'OPTIONAL', top))
  return { elements, shapes, leaves }
}

type Primitive = Pick<OutputElement, 'typeLength' | 'converted' | 'logical'> & {
  readonly physical: PhysicalType
}

function primitiveOf(name: string, type: SqlType): Primitive {
  switch (type.kind) {
    case 'boolean':
      return { physical: 'BOOLEAN' }
    case 'tinyint':
      return sized(8, 'INT_8')
    case 'smallint':
      return sized(16, 'INT_16')
    case 'integer':
      return { physical: 'INT32' }
    case 'bigint':
      return { physical: 'INT64' }
    case 'real':
      return { physical: 'FLOAT' }
    case 'double':
      return { physical: 'DOUBLE' }
    case 'decimal': {
      const { precision, scale } = type
      const logical = { kind: 'DECIMAL', precision, scale } as const
      if (precision <= 9) return { physical: 'INT32', converted: 'DECIMAL', logical }
      if (precision <= 18) return { physical: 'INT64', converted: 'DECIMAL', logical }
      return { physical: 'FIXED_LEN_BYTE_ARRAY', typeLength: 16, converted: 'DECIMAL', logical }
    }
    case 'varchar':
    case 'char':
      return { physical: 'BYTE_ARRAY', converted: 'UTF8', logical: { kind: 'STRING' } }
    case 'json':
      return { physical: 'BYTE_ARRAY', converted: 'JSON', logical: { kind: 'JSON' } }
    case 'varbinary':
      return { physical: 'BYTE_ARRAY' }
    case 'uuid':
      return { physical: 'FIXED_LEN_BYTE_ARRAY', typeLength: 16, logical: { kind: 'UUID' } }
    case 'date':
      return { physical: 'INT32', converted: 'DATE', logical: { kind: 'DATE' } }
    case 'time':
    case 'timestamp':
    case 'timestamp with time zone':
      return temporal(name, type)
    default:
      throw unsupported(name, type)
  }
}

const sized = (bitWidth: number, converted: ConvertedType): Primitive => ({
  physical: 'INT32',
  converted,
  logical: { kind: 'INTEGER', bitWidth, isSigned: true },
})

function temporal(name: string, type: SqlType & { readonly precision: number }): Primitive {
  if (type.precision > 9) throw unsupported(name, type)
  const unit = timeUnit(type.precision)
  const isTime = type.kind === 'time'
  const isUtc = type.kind === 'timestamp with time zone'
  const kind = isTime ? 'TIME' : 'TIMESTAMP'
  return {
    physical: isTime && unit === 'MILLIS' ? 'INT32' : 'INT64',
    logical: { kind, unit, isUtc },
  }
}

export const timeUnit = (precision: number): 'MILLIS' | 'MICROS' | 'NANOS' =>
  precision <= 3 ? 'MILLIS' : precision <= 6 ? 'MICROS' : 'NANOS'

const unsupported = (name: string, type: SqlType): MillraceError =>
  new MillraceError(
    'NOT_SUPPORTED',
    `Parquet files have no type for column ${name}: ${typeName(type)}`,
    { hint: 'Cast the column, to VARCHAR for example' },
  )

const LOGICAL_FIELDS = {
  STRING: 1,
  MAP: 2,
  LIST: 3,
  ENUM: 4,
  DECIMAL: 5,
  DATE: 6,
  TIME: 7,
  TIMESTAMP: 8,
  INTEGER: 10,
  UNKNOWN: 11,
  JSON: 12,
  BSON: 13,
  UUID: 14,
  FLOAT16: 15,
  OTHER: 0,
} as const satisfies Record<LogicalType['kind'], number>

const UNIT_FIELDS = { MILLIS: 1, MICROS: 2, NANOS: 3 } as const

export function writeElement(writer: ThriftWriter, element: OutputElement): void {
  const { physical, converted, logical } = element
  if (physical !== undefined) writer.integer(1, PHYSICAL_TYPES.indexOf(physical))
  writer.integer(2, element.typeLength)
  writer.integer(3, REPETITIONS.indexOf(element.repetition))
  writer.string(4, element.name)
  writer.integer(5, element.childCount)
  if (converted !== undefined) writer.integer(6, CONVERTED_TYPES.indexOf(converted))
  if (logical?.kind === 'DECIMAL') {
    writer.integer(7, logical.scale)
    writer.integer(8, logical.precision)
  }
  if (logical !== undefined) writer.struct(10, () => writeLogicalType(writer, logical))
}

function writeLogicalType(writer: ThriftWriter, logical: LogicalType): void {
  writer.struct(LOGICAL_FIELDS[logical.kind], () => {
    if (logical.kind === 'DECIMAL') {
      writer.integer(1, logical.scale)
      writer.integer(2, logical.precision)
    } else if (logical.kind === 'INTEGER') {
      writer.byte(1, logical.bitWidth)
      writer.boolean(2, logical.isSigned)
    } else if (logical.kind === 'TIME' || logical.kind === 'TIMESTAMP') {
      writer.boolean(1, logical.isUtc)
      writer.struct(2, () => writer.struct(UNIT_FIELDS[logical.unit], () => undefined))
    }
  })
}
