import { MillraceError } from '../../../spi/error.js'
import type { Value } from '../../../spi/type/value.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'

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
