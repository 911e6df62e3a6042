import { scalarFunction } from '../../function-definition.js'
import { checkGroup, matchesOf } from './matches.js'

const extractAll = (text: string, pattern: string, group = 0n) => {
  const index = checkGroup(group, pattern)
  return Array.from(matchesOf(text, pattern), (match) => match[index] ?? null)
}

export const regexpExtractAll = scalarFunction({
  name: 'regexp_extract_all',
  description: 'All matches of a pattern in a string, or a group of each',
  overloads: [
    { args: ['varchar(x)', 'joniregexp'], returns: 'array(varchar(x))', evaluate: extractAll },
    {
      args: ['varchar(x)', 'joniregexp', 'bigint'],
      returns: 'array(varchar(x))',
      evaluate: extractAll,
    },
  ],
})
