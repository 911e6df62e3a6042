import { codePointCount } from '../../../values/code-points.js'
import type { ScalarOverload } from '../../function-definition.js'

/** Character by character, so that no text changes its length (no `ß` to `SS`, no final sigma). */
const mapPoints =
  (change: (point: string) => string) =>
  (text: string): string => {
    if (/^[\0-\x7f]*$/.test(text)) return change(text)
    let result = ''
    for (const point of text) {
      const changed = change(point)
      result += codePointCount(changed) === 1 ? changed : point
    }
    return result
  }

export const caseOverloads = (change: (text: string) => string): ScalarOverload[] => [
  {
    args: ['varchar(x)'],
    returns: 'varchar(x)',
    neverFails: true,
    evaluate: mapPoints(change),
  },
  { args: ['char(x)'], returns: 'char(x)', neverFails: true, evaluate: mapPoints(change) },
]
