import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DOUBLE,
  decimalType,
  JSON_TYPE,
  mapType,
  rowType,
  type SqlType,
  VARCHAR,
} from '../../../spi/index.js'
import { commonTextType, typeOfTexts } from '../csv/sniff.js'
import { ExactNumber, type JsonValue } from './parse.js'

/** Objects with more names than this are maps. */
const ROW_FIELDS_MAX = 64

/** What the values of a place in a document are, so far. Plain data; absent members: none of the kind was seen. */
export interface JsonShape {
  readonly scalar?: SqlType
  readonly element?: JsonShape
  readonly fields?: Readonly<Record<string, JsonShape>>
  /** Of kinds that no one type holds. */
  readonly isMixed?: boolean
}

export const NO_SHAPE: JsonShape = {}

/** The shape of one value. */
export function shapeOf(value: JsonValue): JsonShape {
  if (value === null) return NO_SHAPE
  if (Array.isArray(value)) {
    return { element: (value as JsonValue[]).map(shapeOf).reduce(mergeShapes, NO_SHAPE) }
  }
  if (typeof value === 'object' && !(value instanceof ExactNumber)) {
    return {
      fields: Object.fromEntries(
        Object.entries(value).map(([name, field]) => [name, shapeOf(field)]),
      ),
    }
  }
  return { scalar: scalarType(value as boolean | number | bigint | string | ExactNumber) }
}

function scalarType(value: boolean | number | bigint | string | ExactNumber): SqlType {
  if (typeof value === 'boolean') return BOOLEAN
  if (typeof value === 'bigint') {
    return BigInt.asIntN(64, value) === value ? BIGINT : decimalType(38, 0)
  }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BIGINT : DOUBLE
  if (typeof value !== 'string') return DOUBLE
  const type = typeOfTexts([{ text: value, isQuoted: true }], undefined)
  // Only dates and times are told from text; a number in quotes was meant to be text.
  return type !== undefined && (type.kind === 'date' || type.kind.startsWith('timestamp'))
    ? type
    : VARCHAR
}

export function mergeShapes(a: JsonShape, b: JsonShape): JsonShape {
  const scalar =
    a.scalar === undefined || b.scalar === undefined
      ? (a.scalar ?? b.scalar)
      : commonScalar(a.scalar, b.scalar)
  const element =
    a.element === undefined || b.element === undefined
      ? (a.element ?? b.element)
      : mergeShapes(a.element, b.element)
  const fields =
    a.fields === undefined || b.fields === undefined
      ? (a.fields ?? b.fields)
      : mergeFields(a.fields, b.fields)
  const kinds = [scalar, element, fields].filter((kind) => kind !== undefined).length
  return {
    ...(scalar === undefined ? {} : { scalar }),
    ...(element === undefined ? {} : { element }),
    ...(fields === undefined ? {} : { fields }),
    ...(kinds > 1 || a.isMixed === true || b.isMixed === true || scalar?.kind === 'json'
      ? { isMixed: true }
      : {}),
  }
}

/** JSON for kinds that have no type in common, such as a number and a text. */
function commonScalar(a: SqlType, b: SqlType): SqlType {
  const isText = (type: SqlType): boolean =>
    type.kind === 'varchar' || type.kind === 'date' || type.kind.startsWith('timestamp')
  if (isText(a) !== isText(b) || (a.kind === 'boolean') !== (b.kind === 'boolean')) return JSON_TYPE
  return commonTextType(a, b) ?? JSON_TYPE
}

function mergeFields(
  a: Readonly<Record<string, JsonShape>>,
  b: Readonly<Record<string, JsonShape>>,
): Readonly<Record<string, JsonShape>> {
  const merged = new Map(Object.entries(a))
  for (const [name, shape] of Object.entries(b)) {
    merged.set(name, mergeShapes(merged.get(name) ?? NO_SHAPE, shape))
  }
  return Object.fromEntries(merged)
}

/**
 * The type that holds the values of a shape: ROW for objects, or MAP from more than 64 names on; ARRAY; JSON where kinds
 * differ; VARCHAR where all are null.
 */
export function typeOfShape(shape: JsonShape): SqlType {
  if (shape.isMixed === true) return JSON_TYPE
  if (shape.element !== undefined) return arrayType(typeOfShape(shape.element))
  if (shape.fields !== undefined) {
    const names = Object.keys(shape.fields)
    if (names.length === 0) return JSON_TYPE
    if (names.length > ROW_FIELDS_MAX) {
      return mapType(
        VARCHAR,
        typeOfShape(Object.values(shape.fields).reduce(mergeShapes, NO_SHAPE)),
      )
    }
    return rowType(names.map((name) => ({ name, type: typeOfShape(shape.fields![name]!) })))
  }
  return shape.scalar ?? VARCHAR
}
