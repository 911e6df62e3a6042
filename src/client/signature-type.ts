import { MillraceError } from '../spi/error.js'
import type { SqlType } from '../spi/type/type.js'
import type { TypeSignature } from './value-decoder.js'

const UNBOUNDED_LENGTH = 2_147_483_647
/** What a datetime without a precision has. */
const DEFAULT_PRECISION = 3

const SIMPLE: ReadonlySet<string> = new Set([
  'unknown',
  'boolean',
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double',
  'varbinary',
  'json',
  'json2016',
  'date',
  'interval year to month',
  'interval day to second',
  'uuid',
  'ipaddress',
  'hyperloglog',
  'p4hyperloglog',
  'setdigest',
  'objectid',
  'tdigest',
  'color',
  'jsonpath',
  'joniregexp',
  'likepattern',
  'codepoints',
  'geometry',
  'sphericalgeography',
  'kdbtree',
  'bingtile',
])

/** The type that a column's signature in the protocol means. @throws NOT_SUPPORTED for a type of another server's plugin */
export function signatureType({ rawType, arguments: parameters = [] }: TypeSignature): SqlType {
  const kind = rawType.toLowerCase()
  const long = (index: number): number | undefined =>
    parameters[index] === undefined ? undefined : Number(parameters[index].value)
  const typeAt = (index: number): SqlType =>
    signatureType(parameters[index]!.value as TypeSignature)
  switch (kind) {
    case 'decimal':
      return { kind, precision: long(0)!, scale: long(1)! }
    case 'varchar': {
      const length = long(0) ?? UNBOUNDED_LENGTH
      return length >= UNBOUNDED_LENGTH ? { kind } : { kind, length }
    }
    case 'char':
      return { kind, length: long(0)! }
    case 'time':
    case 'timestamp':
    case 'time with time zone':
    case 'timestamp with time zone':
      return { kind, precision: long(0) ?? DEFAULT_PRECISION }
    case 'array':
      return { kind, element: typeAt(0) }
    case 'qdigest':
      return { kind, element: typeAt(0) }
    case 'map':
      return { kind, key: typeAt(0), value: typeAt(1) }
    case 'row':
      return { kind, fields: parameters.map(({ value }) => fieldOf(value)) }
    default:
      if (SIMPLE.has(kind)) return { kind } as SqlType
      throw new MillraceError('NOT_SUPPORTED', `Type of the server is unknown: ${rawType}`)
  }
}

function fieldOf(value: unknown): { readonly name?: string; readonly type: SqlType } {
  const { fieldName, typeSignature } = value as {
    readonly fieldName?: { readonly name: string }
    readonly typeSignature: TypeSignature
  }
  const type = signatureType(typeSignature)
  return fieldName === undefined || fieldName === null ? { type } : { name: fieldName.name, type }
}
