import type { CharType } from '../../../spi/type/type.js'
import { padChar } from '../../../values/code-points.js'
import { type BoundCall, scalarFunction } from '../../function-definition.js'
import { type LikeMatcher, likeMatcher } from '../../value/like.js'

/** CHAR values match with their padding. */
function onText({ argumentTypes }: BoundCall): (text: string) => string {
  const [type] = argumentTypes
  if (type?.kind !== 'char') return (text) => text
  const { length } = type as CharType
  return (text) => padChar(text, length)
}

const bind = (call: BoundCall) => {
  const padded = onText(call)
  let lastPattern: string | undefined
  let lastEscape: string | undefined
  let matcher: LikeMatcher = () => false
  return (text: string, pattern: string, escapeWith?: string) => {
    if (pattern !== lastPattern || escapeWith !== lastEscape) {
      matcher = likeMatcher(pattern, escapeWith)
      lastPattern = pattern
      lastEscape = escapeWith
    }
    return matcher(padded(text))
  }
}

export const like = scalarFunction({
  name: '$like',
  description: 'Tells whether a text matches a pattern of % and _',
  overloads: [
    { args: ['char(x)', 'varchar'], returns: 'boolean', neverFails: true, bind },
    { args: ['char(x)', 'varchar', 'varchar'], returns: 'boolean', bind },
    { args: ['varchar(x)', 'varchar'], returns: 'boolean', neverFails: true, bind },
    { args: ['varchar(x)', 'varchar', 'varchar'], returns: 'boolean', bind },
  ],
})
