import { scalarFunction } from '../../function-definition.js'
import { caseOverloads } from './case-mapping.js'

/** Greek letters with iota subscript, whose upper case is two letters but for which there is a title case of one. */
const IOTA_SUBSCRIPT = /^[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7\u1fb3\u1fc3\u1ff3]$/

function upperCase(text: string): string {
  if (!IOTA_SUBSCRIPT.test(text)) return text.toUpperCase()
  const code = text.charCodeAt(0)
  return String.fromCharCode(code + (code < 0x1fb0 ? 8 : 9))
}

export const upper = scalarFunction({
  name: 'upper',
  description: 'The string in upper case',
  overloads: caseOverloads(upperCase),
})
