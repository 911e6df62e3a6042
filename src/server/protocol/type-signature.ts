import { formatIdentifier } from '../../engine/statements/identifier-text.js'
import {
  type RowType,
  type SqlType,
  simpleTypeName,
  type TypeForm,
  typeText,
} from '../../spi/index.js'

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
      return { rawType: simpleTypeName(type.kind), arguments: [] }
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
export const columnTypeText = (type: SqlType, parametricDatetime: boolean): string =>
  typeText(type, parametricDatetime ? COLUMN_FORM : { ...COLUMN_FORM, hasPrecision: false })

const COLUMN_FORM: TypeForm = {
  decimalSeparator: ', ',
  row: 'row',
  field: formatIdentifier,
  simple: (kind) => (kind.startsWith('interval') ? kind.toUpperCase() : simpleTypeName(kind)),
  hasPrecision: true,
}
