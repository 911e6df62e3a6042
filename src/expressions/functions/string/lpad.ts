import type { CharType } from '../../../spi/type/type.js'
import { padChar } from '../../../values/code-points.js'
import { type BoundCall, type ScalarOverload, scalarFunction } from '../../function-definition.js'
import { padText, textOverloads } from './padding.js'

/** Trino's rpad has no form for CHAR. */
const CHAR_AT_START: ScalarOverload = {
  args: ['char(x)', 'bigint', 'varchar(y)'],
  returns: 'varchar',
  bind: ({ argumentTypes }: BoundCall) => {
    const { length: padded } = argumentTypes[0] as CharType
    return (text: string, length: bigint, padding: string) =>
      padText(padChar(text, padded), length, padding, true)
  },
}

export const lpad = scalarFunction({
  name: 'lpad',
  description: 'The string or binary made a length by padding at its start, or cut to it',
  overloads: [...textOverloads(true), CHAR_AT_START],
})
