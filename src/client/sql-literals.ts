import { isoText, unusable } from './wire-parameters.js'

const BIGINT_LIMIT = 2n ** 63n
const DECIMAL_LIMIT = 10n ** 38n

/**
 * The values of the `?` as literals of SQL, of the types that the embedded engine gives them, for servers that take no
 * others.
 * @throws INVALID_PARAMETER_USAGE
 */
export const sqlLiterals = (values: readonly unknown[]): string[] => values.map(sqlLiteral)

function sqlLiteral(value: unknown, position: number): string {
  switch (typeof value) {
    case 'boolean':
      return String(value)
    case 'string':
      return textLiteral(value)
    case 'number':
      return numberLiteral(value)
    case 'bigint':
      if (value >= -BIGINT_LIMIT && value < BIGINT_LIMIT) return `BIGINT '${value}'`
      if (value > -DECIMAL_LIMIT && value < DECIMAL_LIMIT) {
        return `CAST(DECIMAL '${value}' AS decimal(38, 0))`
      }
      break
    case 'object':
      if (value === null) return 'NULL'
      if (value instanceof Date) {
        const text = isoText(value, position).replace('T', ' ').replace('Z', '')
        return `TIMESTAMP '${text.replace(/^\+0*/, '')} UTC'`
      }
      if (value instanceof Uint8Array) {
        return `X'${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}'`
      }
      if (Array.isArray(value)) {
        return `ARRAY[${value.map((element) => sqlLiteral(element, position)).join(', ')}]`
      }
      break
  }
  throw unusable(position, value)
}

function numberLiteral(value: number): string {
  if (Number.isNaN(value)) return 'nan()'
  if (!Number.isFinite(value)) return value > 0 ? 'infinity()' : '-infinity()'
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    return `DOUBLE '${Object.is(value, -0) ? '-0' : value}'`
  }
  return value === -(2 ** 31) ? `INTEGER '${value}'` : String(value)
}

const textLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`
