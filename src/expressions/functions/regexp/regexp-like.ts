import { scalarFunction } from '../../function-definition.js'
import { compilePattern, matchesPattern } from '../../value/regexp.js'

export const regexpLike = scalarFunction({
  name: 'regexp_like',
  description: 'Tells whether a pattern matches anywhere in a string',
  overloads: [
    {
      args: ['varchar(x)', 'joniregexp'],
      returns: 'boolean',
      evaluate: (text: string, pattern: string) => matchesPattern(compilePattern(pattern), text),
    },
  ],
})
