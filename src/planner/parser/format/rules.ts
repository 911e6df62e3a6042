import type { Expression, Query, QueryBody } from '../ast/index.js'

/** The formatters that call each other in circles, tied together in `format.ts`. */
export interface FormatRules {
  /** An expression on one line, but for the queries in it. */
  expression(node: Expression): string
  /** A query in lines that begin with three blanks for each level of `indent`; the last one ends. */
  query(node: Query, indent: number): string
  queryBody(node: QueryBody, indent: number): string
}

const INDENT = '   '

export function indentation(level: number): string {
  return INDENT.repeat(level)
}

/** Makes text of each item and joins the texts. */
export function join<T>(
  items: readonly T[],
  format: (item: T) => string,
  separator = ', ',
): string {
  return items.map(format).join(separator)
}

/** ` prefix text` of what may be absent. */
export function optional<T>(
  value: T | undefined,
  format: (value: T) => string,
  prefix = ' ',
): string {
  return value === undefined ? '' : prefix + format(value)
}

/** Definitions after a word: one on the same line, more on lines of their own. */
export function definitionLines(definitions: readonly string[], indent: number): string {
  if (definitions.length === 1) return ` ${definitions[0]}\n`
  return `\n${join(definitions, (text) => indentation(indent) + text, ',\n')}\n`
}

/** DISTINCT before a list; ALL before one that starts with ALL as a name, which needs it. */
export function quantifier(distinct: boolean, list: string): string {
  if (distinct) return 'DISTINCT '
  return /^all[ (]/i.test(list) ? 'ALL ' : ''
}
