import type {
  Expression,
  FetchFirst,
  GroupingElement,
  Limit,
  Query,
  QueryBody,
  QuerySpecification,
  Select,
  SelectItem,
  SetOperation,
  WithQuery,
} from '../ast/index.js'
import { formatColumnAliases, formatIdentifier, formatQualifiedName } from './name.js'
import { formatRelation } from './relation.js'
import { formatFunctionSpecification } from './routine.js'
import {
  definitionLines,
  type FormatRules,
  indentation,
  join,
  optional,
  quantifier,
} from './rules.js'
import { formatOrderBy, formatWindow } from './window.js'

/** Writes a query as Trino's SqlFormatter does. */
export function formatQueryNode(node: Query, indent: number, rules: FormatRules): string {
  return [
    formatSessionProperties(node, indent, rules),
    formatFunctions(node, indent, rules),
    formatWith(node, indent, rules),
    formatQueryTerm(node.queryBody, indent, rules),
    formatTrailing(node, indent, rules),
  ].join('')
}

function formatSessionProperties(node: Query, indent: number, rules: FormatRules): string {
  if (node.sessionProperties.length === 0) return ''
  const properties = join(
    node.sessionProperties,
    ({ name, value }) => `${formatQualifiedName(name)} = ${rules.expression(value)}`,
  )
  return `${indentation(indent)}WITH SESSION ${properties}\n`
}

function formatFunctions(node: Query, indent: number, rules: FormatRules): string {
  if (node.functions.length === 0) return ''
  const functions = join(
    node.functions,
    (specification) => formatFunctionSpecification(specification, indent + 1, rules),
    ',\n',
  )
  return `${indentation(indent)}WITH\n${functions}\n`
}

function formatWith(node: Query, indent: number, rules: FormatRules): string {
  const margin = indentation(indent)
  return optional(
    node.with,
    ({ recursive, queries }) => {
      const format = (query: WithQuery): string => formatNamedQuery(query, indent, rules)
      return `${margin}WITH${recursive ? ' RECURSIVE' : ''}\n  ${join(queries, format, ', ')}`
    },
    '',
  )
}

function formatNamedQuery(node: WithQuery, indent: number, rules: FormatRules): string {
  const margin = indentation(indent)
  const name = formatIdentifier(node.name) + formatColumnAliases(node.columnNames)
  return `${margin}${name} AS (\n${rules.query(node.query, indent + 1)}${margin}) \n`
}

/** ORDER BY, OFFSET, LIMIT, FETCH, a line each. */
function formatTrailing(
  node: Pick<Query, 'orderBy' | 'offset' | 'limit'>,
  indent: number,
  rules: FormatRules,
): string {
  const line = (text: string): string => `${indentation(indent)}${text}\n`
  return [
    optional(node.orderBy, (clause) => line(formatOrderBy(clause, rules)), ''),
    optional(node.offset, ({ rowCount }) => line(`OFFSET ${rules.expression(rowCount)} ROWS`), ''),
    optional(node.limit, (clause) => line(formatLimit(clause, rules)), ''),
  ].join('')
}

function formatLimit(node: Limit | FetchFirst, rules: FormatRules): string {
  const { rowCount } = node
  if (node.kind === 'limit') {
    return `LIMIT ${rowCount === undefined ? 'ALL' : rules.expression(rowCount)}`
  }
  const count = rowCount === undefined ? 'ROW' : `${rules.expression(rowCount)} ROWS`
  return `FETCH FIRST ${count} ${node.withTies ? 'WITH TIES' : 'ONLY'}`
}

/** A query body where only one can stand: a table has the word TABLE before its name. */
function formatQueryTerm(node: QueryBody, indent: number, rules: FormatRules): string {
  if (node.kind === 'table') return `TABLE ${formatQualifiedName(node.name)}\n`
  return formatQueryBody(node, indent, rules)
}

export function formatQueryBody(node: QueryBody, indent: number, rules: FormatRules): string {
  switch (node.kind) {
    case 'querySpecification':
      return formatQuerySpecification(node, indent, rules)
    case 'table':
    case 'tableSubquery':
      return formatRelation(node, indent, rules)
    case 'values': {
      const format = (row: (typeof node.rows)[number], index: number): string => {
        return `\n${indentation(indent)}${index === 0 ? '  ' : ', '}${rules.expression(row)}`
      }
      return ` VALUES ${node.rows.map(format).join('')}\n`
    }
    case 'except':
    case 'intersect':
    case 'union':
      return formatSetOperation(node, indent, rules)
  }
}

function sidesOf(node: SetOperation): readonly QueryBody[] {
  return node.kind === 'except' ? [node.left, node.right] : node.relations
}

/** Walks down the left sides, which may be thousands, instead of recursing. */
function formatSetOperation(node: SetOperation, indent: number, rules: FormatRules): string {
  const parts: string[] = []
  let next: QueryBody = node
  while (next.kind === 'union' || next.kind === 'intersect' || next.kind === 'except') {
    const [left, ...others]: readonly QueryBody[] = sidesOf(next)
    if (left === undefined) break
    const operator = formatSetOperator(next)
    for (const other of others.reverse()) {
      parts.push(formatQueryTerm(other, indent, rules), operator)
    }
    next = left
  }
  parts.push(formatQueryTerm(next, indent, rules))
  return parts.reverse().join('')
}

function formatSetOperator(node: SetOperation): string {
  const corresponding = optional(
    node.corresponding,
    ({ columns }) =>
      `CORRESPONDING ${columns.length === 0 ? '' : `BY${formatColumnAliases(columns)} `}`,
    '',
  )
  return `${node.kind.toUpperCase()} ${node.distinct ? '' : 'ALL '}${corresponding}`
}

function formatQuerySpecification(
  node: QuerySpecification,
  indent: number,
  rules: FormatRules,
): string {
  const margin = indentation(indent)
  const line = (text: string): string => `${margin}${text}\n`
  const windows = node.windows.map(({ name, window }) => {
    return `${formatIdentifier(name)} AS ${formatWindow(window, rules)}`
  })
  return [
    formatSelect(node.select, indent, rules),
    optional(
      node.from,
      (from) => `${margin}FROM\n${margin}  ${formatRelation(from, indent, rules)}`,
      '',
    ),
    '\n',
    optional(node.where, (where) => line(`WHERE ${rules.expression(where)}`), ''),
    optional(
      node.groupBy,
      ({ distinct, groupingElements }) => {
        const elements = join(groupingElements, (item) => formatGroupingElement(item, rules))
        // Trino has two blanks before DISTINCT here
        return line(`GROUP BY ${distinct ? ' ' : ''}${quantifier(distinct, elements)}${elements}`)
      },
      '',
    ),
    optional(node.having, (having) => line(`HAVING ${rules.expression(having)}`), ''),
    windows.length === 0 ? '' : `${margin}WINDOW${definitionLines(windows, indent + 1)}`,
    formatTrailing(node, indent, rules),
  ].join('')
}

function formatSelect(node: Select, indent: number, rules: FormatRules): string {
  const margin = indentation(indent)
  const items = node.selectItems.map((item) => formatSelectItem(item, rules))
  const start = `${margin}SELECT ${quantifier(node.distinct, items[0] ?? '')}`
  if (items.length === 1) return `${start}${items[0]}\n`
  const lines = items.map((item, index) => `\n${margin}${index === 0 ? '  ' : ', '}${item}`)
  return `${start.trimEnd()}${lines.join('')}\n`
}

function formatSelectItem(node: SelectItem, rules: FormatRules): string {
  if (node.kind === 'singleColumn') {
    return rules.expression(node.expression) + optional(node.alias, formatIdentifier)
  }
  const { target, aliases } = node
  if (target === undefined) return '*'
  const columns = aliases.length === 0 ? '' : ` AS${formatColumnAliases(aliases)}`
  // as a field it has the parentheses that a field needs
  const star = { kind: 'dereferenceExpression', location: node.location, base: target } as const
  return rules.expression(star) + columns
}

function formatGroupingElement(node: GroupingElement, rules: FormatRules): string {
  const formatSet = (set: readonly Expression[]): string => `(${join(set, rules.expression)})`
  switch (node.kind) {
    case 'autoGroupBy':
      return 'AUTO'
    case 'simpleGroupBy': {
      const { columns } = node
      return columns.length === 1 ? join(columns, rules.expression) : formatSet(columns)
    }
    case 'groupingSets': {
      const type = node.type === 'EXPLICIT' ? 'GROUPING SETS' : node.type
      return `${type} (${join(node.sets, formatSet)})`
    }
  }
}
