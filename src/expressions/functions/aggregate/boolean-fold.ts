import type { Value } from '../../../spi/type/value.js'
import { aggregateOverload } from '../../function-definition.js'

export const folded = (fold: (left: boolean, right: boolean) => boolean) => {
  const join = (state: Value, value: Value): Value =>
    state === null ? value : value === null ? state : fold(state as boolean, value as boolean)
  return aggregateOverload({
    args: ['boolean'],
    returns: 'boolean',
    intermediate: 'boolean',
    ignoresDuplicates: true,
    bind: () => ({
      create: (): Value => null,
      add: (state: Value, value) => join(state, value!),
      combine: join,
      serialize: (state: Value) => state,
      deserialize: (value) => value,
      finish: (state: Value) => state,
    }),
  })
}
