import { arrayType, BIGINT, BOOLEAN, DOUBLE, INTEGER, type SqlType, VARCHAR } from '../type/type.js'
import type { Value } from '../type/value.js'
import {
  nearestName,
  parseDataSize,
  parseDuration,
  printDataSize,
  printDuration,
} from './config-value.js'

/**
 * A session, schema, table, column, view or analyze property: set in SQL as a value of `type`, used as a `Decoded`.
 * @source Trino PropertyMetadata
 */
export interface PropertyMetadata<Decoded = unknown> {
  /** Lower case with underscores; session properties are set as `catalog.name`. */
  readonly name: string
  readonly description: string
  readonly type: SqlType
  /** undefined: unset. */
  readonly defaultValue: Decoded
  readonly hidden: boolean
  /** @throws MillraceError or Error saying what is wrong; the engine gives it the code of the property's place. */
  decode(value: Value): Decoded
  encode(value: Decoded): Value
}

interface PropertyOptions<Decoded> {
  readonly hidden?: boolean
  /** Throws where a value of the right type is not allowed. */
  readonly check?: (value: Decoded) => void
}

function property<Decoded>(
  name: string,
  description: string,
  type: SqlType,
  defaultValue: Decoded | undefined,
  options: PropertyOptions<Decoded>,
  decode: (value: Value) => Decoded,
  encode: (value: Decoded) => Value,
): PropertyMetadata<Decoded | undefined> {
  return {
    name,
    description,
    type,
    defaultValue,
    hidden: options.hidden ?? false,
    decode(value) {
      if (value === null) return undefined
      const decoded = decode(value)
      options.check?.(decoded)
      return decoded
    },
    encode: (value) => (value === undefined ? null : encode(value)),
  }
}

/** A property of one plain type; with a default it is never undefined. */
interface PropertyKind<T> {
  (
    name: string,
    description: string,
    defaultValue: T,
    options?: PropertyOptions<T>,
  ): PropertyMetadata<T>
  (
    name: string,
    description: string,
    defaultValue?: T,
    options?: PropertyOptions<T>,
  ): PropertyMetadata<T | undefined>
}

const kind = <T>(
  type: SqlType,
  decode: (value: Value) => T,
  encode: (value: T) => Value,
): PropertyKind<T> =>
  ((name: string, description: string, defaultValue?: T, options: PropertyOptions<T> = {}) =>
    property(name, description, type, defaultValue, options, decode, encode)) as PropertyKind<T>

export const booleanProperty = kind<boolean>(BOOLEAN, Boolean, (value) => value)
export const integerProperty = kind<number>(INTEGER, Number, (value) => value)
export const bigintProperty = kind<bigint>(
  BIGINT,
  (v) => BigInt(v as bigint),
  (value) => value,
)
export const doubleProperty = kind<number>(DOUBLE, Number, (value) => value)
export const stringProperty = kind<string>(VARCHAR, String, (value) => value)
/** Milliseconds, set as a text such as `10m`. */
export const durationProperty = kind<number>(
  VARCHAR,
  (value) => parsed(parseDuration(String(value)), 'duration', value),
  printDuration,
)
/** Bytes, set as a text such as `64MB`. */
export const dataSizeProperty = kind<number>(
  VARCHAR,
  (value) => parsed(parseDataSize(String(value)), 'data size', value),
  printDataSize,
)
/** Names, in lower case. */
export const stringListProperty = kind<readonly string[]>(
  arrayType(VARCHAR),
  (value) => (value as readonly Value[]).map((element) => String(element).toLowerCase()),
  (value) => value,
)

/** One of some words, in any case. */
export const choiceProperty = <const W extends readonly string[]>(
  name: string,
  description: string,
  words: W,
  defaultValue: W[number],
): PropertyMetadata<W[number]> =>
  kind<W[number]>(
    VARCHAR,
    (value) => {
      const text = String(value)
      const word = words.find((w) => w.toLowerCase() === text.toLowerCase())
      if (word !== undefined) return word
      const nearest = nearestName(text, words)
      const hint = nearest === undefined ? '' : `, did you mean ${nearest}`
      throw new Error(`Value must be one of ${words.join(', ')}${hint}: ${text}`)
    },
    (value) => value,
  )(name, description, defaultValue)

function parsed(value: number | undefined, what: string, text: Value): number {
  if (value === undefined) throw new Error(`Value is no ${what}: ${text}`)
  return value
}
