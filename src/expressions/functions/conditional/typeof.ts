import { typeName } from '../../../spi/type/type.js'
import { scalarFunction } from '../../function-definition.js'

export const typeOf = scalarFunction({
  name: 'typeof',
  description: 'The name of the type of an expression',
  overloads: [
    {
      args: ['t'],
      returns: 'varchar',
      typeVariables: ['T'],
      nulls: 'called',
      neverFails: true,
      bind: ({ argumentTypes }) => {
        // Names of fields are shown without quotes.
        const name = typeName(argumentTypes[0]!).replaceAll('"', '')
        return () => name
      },
    },
  ],
})
