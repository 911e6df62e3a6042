import { MillraceError } from '../spi/error.js'

const unusable = (position: number, value: unknown): MillraceError =>
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
      return wireObject(value, position)
  }
  throw unusable(position, value)
}

function wireObject(value: object, position: number): unknown {
  const wire = (part: unknown) => wireValue(part, position)
  if (value instanceof Uint8Array) return { $bytes: base64(value) }
  if (value instanceof ArrayBuffer) return { $bytes: base64(new Uint8Array(value)) }
  if (Array.isArray(value)) return value.map(wire)
  if (value instanceof Float32Array || value instanceof Float64Array) {
    return { $doubles: Array.from(value, wire) }
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return [...(value as ArrayBufferView & Iterable<unknown>)].map(wire)
  }
  if (value instanceof Map) {
    return { $map: [...value].map(([key, content]) => [wire(key), wire(content)]) }
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) {
    return { $row: Object.entries(value).map(([name, content]) => [name, wire(content)]) }
  }
  throw unusable(position, value)
}

function isoText(date: Date, position: number): string {
  if (Number.isNaN(date.getTime())) throw unusable(position, date)
  return date.toISOString()
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
