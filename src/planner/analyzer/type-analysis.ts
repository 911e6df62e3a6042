import { parseType } from '../../expressions/type-signature.js'
import {
  arrayType,
  charType,
  decimalType,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  isComparable,
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
 * @throws MillraceError TYPE_NOT_FOUND for names of no type and most parameters out of range; INVALID_FUNCTION_ARGUMENT for
 * those of DECIMAL
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
      throw new MillraceError('NOT_SUPPORTED', `There is no type ${typeText(node)}`)
    }
    case 'dateTimeDataType': {
      const kind: TemporalType['kind'] = node.withTimeZone
        ? `${node.base} with time zone`
        : node.base
      const precision = node.precision === undefined ? 3 : numberOf(node.precision)
      if (precision === undefined) {
        const message = `Unknown type parameter: ${parameterText(node.precision!)}`
        throw semanticError('TYPE_MISMATCH', node.precision!, message)
      }
      if (precision > TEMPORAL_MAX_PRECISION) throw unknownType(node)
      return Object.freeze({ kind, precision })
    }
    case 'genericDataType':
      return genericType(node)
  }
}

/**
 * The type a text names, for an expression or a declaration.
 * @throws MillraceError TYPE_MISMATCH at the place where there is no type of the name, and what analyzeType throws
 */
export function analyzeTypeAt(type: DataType, place: NodeBase): SqlType {
  try {
    return analyzeType(type)
  } catch (cause) {
    if (cause instanceof MillraceError && cause.code === 'TYPE_NOT_FOUND') {
      throw semanticError('TYPE_MISMATCH', place, `Unknown type: ${typeText(type)}`)
    }
    throw cause
  }
}

/** @throws MillraceError TYPE_MISMATCH at a number that no BIGINT holds, and what a type in its place throws */
function numberOf(parameter: DataTypeParameter): number | undefined {
  if (parameter.kind === 'typeParameter') {
    if (parameter.type.kind === 'genericDataType' && parameter.type.parameters.length > 0) {
      analyzeType(parameter.type)
    }
    return undefined
  }
  const value = BigInt(parameter.text.replaceAll('_', ''))
  if (value === BigInt.asIntN(64, value)) return Number(value)
  throw semanticError('TYPE_MISMATCH', parameter, `Invalid type parameter: ${parameter.text}`)
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

function genericType(node: GenericDataType): SqlType {
  const name = node.name.value.toLowerCase()
  // parameters inside the quotes would be part of the name
  if (name.includes('(')) throw unknownType(node)
  const [first, second] = node.parameters
  const count = node.parameters.length
  const unknown = (): never => {
    throw unknownType(node)
  }
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
      return first === undefined ? VARCHAR : varcharLength(numberOf(first) ?? unknown(), node)
    case 'char': {
      if (count > 1) throw unknownType(node)
      const length = first === undefined ? 1 : (numberOf(first) ?? unknown())
      if (length <= MAX_CHAR_LENGTH) return charType(length)
      throw unknownType(node)
    }
    case 'decimal':
      if (count > 2) throw unknownType(node)
      return decimalOf(
        first === undefined ? MAX_DECIMAL_PRECISION : (numberOf(first) ?? unknown()),
        second === undefined ? 0 : (numberOf(second) ?? unknown()),
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

function varcharLength(length: number, node: GenericDataType): SqlType {
  if (length <= 2_147_483_646) return varcharType(length)
  throw unknownType(node)
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
    const kind: TemporalType['kind'] = zoned ? `${name} with time zone` : name
    if (precision <= TEMPORAL_MAX_PRECISION) return Object.freeze({ kind, precision })
    throw semanticError(
      'NUMERIC_VALUE_OUT_OF_RANGE',
      node,
      `${kind.toUpperCase()} precision must be in range [0, 12]: ${precision}`,
    )
  }
  try {
    if (name !== 'row') return parseType(name)
  } catch (cause) {
    if (!(cause instanceof MillraceError) || cause.code !== 'TYPE_NOT_FOUND') throw cause
  }
  throw new MillraceError('TYPE_NOT_FOUND', `Unknown type: ${name}`)
}
