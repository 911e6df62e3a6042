import { scalarFunction } from '../../function-definition.js'
import { checkGroup, matchesOf } from './matches.js'

const extractFirst = (text: string, pattern: string, group = 0n) => {
  const index = checkGroup(group, pattern)
  for (const match of matchesOf(text, pattern)) return match[index] ?? null
  return null
}

export const regexpExtract = scalarFunction({
  name: 'regexp_extract',
  description: 'The first match of a pattern in a string, or a group of it',
  overloads: [
    { args: ['varchar(x)', 'joniregexp'], returns: 'varchar(x)', evaluate: extractFirst },
    { args: ['varchar(x)', 'joniregexp', 'bigint'], returns: 'varchar(x)', evaluate: extractFirst },
  ],
})
