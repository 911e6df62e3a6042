import {
  charType,
  IPADDRESS,
  JSON_TYPE,
  MAX_CHAR_LENGTH,
  type SqlType,
  timestampType,
  timeType,
  timeWithTimeZoneType,
  typeName,
  varcharType,
} from '../spi/index.js'

export const DIGITS_MAX = 12
export const DIGITS = Array.from({ length: DIGITS_MAX + 1 }, (_, digits) => digits)

/** Types whose values are texts in files. */
const TEXTS = new Map(
  [
    JSON_TYPE,
    IPADDRESS,
    ...DIGITS.flatMap((digits) => [
      timeType(digits),
      timeWithTimeZoneType(digits),
      timestampType(digits),
    ]),
  ].map((type) => [typeName(type), type] as const),
)

/** The type that a column of texts was written as. @param declared in its field's metadata */
export function declaredText(declared: string): SqlType | undefined {
  const match = /^(varchar|char)\(([1-9]\d{0,9})\)$/.exec(declared)
  if (match === null) return TEXTS.get(declared)
  const length = Number(match[2])
  if (match[1] === 'varchar') return varcharType(length)
  return length <= MAX_CHAR_LENGTH ? charType(length) : undefined
}
