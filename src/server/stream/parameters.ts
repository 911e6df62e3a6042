import { parameterConstant } from '../../engine/parameter-values.js'
import type { ParameterValue } from '../../engine/services.js'
import { MillraceError } from '../../spi/index.js'

/**
 * The values of the `?` as a message has them: what JSON has no form for is an object of one key, `{"$bigint": "5"}`,
 * `{"$number": "NaN"}`, `{"$date": "2020-01-01T00:00:00.000Z"}`, `{"$bytes": base64}`.
 * @throws INVALID_PARAMETER_USAGE
 */
export function parametersOf(values: readonly unknown[]): readonly ParameterValue[] {
  return values.map((value, position) => parameterConstant(plainValue(value, position), position))
}

const SPECIAL_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

function plainValue(value: unknown, position: number): unknown {
  if (Array.isArray(value)) return value.map((element) => plainValue(element, position))
  if (typeof value !== 'object' || value === null) return value
  const [entry, ...others] = Object.entries(value)
  if (entry !== undefined && others.length === 0 && typeof entry[1] === 'string') {
    const [form, text] = entry
    if (form === '$bigint' && /^-?\d{1,40}$/.test(text)) return BigInt(text)
    if (form === '$number' && SPECIAL_NUMBERS.has(text)) return SPECIAL_NUMBERS.get(text)
    if (form === '$date') return new Date(text)
    if (form === '$bytes') return new Uint8Array(Buffer.from(text, 'base64'))
  }
  throw new MillraceError(
    'INVALID_PARAMETER_USAGE',
    `Value of parameter ${position + 1} has no SQL type: ${JSON.stringify(value).slice(0, 100)}`,
  )
}
