import { scalarFunction } from '../../function-definition.js'

export const startsWith = scalarFunction({
  name: 'starts_with',
  description: 'Tells whether a string begins with another',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'boolean',
      neverFails: true,
      evaluate: (text: string, prefix: string) => text.startsWith(prefix),
    },
  ],
})
