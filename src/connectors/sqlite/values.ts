import { isUtf8 } from 'node:buffer'
import {
  MillraceError,
  parseDateText,
  parseDecimalText,
  parseTimestampText,
  type SqlType,
  typeName,
  type Value,
} from '../../spi/index.js'
import { decimalText } from '../../values/number-text.js'
import { isoDate, isoTimestamp } from '../sql-base/value-text.js'
import type { Storage } from './columns.js'

/** What comes of SQLite: texts as the bytes that they are there. */
export type SqliteValue = null | number | bigint | Buffer

/** Makes a value of the engine of one of SQLite. @throws JDBC_ERROR where the column holds something else */
export type Decoder = (value: SqliteValue) => Value

type Decode = (value: Exclude<SqliteValue, null>, type: SqlType) => Value | undefined

/** Texts and blobs both come as bytes; a blob in a column of text is marked by this number. */
export const WRONG_CLASS = -1

const utf8Text = (value: number | bigint | Buffer): string | undefined =>
  Buffer.isBuffer(value) && isUtf8(value) ? value.toString('utf8') : undefined

const DECODERS: Readonly<Record<Storage, Decode>> = {
  integer: (value) => (typeof value === 'bigint' ? value : undefined),
  real: (value) =>
    typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined,
  text: (value) => (Buffer.isBuffer(value) && isUtf8(value) ? value : undefined),
  blob: (value) => (Buffer.isBuffer(value) ? value : undefined),
  boolean: (value) => (value === 1n ? true : value === 0n ? false : undefined),
  date(value) {
    const text = utf8Text(value)
    return text === undefined || text.length !== 10 ? undefined : parseDateText(text)
  },
  timestamp(value, type) {
    const text = utf8Text(value)?.replace('T', ' ')
    return text === undefined || type.kind !== 'timestamp'
      ? undefined
      : parseTimestampText(text, type.precision)
  },
  decimalText(value, type) {
    const text = utf8Text(value)
    return text === undefined || type.kind !== 'decimal' ? undefined : decimalOf(text, type)
  },
  numeric(value, type) {
    if (type.kind !== 'decimal' || Buffer.isBuffer(value)) return undefined
    if (typeof value === 'bigint') return decimalOf(String(value), type)
    // What was written with so few digits comes back by rounding to them.
    return Number.isFinite(value) ? decimalOf(value.toFixed(type.scale), type) : undefined
  },
}

function decimalOf(
  text: string,
  { precision, scale }: { readonly precision: number; readonly scale: number },
): bigint | undefined {
  const value = parseDecimalText(text, scale)
  if (value === undefined) return undefined
  const limit = 10n ** BigInt(precision)
  return value < limit && value > -limit ? value : undefined
}

export function decoder(name: string, type: SqlType, storage: Storage): Decoder {
  const decode = DECODERS[storage]
  return (value) => {
    if (value === null) return null
    const decoded = decode(value, type)
    if (decoded !== undefined) return decoded
    throw new MillraceError(
      'JDBC_ERROR',
      `Column '${name}' holds a value that is no ${typeName(type)}`,
      {
        detail: Buffer.isBuffer(value)
          ? `bytes: ${value.subarray(0, 40).toString('hex')}`
          : String(value),
        hint: 'SQLite keeps any value in any column; read this one by system.query, with a CAST',
      },
    )
  }
}

/** What is bound for a value of the engine. */
export type BoundValue = null | number | bigint | string | Uint8Array

/** The value to bind for a value of a column. @throws NOT_SUPPORTED, NUMERIC_VALUE_OUT_OF_RANGE where SQLite can't hold it */
export function encode(value: Value, name: string, type: SqlType, storage: Storage): BoundValue {
  if (value === null) return null
  if (storage === 'boolean') return value === true ? 1n : 0n
  const encoded = textOf(value, type, storage)
  if (encoded === undefined) {
    throw new MillraceError(
      'NUMERIC_VALUE_OUT_OF_RANGE',
      `SQLite can't hold the value of '${name}'`,
    )
  }
  if (typeof encoded === 'number' && Number.isNaN(encoded)) {
    throw new MillraceError('NOT_SUPPORTED', `SQLite has no NaN, for column '${name}'`)
  }
  return encoded
}

function textOf(value: Value, type: SqlType, storage: Storage): BoundValue | undefined {
  if (storage === 'date' && typeof value === 'number') return isoDate(value)
  if (typeof value === 'bigint') {
    if (type.kind === 'timestamp') return isoTimestamp(value, type.precision)
    if (type.kind === 'decimal') {
      const text = decimalText(value, type.scale)
      return storage === 'numeric' ? Number(text) : text
    }
    return value
  }
  return value as BoundValue
}
