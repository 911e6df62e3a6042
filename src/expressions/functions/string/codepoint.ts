import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const codepoint = scalarFunction({
  name: 'codepoint',
  description: 'The Unicode code point of a character',
  overloads: [
    {
      args: ['varchar(1)'],
      returns: 'integer',
      evaluate: (text: string) =>
        text.codePointAt(0) ?? invalidArgument('Input string must be a single character string'),
    },
  ],
})
