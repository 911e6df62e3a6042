import type { Value } from '../../../spi/type/value.js'
import type { BoundCall, LambdaValue, ScalarOverload } from '../../function-definition.js'
import { type PathOptions, pathOptions, pathRunner } from '../../sql-json/path-call.js'
import type { PathItem } from '../../sql-json/path-item.js'

/** @param items evaluates the path */
type PathAnswer = (
  items: () => readonly PathItem[],
  options: PathOptions,
  defaults: readonly LambdaValue[],
) => Value

/**
 * A call whose arguments are input, path, options and the row of passed values; then lambdas with defaults, where there
 * are any. Of no input it gives NULL.
 */
export const pathOverload = (
  signature: Pick<ScalarOverload, 'args' | 'returns' | 'typeVariables'>,
  answer: (call: BoundCall) => PathAnswer,
): ScalarOverload => ({
  ...signature,
  nulls: 'called',
  bind: (call) => {
    const run = pathRunner(call.argumentTypes[3]!)
    const give = answer(call)
    return (
      input: string | Uint8Array | null,
      path: string,
      text: string,
      passing: Value,
      ...defaults: LambdaValue[]
    ): Value => {
      if (input === null) return null
      const options = pathOptions(text)
      return give(() => run(input, path, options, passing), options, defaults)
    }
  },
})
