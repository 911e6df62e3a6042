import { parameterConstant } from '../../engine/query/parameter-constant.js'
import type { ParameterValue } from '../../engine/services.js'
import { MillraceError } from '../../spi/index.js'

/**
 * The values of the `?` as a message has them: what JSON has no form for is an object of one key, `{"$bigint": "5"}`,
 * `{"$number": "NaN"}`, `{"$date": "2020-01-01T00:00:00.000Z"}`, `{"$bytes": base64}`, `{"$doubles": [1, 2]}`,
 * `{"$map": [[key, value], …]}`, `{"$row": [[name, value], …]}`.
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
  if (entry !== undefined && others.length === 0) {
    const [form, content] = entry
    const found =
      typeof content === 'string' ? ofText(form, content) : ofParts(form, content, position)
    if (found !== undefined) return found
  }
  throw new MillraceError(
    'INVALID_PARAMETER_USAGE',
    `Value of parameter ${position + 1} has no SQL type: ${JSON.stringify(value).slice(0, 100)}`,
  )
}

function ofText(form: string, text: string): unknown {
  if (form === '$bigint' && /^-?\d{1,40}$/.test(text)) return BigInt(text)
  if (form === '$number') return SPECIAL_NUMBERS.get(text)
  if (form === '$date') return new Date(text)
  if (form === '$bytes') return new Uint8Array(Buffer.from(text, 'base64'))
  return undefined
}

function ofParts(form: string, parts: unknown, position: number): unknown {
  if (!Array.isArray(parts)) return undefined
  if (form === '$doubles') {
    const numbers = parts.map((part) => plainValue(part, position))
    return numbers.every((number) => typeof number === 'number')
      ? Float64Array.from(numbers)
      : undefined
  }
  if (!parts.every((part) => Array.isArray(part) && part.length === 2)) return undefined
  const pairs = parts as [unknown, unknown][]
  if (form === '$map') {
    return new Map(
      pairs.map(([key, value]) => [plainValue(key, position), plainValue(value, position)]),
    )
  }
  if (form !== '$row' || !pairs.every(([name]) => typeof name === 'string')) return undefined
  // Without a prototype, so that no name means anything but itself.
  const row = Object.create(null) as Record<string, unknown>
  for (const [name, value] of pairs) row[name as string] = plainValue(value, position)
  return row
}
