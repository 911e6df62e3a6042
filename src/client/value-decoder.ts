/** A column's type as the protocol describes it. @source Trino ClientTypeSignature */
export interface TypeSignature {
  readonly rawType: string
  readonly arguments?: readonly { readonly kind: string; readonly value: unknown }[]
}

/** Makes a JavaScript value of the JSON of one; NULL is null for every type. */
export type ValueDecoder = (json: unknown) => unknown

const keep: ValueDecoder = (json) => json
const toBigint: ValueDecoder = (json) => BigInt(json as number | bigint)
/** NaN and infinities come as strings. */
const toNumber: ValueDecoder = (json) => Number(json)
const toBytes: ValueDecoder = (json) =>
  Uint8Array.from(atob(String(json)), (character) => character.charCodeAt(0))

const BYTES = new Set([
  'varbinary',
  'hyperloglog',
  'p4hyperloglog',
  'setdigest',
  'objectid',
  'tdigest',
  'qdigest',
])

/**
 * The decoder of a type, so that values are those of the embedded engine: BIGINT is a bigint, VARBINARY a Uint8Array,
 * MAP a Map, ROW an object, DECIMAL and datetimes text.
 */
export function valueDecoder(type: TypeSignature): ValueDecoder {
  const decode = typeDecoder(type)
  return (json) => (json === null || json === undefined ? null : decode(json))
}

function typeDecoder(type: TypeSignature): ValueDecoder {
  const rawType = type.rawType.toLowerCase()
  const typeAt = (index: number) => type.arguments?.[index]?.value as TypeSignature
  switch (rawType) {
    case 'bigint':
      return toBigint
    case 'real':
    case 'double':
      return toNumber
    case 'array': {
      const decode = valueDecoder(typeAt(0))
      return (json) => (json as unknown[]).map(decode)
    }
    case 'map':
      return mapDecoder(typeAt(0), typeAt(1))
    case 'row':
      return rowDecoder(type)
    default:
      return BYTES.has(rawType) ? toBytes : keep
  }
}

/** Keys are the names of JSON fields: text, whatever their type. */
function mapDecoder(keyType: TypeSignature, valueType: TypeSignature): ValueDecoder {
  const decodeKey = keyDecoder(keyType)
  const decodeValue = valueDecoder(valueType)
  return (json) =>
    new Map(entriesOf(json).map(([key, value]) => [decodeKey(key), decodeValue(value)]))
}

const entriesOf = (json: unknown): (readonly [string, unknown])[] =>
  json instanceof Map ? [...json] : Object.entries(json as Record<string, unknown>)

function keyDecoder(type: TypeSignature): (text: string) => unknown {
  switch (type.rawType.toLowerCase()) {
    case 'bigint':
      return BigInt
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
      return Number
    case 'boolean':
      return (text) => text === 'true'
    default:
      return (text) => text
  }
}

function rowDecoder(type: TypeSignature): ValueDecoder {
  const fields = (type.arguments ?? []).map((argument, index) => {
    const { fieldName, typeSignature } = argument.value as {
      readonly fieldName?: { readonly name: string }
      readonly typeSignature: TypeSignature
    }
    return { name: fieldName?.name ?? `field${index}`, decode: valueDecoder(typeSignature) }
  })
  return (json) =>
    Object.fromEntries(
      fields.map(({ name, decode }, index) => [name, decode((json as unknown[])[index])]),
    )
}

/** Whether the fields of objects in the JSON of a type have an order that matters. */
export const hasMap = (type: TypeSignature): boolean =>
  type.rawType.toLowerCase() === 'map' ||
  (type.arguments ?? []).some(({ kind, value }) =>
    kind === 'TYPE'
      ? hasMap(value as TypeSignature)
      : kind === 'NAMED_TYPE' &&
        hasMap((value as { readonly typeSignature: TypeSignature }).typeSignature),
  )
