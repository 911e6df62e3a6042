import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const concatWs = scalarFunction({
  name: 'concat_ws',
  description: 'Strings that are not NULL, one after another, with a separator between',
  overloads: [
    {
      args: ['varchar', 'array(varchar)'],
      returns: 'varchar',
      evaluate: (separator: string, texts: readonly (string | null)[]) =>
        texts.filter((text) => text !== null).join(separator),
    },
    {
      args: ['varchar', 'varchar'],
      returns: 'varchar',
      variableArity: true,
      nulls: 'called',
      evaluate: (separator: string | null, ...texts: (string | null)[]) => {
        if (texts.length === 0) invalidArgument('There must be two or more arguments')
        return separator === null ? null : texts.filter((text) => text !== null).join(separator)
      },
    },
  ],
})
