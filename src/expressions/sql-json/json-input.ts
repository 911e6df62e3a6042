import { MillraceError } from '../../spi/error.js'
import { type SqlType, VARCHAR } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { castFunction } from '../cast/cast.js'
import { type JsonNode, readJson } from '../json/json-node.js'
import { firstValue } from '../json/json-scan.js'
import type { SessionContext } from '../session-context.js'

/** How a text or binary holds JSON; `JSON` is UTF-8 in binaries. */
export type JsonEncoding = 'JSON' | 'UTF8' | 'UTF16' | 'UTF32'

const invalidInput = (): MillraceError =>
  new MillraceError('JSON_INPUT_CONVERSION_ERROR', 'conversion to JSON failed: ')

function decodeUtf32(bytes: Uint8Array): string {
  if (bytes.length % 4 !== 0) throw invalidInput()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const points = Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, true))
  if (points.some((point) => point > 0x10ffff)) throw invalidInput()
  return points.map((point) => String.fromCodePoint(point)).join('')
}

function decode(bytes: Uint8Array, encoding: JsonEncoding): string {
  if (encoding === 'UTF32') return decodeUtf32(bytes)
  try {
    const label = encoding === 'UTF16' ? 'utf-16le' : 'utf-8'
    return new TextDecoder(label, { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new MillraceError('JSON_INPUT_CONVERSION_ERROR', 'conversion to JSON failed: ', { cause })
  }
}

/** The bytes of a text in an encoding, without a byte order mark; those of more than a byte a unit are little-endian. */
export function encodeJson(text: string, encoding: JsonEncoding): Uint8Array {
  switch (encoding) {
    case 'JSON':
    case 'UTF8':
      return new TextEncoder().encode(text)
    case 'UTF16': {
      const view = new DataView(new ArrayBuffer(text.length * 2))
      for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), true)
      return new Uint8Array(view.buffer)
    }
    case 'UTF32': {
      const points = Array.from(text, (c) => c.codePointAt(0)!)
      const view = new DataView(new ArrayBuffer(points.length * 4))
      points.forEach((point, i) => view.setUint32(i * 4, point, true))
      return new Uint8Array(view.buffer)
    }
  }
}

/** Reads the first value of a text or binary of JSON, whatever follows it; nothing but space is null, as in Trino. @throws JSON_INPUT_CONVERSION_ERROR */
export function jsonInput(value: string | Uint8Array, encoding: JsonEncoding): JsonNode {
  const text = typeof value === 'string' ? value : decode(value, encoding)
  const [from, to] = firstValue(text)
  if (from === text.length) return null
  const node = to < 0 ? undefined : readJson(text.slice(from, to))
  if (node === undefined) throw invalidInput()
  return node
}

/** Makes JSON of the SQL values that can be part of it as they are; others become their text. */
export function jsonItemOf(type: SqlType, session: SessionContext): (value: Value) => JsonNode {
  switch (type.kind) {
    case 'boolean':
      return (value) => value as boolean | null
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return (value) => (value === null ? null : BigInt(value as number | bigint))
    case 'real':
    case 'double':
      return (value) => value as number | null
    case 'decimal': {
      const { scale } = type
      return (value) =>
        value === null || scale === 0 ? (value as bigint | null) : Number(value) / 10 ** scale
    }
    case 'varchar':
      return (value) => value as string | null
    default: {
      const cast = castFunction(type, VARCHAR, session)
      return (value) => (value === null || cast === undefined ? null : (cast(value) as string))
    }
  }
}
