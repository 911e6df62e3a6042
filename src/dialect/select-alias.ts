import type { Expression, Select } from '../planner/parser/ast/index.js'
import { filled } from './tree.js'

/** Expressions of a SELECT list by alias, in lower case. */
export function aliasesOf(select: Select): ReadonlyMap<string, Expression> {
  const result = new Map<string, Expression>()
  for (const item of select.selectItems) {
    if (item.kind !== 'singleColumn' || item.alias === undefined) continue
    result.set(item.alias.value.toLowerCase(), item.expression)
  }
  return result
}

/** Properties that hold names of other things than columns, and queries with names of their own. */
const NOT_COLUMNS: ReadonlySet<string> = new Set([
  'name',
  'alias',
  'field',
  'type',
  'query',
  'location',
])

/**
 * A clause in which names may be aliases of the SELECT list, which Trino doesn't have: a name is the column of FROM where there is one, as
 * it is in these dialects, and else the expression of that alias.
 */
export function withAliases<T extends object>(
  clause: T,
  aliases: ReadonlyMap<string, Expression>,
): T {
  if (aliases.size === 0) return clause
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit)
    if (typeof value !== 'object' || value === null) return value
    const node = value as Readonly<Record<string, unknown>>
    // ROLLUP and the like take columns only.
    if (node.kind === 'dereferenceExpression' || node.kind === 'groupingSets') return node
    if (node.kind === 'identifier' && typeof node.value === 'string') {
      const expression = aliases.get(node.value.toLowerCase())
      return expression === undefined
        ? node
        : filled(
            '"$dialect_column_or"(_1, _2)',
            [value as Expression, expression],
            expression.location,
          )
    }
    return Object.fromEntries(
      Object.entries(node).map(([key, item]) => [key, NOT_COLUMNS.has(key) ? item : visit(item)]),
    )
  }
  return visit(clause) as T
}
