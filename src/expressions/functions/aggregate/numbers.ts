import { MillraceError } from '../../../spi/error.js'
import type { Value } from '../../../spi/type/value.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
  type FunctionDefinition,
} from '../../function-definition.js'

interface Logs {
  sum: number
  count: number
}

export const geometricMean = aggregateFunction({
  name: 'geometric_mean',
  description: 'The geometric mean of the values',
  overloads: ['bigint', 'double', 'real'].map((type) =>
    aggregateOverload({
      args: [type],
      returns: type === 'real' ? 'real' : 'double',
      intermediate: 'row(bigint, double)',
      bind: (): Accumulator<Logs> => ({
        create: () => ({ sum: 0, count: 0 }),
        add: (state, value) => {
          state.sum += Math.log(Number(value))
          state.count++
          return state
        },
        combine: (state, other) => ({
          sum: state.sum + other.sum,
          count: state.count + other.count,
        }),
        serialize: ({ sum, count }) => [BigInt(count), sum],
        deserialize: (value) => {
          const [count, sum] = value as readonly [bigint, number]
          return { count: Number(count), sum }
        },
        finish: ({ sum, count }) => {
          if (count === 0) return null
          const mean = Math.exp(sum / count)
          return type === 'real' ? Math.fround(mean) : mean
        },
      }),
    }),
  ),
})

const bits = (
  name: string,
  description: string,
  fold: (left: bigint, right: bigint) => bigint,
): FunctionDefinition => {
  const join = (state: Value, value: Value): Value =>
    state === null ? value : value === null ? state : fold(state as bigint, value as bigint)
  return aggregateFunction({
    name,
    description,
    overloads: [
      aggregateOverload({
        args: ['bigint'],
        returns: 'bigint',
        intermediate: 'bigint',
        bind: () => ({
          create: (): Value => null,
          add: (state: Value, value) => join(state, value!),
          combine: join,
          serialize: (state: Value) => state,
          deserialize: (value) => value,
          finish: (state: Value) => state,
        }),
      }),
    ],
  })
}

export const bitwiseAggregates: readonly FunctionDefinition[] = [
  bits('bitwise_and_agg', 'The bits that all values have', (left, right) => left & right),
  bits('bitwise_or_agg', 'The bits that any value has', (left, right) => left | right),
  bits(
    'bitwise_xor_agg',
    'The bits that an odd number of values have',
    (left, right) => left ^ right,
  ),
]

const MAX_LISTAGG_BYTES = 1 << 20

/** value, separator, whether overflow is an error, what stands for what is left out, whether its number follows. */
type Listagg = { readonly texts: string[]; options: readonly Value[] }

function joinTexts({ texts, options }: Listagg): Value {
  const [separator, isError, filler, withCount] = options as [string, boolean, string, boolean]
  const size = (text: string) => Buffer.byteLength(text)
  let bytes = 0
  let kept = 0
  while (kept < texts.length) {
    const next = size(texts[kept]!) + (kept === 0 ? 0 : size(separator))
    if (bytes + next > MAX_LISTAGG_BYTES) break
    bytes += next
    kept++
  }
  if (kept === texts.length) return texts.join(separator)
  if (isError) {
    throw new MillraceError(
      'EXCEEDED_FUNCTION_MEMORY_LIMIT',
      `Concatenated string has the length in bytes larger than the maximum output length ${MAX_LISTAGG_BYTES}`,
    )
  }
  const tail = withCount ? `${filler}(${texts.length - kept})` : filler
  return [...texts.slice(0, kept), tail].join(separator)
}

export const listagg = aggregateFunction({
  name: 'listagg',
  description: 'The values one after another, with a separator between',
  overloads: [
    aggregateOverload({
      args: ['varchar(v)', 'varchar(d)', 'boolean', 'varchar(f)', 'boolean'],
      returns: 'varchar',
      intermediate: 'row(array(varchar), varchar, boolean, varchar, boolean)',
      orderSensitive: true,
      bind: (): Accumulator<Listagg> => ({
        create: () => ({ texts: [], options: [] }),
        add: (state, value, ...options) => {
          state.texts.push(value as string)
          state.options = options
          return state
        },
        combine: (state, other) => {
          if (state.texts.length === 0) return other
          for (const text of other.texts) state.texts.push(text)
          return state
        },
        serialize: ({ texts, options }) => (texts.length === 0 ? null : [texts, ...options]),
        deserialize: (value) => {
          if (value === null) return { texts: [], options: [] }
          const [texts, ...options] = value as readonly Value[]
          return { texts: [...(texts as readonly string[])], options }
        },
        finish: (state) => (state.texts.length === 0 ? null : joinTexts(state)),
        byteSize: (state) => state.texts.length * 40,
      }),
    }),
  ],
})
