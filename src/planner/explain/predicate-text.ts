import type { Expression } from '../../expressions/ir.js'

/** Tells whether a condition is absent or TRUE. */
export const isTrueExpression = (e: Expression | undefined): boolean =>
  e === undefined || (e.kind === 'constant' && e.value === true)
