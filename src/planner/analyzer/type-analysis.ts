import { isComparable } from '../../expressions/coercion.js'
import { parseType } from '../../expressions/type-signature.js'
import {
  arrayType,
  charType,
  decimalType,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  MAX_CHAR_LENGTH,
  MAX_DECIMAL_PRECISION,
  MillraceError,
  mapType,
  qdigestType,
  type RowField,
  rowType,
  type SqlType,
  type TemporalType,
  VARCHAR,
  varcharType,
} from '../../spi/index.js'
import type { DataType, DataTypeParameter, GenericDataType, NodeBase } from '../parser/ast/index.js'
import { semanticError } from './semantic-error.js'

const TEMPORAL_MAX_PRECISION = 12

/**
 * The type a text names.
 * @throws MillraceError TYPE_NOT_FOUND for names of no type; INVALID_TYPE or NUMERIC_VALUE_OUT_OF_RANGE for parameters out of range
 */
export function analyzeType(node: DataType): SqlType {
  switch (node.kind) {
    case 'rowDataType':
      return rowType(
        node.fields.map(
          (f): RowField =>
            f.name === undefined
              ? { type: analyzeType(f.type) }
              : {
                  name: f.name.delimited ? f.name.value : f.name.value.toLowerCase(),
                  type: analyzeType(f.type),
                },
        ),
      )
    case 'intervalDataType': {
      const { from, to } = node
      if (from === 'YEAR' && to === 'MONTH') return INTERVAL_YEAR_TO_MONTH
      if (from === 'DAY' && to === 'SECOND') return INTERVAL_DAY_TO_SECOND
      throw semanticError('TYPE_NOT_FOUND', node, `Unknown type: ${typeText(node)}`)
    }
    case 'dateTimeDataType': {
      const kind: TemporalType['kind'] = node.withTimeZone
        ? `${node.base} with time zone`
        : node.base
      return temporalType(kind, node.precision === undefined ? 3 : numberOf(node.precision))
    }
    case 'genericDataType':
      return genericType(node)
  }
}

export function temporalType(kind: TemporalType['kind'], precision: number): SqlType {
  if (precision > TEMPORAL_MAX_PRECISION) {
    throw new MillraceError(
      'NUMERIC_VALUE_OUT_OF_RANGE',
      `${kind.toUpperCase()} precision must be in range [0, 12]: ${precision}`,
    )
  }
  return Object.freeze({ kind, precision })
}

function numberOf(parameter: DataTypeParameter): number {
  if (parameter.kind === 'numericParameter') return Number(parameter.text.replaceAll('_', ''))
  throw semanticError(
    'TYPE_MISMATCH',
    parameter,
    `Unknown type parameter: ${typeText(parameter.type)}`,
  )
}

function typeOf(parameter: DataTypeParameter | undefined, node: GenericDataType): SqlType {
  if (parameter?.kind !== 'typeParameter') throw unknownType(node)
  return analyzeType(parameter.type)
}

const unknownType = (node: DataType): MillraceError =>
  semanticError('TYPE_NOT_FOUND', node, `Unknown type: ${typeText(node)}`)

/** Trino gives no place for these. */
const invalidParameter = (message: string): MillraceError =>
  new MillraceError('INVALID_FUNCTION_ARGUMENT', message)

const ALIASES: Readonly<Record<string, string>> = {
  int: 'integer',
  dec: 'decimal',
  numeric: 'decimal',
}

function genericType(node: GenericDataType): SqlType {
  const written = node.name.value.toLowerCase()
  const name = ALIASES[written] ?? written
  const [first, second] = node.parameters
  const count = node.parameters.length
  switch (name) {
    case 'array':
      if (count !== 1) throw unknownType(node)
      return arrayType(typeOf(first, node))
    case 'map': {
      if (count !== 2) throw unknownType(node)
      const key = typeOf(first, node)
      if (!isComparable(key)) throw unknownType(node)
      return mapType(key, typeOf(second, node))
    }
    case 'qdigest':
      if (count !== 1) throw unknownType(node)
      return qdigestType(typeOf(first, node))
    case 'varchar':
      if (count > 1) throw unknownType(node)
      return first === undefined ? VARCHAR : varcharLength(numberOf(first))
    case 'char': {
      if (count > 1) throw unknownType(node)
      const length = first === undefined ? 1 : numberOf(first)
      if (length <= MAX_CHAR_LENGTH) return charType(length)
      throw invalidParameter(`CHAR length must be in range [0, 65536], got ${length}`)
    }
    case 'decimal':
      if (count > 2) throw unknownType(node)
      return decimalOf(
        first === undefined ? MAX_DECIMAL_PRECISION : numberOf(first),
        second === undefined ? 0 : numberOf(second),
      )
  }
  if (count > 0) throw unknownType(node)
  try {
    return parseType(name)
  } catch (cause) {
    if (cause instanceof MillraceError && cause.code === 'TYPE_NOT_FOUND') throw unknownType(node)
    throw cause
  }
}

function varcharLength(length: number): SqlType {
  if (length <= 2_147_483_646) return varcharType(length)
  throw invalidParameter(`VARCHAR length must be in range [0, 2147483646], got ${length}`)
}

function decimalOf(precision: number, scale: number): SqlType {
  if (precision < 1 || precision > MAX_DECIMAL_PRECISION) {
    throw invalidParameter(`DECIMAL precision must be in range [1, 38]: ${precision}`)
  }
  if (scale > precision) {
    throw invalidParameter(`DECIMAL scale must be in range [0, precision (${precision})]: ${scale}`)
  }
  return decimalType(precision, scale)
}

/** The type as written, for messages. */
export function typeText(node: DataType): string {
  switch (node.kind) {
    case 'rowDataType':
      return `ROW(${node.fields.map((f) => (f.name === undefined ? '' : `${f.name.value} `) + typeText(f.type)).join(', ')})`
    case 'intervalDataType':
      return node.from === node.to ? `INTERVAL ${node.from}` : `INTERVAL ${node.from} TO ${node.to}`
    case 'dateTimeDataType': {
      const precision = node.precision === undefined ? '' : `(${parameterText(node.precision)})`
      return `${node.base}${precision}${node.withTimeZone ? ' with time zone' : ''}`
    }
    case 'genericDataType':
      return node.parameters.length === 0
        ? node.name.value
        : `${node.name.value}(${node.parameters.map(parameterText).join(', ')})`
  }
}

const parameterText = (parameter: DataTypeParameter): string =>
  parameter.kind === 'numericParameter' ? parameter.text : typeText(parameter.type)

const FRACTION = /:\d{1,2}\.(\d+)/
const ZONE_AFTER_DATE_TIME = /\d[ T]\d{1,2}(?::\d{1,2}){1,2}(?:\.\d+)?\s*(?:[+-]|Z|[A-Za-z])/
const ZONE_AFTER_DATE = /^\s*[+-]?\d+-\d{1,2}-\d{1,2}\s+[A-Za-z]/
const ZONE_AFTER_TIME = /[+-]/

/**
 * The type of `NAME 'text'`: TIME and TIMESTAMP have as many fraction digits as the text and a zone where it has one.
 * @throws MillraceError TYPE_NOT_FOUND; INVALID_LITERAL for types without a literal form
 */
export function typeOfLiteralName(name: string, text: string, node: NodeBase): SqlType {
  if (name === 'time' || name === 'timestamp') {
    const precision = FRACTION.exec(text)?.[1]?.length ?? 0
    const zoned =
      name === 'time'
        ? ZONE_AFTER_TIME.test(text)
        : ZONE_AFTER_DATE_TIME.test(text) || ZONE_AFTER_DATE.test(text)
    if (precision > TEMPORAL_MAX_PRECISION) {
      throw semanticError('INVALID_LITERAL', node, `'${text}' is not a valid ${name} literal`)
    }
    return temporalType(zoned ? `${name} with time zone` : name, precision)
  }
  try {
    return parseType(name)
  } catch (cause) {
    if (cause instanceof MillraceError && cause.code === 'TYPE_NOT_FOUND') {
      throw semanticError('TYPE_NOT_FOUND', node, `Unknown type: ${name}`)
    }
    throw cause
  }
}
