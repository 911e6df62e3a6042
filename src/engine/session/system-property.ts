import {
  BOOLEAN,
  INTEGER,
  MillraceError,
  parseDataSize,
  parseDuration,
  type SqlType,
  VARCHAR,
} from '../../spi/index.js'

/** A property of the engine itself that SET SESSION sets; values travel as text. */
export interface SystemProperty {
  readonly name: string
  readonly description: string
  readonly type: SqlType
  /** Text of the default; empty: none. */
  readonly defaultText: string
  readonly hidden: boolean
  /** Set where it changes nothing here, as statements written for Trino may set it: why. */
  readonly withoutEffect?: string
  /** Checks a text. @throws MillraceError INVALID_SESSION_PROPERTY */
  check(text: string): void
}

export const invalid = (message: string): MillraceError =>
  new MillraceError('INVALID_SESSION_PROPERTY', message)

export const property = (
  name: string,
  type: SqlType,
  defaultText: string,
  description: string,
  check: (text: string) => void,
): SystemProperty => ({ name, type, defaultText, description, check, hidden: false })

export const booleanProperty = (name: string, value: boolean, description: string) =>
  property(name, BOOLEAN, String(value), description, (text) => {
    if (text !== 'true' && text !== 'false') throw invalid(`${name} must be true or false: ${text}`)
  })

export const numberProperty = (
  name: string,
  type: SqlType,
  value: number,
  min: number,
  description: string,
  max = Number.POSITIVE_INFINITY,
) =>
  property(name, type, String(value), description, (text) => {
    const number = Number(text)
    if (!Number.isFinite(number)) throw invalid(`${name} must be a number: ${text}`)
    if (number < min) throw invalid(`${name} must be equal or greater than ${min}`)
    if (number > max) throw invalid(`${name} must be less than or equal to ${max}`)
  })

export const powerOfTwoProperty = (name: string, defaultText: string, description: string) =>
  property(name, INTEGER, defaultText, description, (text) => {
    const log = Math.log2(Number(text))
    if (!Number.isInteger(log) || log < 0) throw invalid(`${name} must be a power of 2: ${text}`)
  })

export const enumProperty = (
  name: string,
  value: string,
  values: readonly string[],
  description: string,
) =>
  property(
    name,
    VARCHAR,
    value,
    `${description}. Possible values: [${values.join(', ')}]`,
    (text) => {
      if (!values.includes(text.toUpperCase())) {
        throw invalid(`Invalid value [${text}]. Valid values: [${values.join(', ')}]`)
      }
    },
  )

/** The letters that a quantity ends with; undefined where the text is none. */
const unitOf = (text: string): string | undefined =>
  /^\s*\d+(?:\.\d+)?\s*([a-zA-Z]+)\s*$/.exec(text)?.[1]

/** Milliseconds of a duration such as `1.5h`. @throws MillraceError INVALID_SESSION_PROPERTY */
export function durationMillis(text: string): number {
  const millis = parseDuration(text)
  if (millis !== undefined) return millis
  const unit = unitOf(text)
  throw invalid(
    unit === undefined
      ? `duration is not a valid data duration string: ${text}`
      : `Unknown time unit: ${unit}`,
  )
}

const SIZE_UNITS: readonly string[] = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Bytes of a size such as `64MB`, units in Trino's letter case. @throws MillraceError INVALID_SESSION_PROPERTY */
export function dataSizeBytes(text: string): number {
  const unit = unitOf(text)
  if (unit !== undefined && !SIZE_UNITS.includes(unit)) throw invalid(`Unknown unit: ${unit}`)
  const bytes = parseDataSize(text)
  if (bytes === undefined) throw invalid(`size is not a valid data size string: ${text}`)
  return bytes
}

export const durationProperty = (name: string, value: string, description: string) =>
  property(name, VARCHAR, value, description, durationMillis)
export const sizeProperty = (name: string, value: string, description: string) =>
  property(name, VARCHAR, value, description, dataSizeBytes)
