import type { PatternExpression } from '../../expressions/row-pattern.js'

/**
 * Whether a condition has one answer for a row and label of a given match start, whatever the labels of the rows before:
 * it reads the current row, rows at a distance from it or from the start, and its own label.
 */
export const dependsOnRowOnly = ({ values }: PatternExpression): boolean =>
  values.every((value) => {
    if (value.kind === 'matchNumber') return true
    if (value.kind === 'aggregate') return false
    const { at } = value
    if (at.kind !== 'navigation' || at.labels.length > 0) return false
    return value.kind === 'column' || (at.last && at.logicalOffset === 0 && at.physicalOffset === 0)
  })

/** Whether an expression may read rows before those of the match. */
export const looksBack = ({ values }: PatternExpression): boolean =>
  values.some(
    (value) => 'at' in value && value.at.kind === 'navigation' && value.at.physicalOffset < 0,
  )
