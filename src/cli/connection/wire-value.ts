import type { TypeSignature } from '../../client/value-decoder.js'
import type { ShellValue } from './connection.js'

type Decoder = (json: unknown) => ShellValue

/** Types whose values are bytes, in base64 on the wire. */
export const BYTES_TYPES: ReadonlySet<string> = new Set([
  'varbinary',
  'hyperloglog',
  'p4hyperloglog',
  'setdigest',
  'objectid',
  'tdigest',
  'qdigest',
])

export const argumentType = (type: TypeSignature, index: number): TypeSignature =>
  type.arguments?.[index]?.value as TypeSignature

/** The fields of a ROW type; those without a name have none. */
export function rowFields(
  type: TypeSignature,
): readonly { readonly name: string | undefined; readonly type: TypeSignature }[] {
  return (type.arguments ?? []).map(({ value }) => {
    const { fieldName, typeSignature } = value as {
      readonly fieldName?: { readonly name: string }
      readonly typeSignature: TypeSignature
    }
    return { name: fieldName?.name, type: typeSignature }
  })
}

/** Makes a value of its JSON in the client protocol. */
export function wireDecoder(type: TypeSignature): Decoder {
  const decode = nonNullDecoder(type)
  return (json) => (json === null || json === undefined ? null : decode(json))
}

function nonNullDecoder(type: TypeSignature): Decoder {
  const rawType = type.rawType.toLowerCase()
  switch (rawType) {
    case 'real':
    case 'double':
      // NaN and infinities come as strings.
      return Number
    case 'array': {
      const decode = wireDecoder(argumentType(type, 0))
      return (json) => (json as unknown[]).map(decode)
    }
    case 'map':
      return mapDecoder(type)
    case 'row': {
      const decoders = rowFields(type).map((field) => wireDecoder(field.type))
      return (json) => decoders.map((decode, index) => decode((json as unknown[])[index]))
    }
    default:
      if (BYTES_TYPES.has(rawType)) return (json) => Buffer.from(String(json), 'base64')
      return (json) => json
  }
}

/** Objects come as Maps, in the server's order. Keys are text, whatever their type; only floats print differently. */
function mapDecoder(type: TypeSignature): Decoder {
  const keyType = argumentType(type, 0).rawType.toLowerCase()
  const isFloat = keyType === 'double' || keyType === 'real'
  const decodeValue = wireDecoder(argumentType(type, 1))
  return (json) =>
    new Map(
      [...(json as ReadonlyMap<string, unknown>)].map(([key, value]) => [
        isFloat ? Number(key) : key,
        decodeValue(value),
      ]),
    )
}
