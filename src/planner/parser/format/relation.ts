import type {
  AliasedRelation,
  Join,
  PatternRecognitionRelation,
  Relation,
  RowsPerMatch,
} from '../ast/index.js'
import { PARENTHESIZED_CHAIN_MAX } from './expression.js'
import { formatJsonTable } from './json-table.js'
import {
  formatColumnAliases,
  formatIdentifier,
  formatQualifiedName,
  formatStringLiteral,
} from './name.js'
import { definitionLines, type FormatRules, indentation, join, optional } from './rules.js'
import { formatTableFunction } from './table-function.js'
import {
  formatMeasure,
  formatOrderBy,
  formatRowPattern,
  formatSkipTo,
  formatSubset,
  formatVariable,
} from './window.js'

/** Writes a relation of a FROM clause. */
export function formatRelation(node: Relation, indent: number, rules: FormatRules): string {
  switch (node.kind) {
    case 'aliasedRelation':
      return formatAliasedRelation(node, indent, rules)
    case 'join':
      return formatJoin(node, indent, rules)
    case 'jsonTable':
      return formatJsonTable(node, indent, rules)
    case 'lateral':
      return `LATERAL (${rules.query(node.query, indent + 1)}${indentation(indent)})`
    case 'patternRecognitionRelation':
      return formatPatternRecognition(node, indent, rules)
    case 'sampledRelation': {
      const percentage = rules.expression(node.samplePercentage)
      const input = formatSuffixed(node.relation, indent, rules)
      return `${input} TABLESAMPLE ${node.type} (${percentage})`
    }
    case 'table': {
      if (node.path !== undefined) return formatStringLiteral(node.path)
      const period = optional(node.queryPeriod, ({ rangeType, end }) => {
        return `FOR ${rangeType} AS OF ${rules.expression(end)}`
      })
      return formatQualifiedName(node.name) + period
    }
    case 'tableFunctionInvocation':
      return formatTableFunction(node, indent, rules)
    case 'tableSubquery':
      return `(\n${rules.query(node.query, indent + 1)}${indentation(indent)}) `
    case 'unnest': {
      const ordinality = node.withOrdinality ? ' WITH ORDINALITY' : ''
      return `UNNEST(${join(node.expressions, rules.expression)})${ordinality}`
    }
    case 'except':
    case 'intersect':
    case 'querySpecification':
    case 'union':
    case 'values':
      return rules.queryBody(node, indent)
  }
}

/** A relation before an alias, a sample or a pattern: in parentheses if it has one of them already. */
function formatSuffixed(node: Relation, indent: number, rules: FormatRules): string {
  switch (node.kind) {
    case 'aliasedRelation':
    case 'patternRecognitionRelation':
    case 'sampledRelation':
      return `( ${formatRelation(node, indent + 1, rules)}${indentation(indent)})`
    default:
      return formatRelation(node, indent, rules)
  }
}

function formatAliasedRelation(node: AliasedRelation, indent: number, rules: FormatRules): string {
  const alias = formatIdentifier(node.alias) + formatColumnAliases(node.columnNames)
  return `${formatSuffixed(node.relation, indent, rules)} ${alias}`
}

/** Walks down the left sides, which may be thousands, instead of recursing. */
function formatJoin(node: Join, indent: number, rules: FormatRules): string {
  const chain = [node]
  let left = node.left
  const implicit = node.type === 'IMPLICIT'
  while (left.kind === 'join' && (left.type === 'IMPLICIT') === implicit) {
    chain.push(left)
    left = left.left
  }
  const flat = chain.length > PARENTHESIZED_CHAIN_MAX
  let text = formatRelation(left, indent, rules)
  for (const join of chain.reverse()) {
    const right = formatRelation(join.right, indent, rules)
    const next = `${text}\n${indentation(indent)}${separatorOf(join)}${right}`
    text = implicit ? next : withCriteria(next, join, rules)
    if (!implicit && !flat) text = `(${text})`
  }
  return flat && !implicit ? `(${text})` : text
}

function separatorOf(node: Join): string {
  if (node.type === 'IMPLICIT') return ', '
  return `${node.criteria?.kind === 'naturalJoin' ? 'NATURAL ' : ''}${node.type} JOIN `
}

function withCriteria(text: string, { criteria }: Join, rules: FormatRules): string {
  switch (criteria?.kind) {
    case 'joinOn':
      return `${text} ON ${rules.expression(criteria.expression)}`
    case 'joinUsing':
      return `${text} USING (${join(criteria.columns, formatIdentifier)})`
    case 'naturalJoin':
    case undefined:
      return text
  }
}

const ROWS_PER_MATCH: Readonly<Record<RowsPerMatch, string>> = {
  ONE: 'ONE ROW PER MATCH',
  ALL_SHOW_EMPTY: 'ALL ROWS PER MATCH SHOW EMPTY MATCHES',
  ALL_OMIT_EMPTY: 'ALL ROWS PER MATCH OMIT EMPTY MATCHES',
  ALL_WITH_UNMATCHED: 'ALL ROWS PER MATCH WITH UNMATCHED ROWS',
}

function formatPatternRecognition(
  node: PatternRecognitionRelation,
  indent: number,
  rules: FormatRules,
): string {
  const margin = indentation(indent + 1)
  const lines: string[] = []
  const line = (text: string): void => {
    lines.push(`${margin}${text}\n`)
  }
  const list = (items: readonly string[]): string => definitionLines(items, indent + 2)
  if (node.partitionBy.length > 0) line(`PARTITION BY ${join(node.partitionBy, rules.expression)}`)
  if (node.orderBy !== undefined) line(formatOrderBy(node.orderBy, rules))
  if (node.measures.length > 0) {
    lines.push(`${margin}MEASURES${list(node.measures.map((item) => formatMeasure(item, rules)))}`)
  }
  if (node.rowsPerMatch !== undefined) line(ROWS_PER_MATCH[node.rowsPerMatch])
  if (node.afterMatchSkipTo !== undefined) line(formatSkipTo(node.afterMatchSkipTo))
  if (node.patternSearchMode !== undefined) line(node.patternSearchMode.mode)
  line(`PATTERN (${formatRowPattern(node.pattern)})`)
  if (node.subsets.length > 0) lines.push(`${margin}SUBSET${list(node.subsets.map(formatSubset))}`)
  const variables = node.variableDefinitions.map((item) => formatVariable(item, rules))
  lines.push(`${margin}DEFINE${list(variables)}`)
  const input = formatSuffixed(node.input, indent, rules)
  return `${input} MATCH_RECOGNIZE (\n${lines.join('')})`
}
