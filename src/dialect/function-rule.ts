import type { Expression, OrderBy } from '../planner/parser/ast/index.js'
import type { ForeignNode } from './foreign-node.js'
import type { Translation } from './translation.js'
import type { AggregateClauses } from './tree.js'

/** A call of the statement. */
export interface ForeignCall extends AggregateClauses {
  readonly name: string
  readonly args: readonly ForeignNode[]
  /** The second argument of GROUP_CONCAT, where it has a word of its own. */
  readonly separator?: ForeignNode
  /** Of WITHIN GROUP. */
  readonly withinGroup?: OrderBy
  readonly translation: Translation
  value(index: number): Expression
  condition(index: number): Expression
}

/**
 * What a function of a dialect is in Trino: templates in Trino's SQL, one for each number of arguments, with `_1` for the first
 * argument as a value and `_c1` as a condition; or code.
 */
export type FunctionRule = string | readonly string[] | ((call: ForeignCall) => Expression)

/** By name in lower case. */
export type FunctionRules = Readonly<Record<string, FunctionRule>>

/** How many arguments a template takes. */
export function arity(template: string): number {
  let most = 0
  for (const [, digits] of template.matchAll(/(?<![\w$])_c?(\d+)\b/g))
    most = Math.max(most, Number(digits))
  return most
}
