import type { RowType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { javaFormat } from '../../value/java-format.js'
import { converterOf } from './format-converter.js'

/** format(pattern, values…) is planned as a call with its values in a row. */
export const format = scalarFunction({
  name: '$format',
  description: 'Values formatted by a pattern of Java',
  overloads: [
    {
      args: ['varchar', 'T'],
      returns: 'varchar',
      typeVariables: ['T'],
      bind: ({ argumentTypes }) => {
        const converters = (argumentTypes[1] as RowType).fields.map(
          ({ type }) => converterOf(type)!,
        )
        return (pattern: string, values: readonly Value[]) =>
          javaFormat(
            pattern,
            values.map((value, i) => (value === null ? { kind: 'null' } : converters[i]!(value))),
          )
      },
    },
  ],
})
