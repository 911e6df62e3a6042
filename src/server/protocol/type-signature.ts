import { formatIdentifier } from '../../engine/statements/identifier-text.js'
import type { RowType, SqlType } from '../../spi/index.js'

/** The `typeSignature` of a column in the client protocol. @source Trino ClientTypeSignature */
export interface TypeSignature {
  readonly rawType: string
  readonly arguments: readonly TypeSignatureParameter[]
}
export type TypeSignatureParameter =
  | { readonly kind: 'LONG'; readonly value: number }
  | { readonly kind: 'TYPE'; readonly value: TypeSignature }
  | {
      readonly kind: 'NAMED_TYPE'
      readonly value: {
        readonly fieldName?: { readonly name: string }
        readonly typeSignature: TypeSignature
      }
    }

/** What unbounded VARCHAR says its length is. */
const UNBOUNDED_LENGTH = 2_147_483_647

const RAW_NAMES: Partial<Record<SqlType['kind'], string>> = {
  hyperloglog: 'HyperLogLog',
  p4hyperloglog: 'P4HyperLogLog',
  setdigest: 'SetDigest',
  objectid: 'ObjectId',
  geometry: 'Geometry',
  sphericalgeography: 'SphericalGeography',
  jsonpath: 'JsonPath',
  joniregexp: 'JoniRegExp',
  likepattern: 'LikePattern',
  codepoints: 'CodePoints',
  kdbtree: 'KdbTree',
  bingtile: 'BingTile',
}

const long = (value: number): TypeSignatureParameter => ({ kind: 'LONG', value })

/**
 * Makes the signature of a type for a client.
 * @param parametricDatetime false for clients without PARAMETRIC_DATETIME, which know datetimes without precision
 */
export function typeSignature(type: SqlType, parametricDatetime: boolean): TypeSignature {
  const nested = (inner: SqlType): TypeSignatureParameter => ({
    kind: 'TYPE',
    value: typeSignature(inner, parametricDatetime),
  })
  switch (type.kind) {
    case 'decimal':
      return { rawType: 'decimal', arguments: [long(type.precision), long(type.scale)] }
    case 'varchar':
      return { rawType: 'varchar', arguments: [long(type.length ?? UNBOUNDED_LENGTH)] }
    case 'char':
      return { rawType: 'char', arguments: [long(type.length)] }
    case 'time':
    case 'time with time zone':
    case 'timestamp':
    case 'timestamp with time zone':
      return { rawType: type.kind, arguments: parametricDatetime ? [long(type.precision)] : [] }
    case 'array':
      return { rawType: 'array', arguments: [nested(type.element)] }
    case 'map':
      return { rawType: 'map', arguments: [nested(type.key), nested(type.value)] }
    case 'qdigest':
      return { rawType: 'qdigest', arguments: [nested(type.element)] }
    case 'row':
      return { rawType: 'row', arguments: rowArguments(type, parametricDatetime) }
    case 'function':
      return {
        rawType: 'function',
        arguments: [...type.argumentTypes, type.returnType].map(nested),
      }
    default:
      return { rawType: RAW_NAMES[type.kind] ?? type.kind, arguments: [] }
  }
}

const rowArguments = (type: RowType, parametricDatetime: boolean): TypeSignatureParameter[] =>
  type.fields.map((field) => ({
    kind: 'NAMED_TYPE',
    value: {
      ...(field.name === undefined ? {} : { fieldName: { name: field.name } }),
      typeSignature: typeSignature(field.type, parametricDatetime),
    },
  }))

/**
 * The `type` of a column as the protocol prints it, which is SQL: `decimal(3, 2)`, `row(x integer, "Y z" varchar)`,
 * intervals in capitals.
 * @source Trino ProtocolUtil.formatType
 */
export function columnTypeText(type: SqlType, parametricDatetime: boolean): string {
  const inner = (nested: SqlType): string => columnTypeText(nested, parametricDatetime)
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`
    case 'varchar':
      return type.length === undefined ? 'varchar' : `varchar(${type.length})`
    case 'char':
      return `char(${type.length})`
    case 'time':
    case 'timestamp':
      return parametricDatetime ? `${type.kind}(${type.precision})` : type.kind
    case 'time with time zone':
      return parametricDatetime ? `time(${type.precision}) with time zone` : type.kind
    case 'timestamp with time zone':
      return parametricDatetime ? `timestamp(${type.precision}) with time zone` : type.kind
    case 'interval day to second':
    case 'interval year to month':
      return type.kind.toUpperCase()
    case 'array':
      return `array(${inner(type.element)})`
    case 'map':
      return `map(${inner(type.key)}, ${inner(type.value)})`
    case 'qdigest':
      return `qdigest(${inner(type.element)})`
    case 'row': {
      const fields = type.fields.map((field) =>
        field.name === undefined
          ? inner(field.type)
          : `${formatIdentifier(field.name)} ${inner(field.type)}`,
      )
      return `row(${fields.join(', ')})`
    }
    case 'function':
      return `function(${[...type.argumentTypes, type.returnType].map(inner).join(', ')})`
    default:
      return RAW_NAMES[type.kind] ?? type.kind
  }
}
