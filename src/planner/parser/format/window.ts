import type {
  FrameBound,
  MeasureDefinition,
  OrderBy,
  PatternQuantifier,
  RowPattern,
  SkipTo,
  SortItem,
  SubsetDefinition,
  VariableDefinition,
  Window,
  WindowFrame,
} from '../ast/index.js'
import { formatIdentifier } from './name.js'
import { type FormatRules, join, optional } from './rules.js'

export function formatOrderBy(node: OrderBy, rules: FormatRules): string {
  return `ORDER BY ${join(node.sortItems, (item) => formatSortItem(item, rules))}`
}

export function formatSortItem(node: SortItem, rules: FormatRules): string {
  const ordering = node.ordering === 'ASCENDING' ? 'ASC' : 'DESC'
  const nulls = node.nullOrdering === 'UNDEFINED' ? '' : ` NULLS ${node.nullOrdering}`
  return `${rules.expression(node.sortKey)} ${ordering}${nulls}`
}

/** A window by name, or its specification in parentheses. */
export function formatWindow(node: Window, rules: FormatRules): string {
  if (node.kind === 'windowReference') return formatIdentifier(node.name)
  const parts: string[] = []
  if (node.existingWindowName !== undefined) parts.push(formatIdentifier(node.existingWindowName))
  if (node.partitionBy.length > 0) {
    parts.push(`PARTITION BY ${join(node.partitionBy, rules.expression)}`)
  }
  if (node.orderBy !== undefined) parts.push(formatOrderBy(node.orderBy, rules))
  if (node.frame !== undefined) parts.push(formatFrame(node.frame, rules))
  return `(${parts.join(' ')})`
}

function formatFrame(node: WindowFrame, rules: FormatRules): string {
  const measures = join(node.measures, (measure) => formatMeasure(measure, rules))
  const start = formatFrameBound(node.start, rules)
  const extent =
    node.end === undefined ? start : `BETWEEN ${start} AND ${formatFrameBound(node.end, rules)}`
  const subsets = join(node.subsets, formatSubset)
  const variables = join(node.variableDefinitions, (item) => formatVariable(item, rules))
  return [
    measures === '' ? '' : `MEASURES ${measures} `,
    `${node.type} ${extent}`,
    optional(node.afterMatchSkipTo, formatSkipTo),
    optional(node.patternSearchMode, ({ mode }) => mode),
    optional(node.pattern, (pattern) => ` PATTERN(${formatRowPattern(pattern)})`, ''),
    subsets === '' ? '' : ` SUBSET ${subsets}`,
    variables === '' ? '' : ` DEFINE ${variables}`,
  ].join('')
}

function formatFrameBound(node: FrameBound, rules: FormatRules): string {
  return `${optional(node.value, (value) => `${rules.expression(value)} `, '')}${node.type}`
}

export function formatMeasure(node: MeasureDefinition, rules: FormatRules): string {
  return `${rules.expression(node.expression)} AS ${formatIdentifier(node.name)}`
}

export function formatSubset(node: SubsetDefinition): string {
  return `${formatIdentifier(node.name)} = (${join(node.identifiers, formatIdentifier)})`
}

export function formatVariable(node: VariableDefinition, rules: FormatRules): string {
  return `${formatIdentifier(node.name)} AS ${rules.expression(node.expression)}`
}

export function formatSkipTo({ position, identifier }: SkipTo): string {
  if (position === 'PAST LAST') return 'AFTER MATCH SKIP PAST LAST ROW'
  if (position === 'NEXT') return 'AFTER MATCH SKIP TO NEXT ROW'
  return `AFTER MATCH SKIP TO ${position}${optional(identifier, formatIdentifier)}`
}

/** Writes a row pattern with parentheses around everything that has parts. */
export function formatRowPattern(node: RowPattern): string {
  switch (node.kind) {
    case 'anchorPattern':
      return node.type === 'PARTITION_START' ? '^' : '$'
    case 'emptyPattern':
      return '()'
    case 'excludedPattern':
      return `{-${formatRowPattern(node.pattern)}-}`
    case 'patternAlternation':
      return formatPatternChain(node)
    case 'patternConcatenation':
      return formatPatternChain(node)
    case 'patternPermutation':
      return `PERMUTE(${join(node.patterns, formatRowPattern)})`
    case 'patternVariable':
      return formatIdentifier(node.name)
    case 'quantifiedPattern':
      return `(${formatRowPattern(node.pattern)}${formatQuantifier(node.quantifier)})`
  }
}

/** Walks down the left sides, which may be thousands, instead of recursing. */
function formatPatternChain(
  node: Extract<RowPattern, { kind: 'patternAlternation' | 'patternConcatenation' }>,
): string {
  const separator = node.kind === 'patternAlternation' ? ' | ' : ' '
  const rights: string[] = []
  let next: RowPattern = node
  while (next.kind === node.kind && 'patterns' in next) {
    const [left, right]: readonly RowPattern[] = next.patterns
    if (left === undefined || right === undefined) break
    rights.push(formatRowPattern(right))
    next = left
  }
  const flat = rights.length > 100
  let text = formatRowPattern(next)
  for (const right of rights.reverse()) {
    text = flat ? `${text}${separator}${right}` : `(${text}${separator}${right})`
  }
  return flat ? `(${text})` : text
}

function formatQuantifier({ type, greedy, atLeast, atMost }: PatternQuantifier): string {
  const reluctant = greedy ? '' : '?'
  switch (type) {
    case 'ZERO_OR_MORE':
      return `*${reluctant}`
    case 'ONE_OR_MORE':
      return `+${reluctant}`
    case 'ZERO_OR_ONE':
      return `?${reluctant}`
    case 'RANGE':
      return `{${atLeast ?? ''},${atMost ?? ''}}${reluctant}`
  }
}
