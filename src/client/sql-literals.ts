import {
  type MapValue,
  type SqlType,
  typeName,
  type Value,
  type ZonedTimestamp,
} from '../spi/index.js'
import { parameterValue } from '../values/parameter-value.js'

const PICOS_PER_MILLI = 1_000_000_000n

/**
 * The values of the `?` as literals of SQL, of the types that the embedded engine gives them, for servers that take no
 * others.
 * @throws INVALID_PARAMETER_USAGE
 */
export const sqlLiterals = (values: readonly unknown[]): string[] =>
  values.map((value, position) => {
    const { type, carrier } = parameterValue(value, position)
    return sqlLiteral(type, carrier)
  })

function sqlLiteral(type: SqlType, value: Value): string {
  if (value === null) return 'NULL'
  switch (type.kind) {
    case 'integer':
      return value === -(2 ** 31) ? `INTEGER '${value}'` : String(value)
    case 'bigint':
      return `BIGINT '${value}'`
    case 'decimal':
      return `CAST(DECIMAL '${value}' AS ${typeName(type)})`
    case 'double':
      return doubleLiteral(value as number)
    case 'varchar':
      return `'${(value as string).replaceAll("'", "''")}'`
    case 'varbinary':
      return `X'${Array.from(value as Uint8Array, (byte) => byte.toString(16).padStart(2, '0')).join('')}'`
    case 'timestamp with time zone':
      return timestampLiteral((value as ZonedTimestamp).picos)
    case 'array':
      return arrayLiteral(type.element, value as readonly Value[])
    case 'map': {
      const { keys, values } = value as MapValue
      return `MAP(${arrayLiteral(type.key, keys)}, ${arrayLiteral(type.value, values)})`
    }
    case 'row': {
      const fields = value as readonly Value[]
      const literals = type.fields.map((field, i) => sqlLiteral(field.type, fields[i]!))
      return `CAST(ROW(${literals.join(', ')}) AS ${typeName(type)})`
    }
    default:
      return String(value)
  }
}

const arrayLiteral = (element: SqlType, values: readonly Value[]): string =>
  `ARRAY[${values.map((value) => sqlLiteral(element, value)).join(', ')}]`

function doubleLiteral(value: number): string {
  if (Number.isNaN(value)) return 'nan()'
  if (!Number.isFinite(value)) return value > 0 ? 'infinity()' : '-infinity()'
  return `DOUBLE '${Object.is(value, -0) ? '-0' : value}'`
}

function timestampLiteral(picos: bigint): string {
  const text = new Date(Number(picos / PICOS_PER_MILLI))
    .toISOString()
    .replace('T', ' ')
    .replace('Z', '')
  return `TIMESTAMP '${text.replace(/^\+0*/, '')} UTC'`
}
