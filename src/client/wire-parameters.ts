import { MillraceError } from '../spi/error.js'

export const unusable = (position: number, value: unknown): MillraceError =>
  new MillraceError(
    'INVALID_PARAMETER_USAGE',
    `Value of parameter ${position + 1} has no SQL type: ${Object.prototype.toString.call(value)}`,
  )

/**
 * The values of the `?` as the stream sends them: JSON, and what it has no form for as an object of one key.
 * @throws INVALID_PARAMETER_USAGE
 */
export const wireParameters = (values: readonly unknown[]): unknown[] => values.map(wireValue)

function wireValue(value: unknown, position: number): unknown {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value
    case 'bigint':
      return { $bigint: String(value) }
    case 'number':
      if (Object.is(value, -0)) return { $number: '-0' }
      return Number.isFinite(value) ? value : { $number: String(value) }
    case 'object':
      if (value === null) return null
      if (value instanceof Date) return { $date: isoText(value, position) }
      if (value instanceof Uint8Array) return { $bytes: base64(value) }
      if (Array.isArray(value)) return value.map((element) => wireValue(element, position))
      break
  }
  throw unusable(position, value)
}

export function isoText(date: Date, position: number): string {
  if (Number.isNaN(date.getTime())) throw unusable(position, date)
  return date.toISOString()
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
