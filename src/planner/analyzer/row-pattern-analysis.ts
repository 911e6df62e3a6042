import type { Expression } from '../../expressions/ir.js'
import { coerce } from '../../expressions/ir-build.js'
import type {
  PatternExpression,
  PatternTerm,
  RowPatternSpec,
  RowsPerMatch,
  SkipTarget,
} from '../../expressions/row-pattern.js'
import { BOOLEAN, typeName } from '../../spi/index.js'
import type {
  NodeBase,
  PatternQuantifier,
  PatternRecognitionRelation,
  Relation,
  RowPattern,
  WindowFrame,
} from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import {
  type Analysis,
  type ExpressionContext,
  newField,
  newFields,
  visibleFields,
} from './analysis.js'
import type { BoundFramePattern, BoundPatternRecognition, BoundRelation, Field } from './bound.js'
import { canonicalName } from './canonical-name.js'
import { orderColumns, partitionColumns } from './input-columns.js'
import { analyzePatternExpression } from './row-pattern-expression.js'
import type { PatternContext } from './row-pattern-place.js'
import { relationScope, type Scope } from './scope.js'
import { semanticError } from './semantic-error.js'

type AnalyzeRelation = (node: Relation, scope: Scope, analysis: Analysis) => BoundRelation

const ROWS_PER_MATCH: Readonly<
  Record<NonNullable<PatternRecognitionRelation['rowsPerMatch']>, RowsPerMatch>
> = {
  ONE: 'one',
  ALL_SHOW_EMPTY: 'allShowEmpty',
  ALL_OMIT_EMPTY: 'allOmitEmpty',
  ALL_WITH_UNMATCHED: 'allWithUnmatched',
}

/**
 * MATCH_RECOGNIZE over a relation.
 * @throws MillraceError with Trino's code at the place in the text
 * @source Trino StatementAnalyzer.visitPatternRecognitionRelation, PatternRecognitionAnalyzer
 */
export function analyzePatternRecognition(
  node: PatternRecognitionRelation,
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
): BoundPatternRecognition {
  const source = analyzeRelation(node.input, scope, analysis)
  const inputScope = relationScope(visibleFields(source.fields), scope)
  const partitionBy = partitionColumns(node.partitionBy, inputScope)
  const orderBy = orderColumns(node.orderBy?.sortItems ?? [], inputScope)
  readFields(analysis, [...partitionBy, ...orderBy.map(({ field }) => field)])
  const rowsPerMatch = ROWS_PER_MATCH[node.rowsPerMatch ?? 'ONE']
  const inputs: Expression[] = []
  const parts = analyzePatternParts(node, inputScope, inputs, analysis, () =>
    checkPattern(node, rowsPerMatch),
  )
  const columns =
    rowsPerMatch === 'one'
      ? partitionBy
      : distinctFields([...partitionBy, ...orderBy.map((o) => o.field)])
  const rest =
    rowsPerMatch === 'one'
      ? []
      : inputScope.fields.filter((f) => !columns.some((c) => c.id === f.id))
  const measureFields = parts.measures.map((m, i) =>
    newField(analysis, m.expression.type, node.measures[i]!.name.value),
  )
  if (columns.length + rest.length + measureFields.length === 0) {
    const message = 'pattern recognition output table has no columns'
    throw semanticError('TABLE_HAS_NO_COLUMNS', node, message)
  }
  return {
    kind: 'patternRecognition',
    source,
    partitionBy,
    orderBy,
    inputs,
    columns: [...columns, ...rest],
    measuresAt: columns.length,
    spec: { ...parts, rowsPerMatch },
    fields: [...newFields(analysis, columns), ...measureFields, ...newFields(analysis, rest)],
  }
}

/** The scope where it may be used itself only; the result's columns and those of its query go together in ORDER BY. */
const withoutOuter = (scope: Scope): Scope =>
  scope.isOutput === true && scope.parent !== undefined
    ? { ...scope, parent: withoutOuter(scope.parent) }
    : { ...scope, forbidsOuter: true }

/** MATCH_RECOGNIZE, or a window frame with a pattern. */
type PatternClauses = PatternRecognitionRelation | (WindowFrame & { readonly pattern: RowPattern })

/**
 * Names first, as Trino does: the clauses' expressions are looked at when all labels are right.
 * @param inputs collects the fields and subqueries that the expressions read
 * @param checkPlace refuses what has no meaning where the pattern stands
 */
function analyzePatternParts(
  node: PatternClauses,
  scope: Scope,
  inputs: Expression[],
  analysis: Analysis,
  checkPlace: () => void,
): Omit<RowPatternSpec, 'rowsPerMatch'> {
  const labels = collectLabels(node.pattern)
  const context: PatternContext = {
    analysis,
    scope: withoutOuter(scope),
    variables: variablesOf(node, labels),
    inputs,
    numbersMatches: node.kind === 'patternRecognitionRelation',
  }
  checkDefinitions(node, labels)
  const pattern = termOf(node.pattern, labels)
  const skip = skipTarget(node, context)
  checkPlace()
  const definitions = analyzeDefinitions(node, labels, context)
  const measures = node.measures.map((m) =>
    analyzePatternExpression(m.expression, 'MEASURES', context),
  )
  return { labels, pattern, definitions, measures, skip }
}

/**
 * The row pattern of a window frame.
 * @throws MillraceError with Trino's code at the place in the text
 * @source Trino ExpressionAnalyzer.analyzeWindow, the part about row patterns
 */
export function analyzeFramePattern(
  frame: WindowFrame,
  context: ExpressionContext,
): BoundFramePattern | undefined {
  const { pattern } = frame
  if (pattern === undefined) {
    refuseWithoutPattern(frame)
    return undefined
  }
  checkPatternFrame(frame)
  const inputs: Expression[] = []
  const clauses = { ...frame, pattern }
  const parts = analyzePatternParts(clauses, context.scope, inputs, context.analysis, () =>
    refuseAnchors(pattern),
  )
  const { line, column } = frame.location
  return {
    key: `${line}:${column}`,
    inputs,
    spec: {
      ...parts,
      rowsPerMatch: 'window',
      ...(frame.patternSearchMode?.mode === 'SEEK' ? { seeks: true } : {}),
    },
  }
}

function refuseWithoutPattern(frame: WindowFrame): void {
  const refuse = (node: NodeBase, what: string): never => {
    throw semanticError('MISSING_ROW_PATTERN', node, `${what} PATTERN clause`)
  }
  const { measures, afterMatchSkipTo, patternSearchMode } = frame
  if (measures.length > 0) refuse(frame, 'Row pattern measures require')
  if (afterMatchSkipTo !== undefined) refuse(afterMatchSkipTo, 'AFTER MATCH SKIP clause requires')
  if (patternSearchMode !== undefined) {
    refuse(patternSearchMode, `${patternSearchMode.mode} modifier requires`)
  }
  const [subset] = frame.subsets
  if (subset !== undefined) refuse(subset, 'Union variable definitions require')
  const [definition] = frame.variableDefinitions
  if (definition !== undefined) refuse(definition, 'Primary pattern variable definitions require')
}

function checkPatternFrame(frame: WindowFrame): void {
  if (frame.variableDefinitions.length === 0) {
    throw semanticError(
      'MISSING_VARIABLE_DEFINITIONS',
      frame,
      'Pattern recognition requires DEFINE clause',
    )
  }
  const refuse = (message: string): never => {
    throw semanticError('INVALID_WINDOW_FRAME', frame, `Pattern recognition requires ${message}`)
  }
  if (frame.type !== 'ROWS') refuse('ROWS frame type')
  if (frame.start.type !== 'CURRENT ROW' || frame.end === undefined) {
    refuse('frame specified as BETWEEN CURRENT ROW AND ...')
  }
}

function refuseAnchors(pattern: RowPattern): void {
  if (pattern.kind === 'anchorPattern') {
    throw semanticError(
      'INVALID_ROW_PATTERN',
      pattern,
      'Anchor pattern syntax is not allowed in window',
    )
  }
  partsOf(pattern).forEach(refuseAnchors)
}

const distinctFields = (fields: readonly Field[]): readonly Field[] => [
  ...new Map(fields.map((f) => [f.id, f])).values(),
]

const partsOf = (pattern: RowPattern): readonly RowPattern[] => {
  switch (pattern.kind) {
    case 'patternAlternation':
    case 'patternConcatenation':
    case 'patternPermutation':
      return pattern.patterns
    case 'excludedPattern':
    case 'quantifiedPattern':
      return [pattern.pattern]
    case 'anchorPattern':
    case 'emptyPattern':
    case 'patternVariable':
      return []
  }
}

/** Primary variables in the order they first appear. */
function collectLabels(pattern: RowPattern): readonly string[] {
  const found = new Set<string>()
  const visit = (p: RowPattern): void => {
    if (p.kind === 'patternVariable') found.add(canonicalName(p.name))
    for (const part of partsOf(p)) visit(part)
  }
  visit(pattern)
  return [...found]
}

function variablesOf(
  node: PatternClauses,
  labels: readonly string[],
): ReadonlyMap<string, readonly number[]> {
  const variables = new Map<string, readonly number[]>(labels.map((label, i) => [label, [i]]))
  for (const subset of node.subsets) {
    const name = canonicalName(subset.name)
    if (variables.has(name)) {
      const kind = labels.includes(name)
        ? `union pattern variable name: ${subset.name.value} is a duplicate of primary pattern variable name`
        : `union pattern variable name: ${subset.name.value} is declared twice`
      throw semanticError('INVALID_LABEL', subset.name, kind)
    }
    const members = subset.identifiers.map((identifier) => {
      const label = labels.indexOf(canonicalName(identifier))
      if (label >= 0) return label
      throw semanticError(
        'INVALID_LABEL',
        identifier,
        `subset element: ${identifier.value} is not a primary pattern variable`,
      )
    })
    variables.set(name, members)
  }
  return variables
}

/** Each variable of DEFINE is in the pattern, and defined once. */
function checkDefinitions(node: PatternClauses, labels: readonly string[]): void {
  const defined = new Set<string>()
  for (const definition of node.variableDefinitions) {
    const label = canonicalName(definition.name)
    const refuse = (message: string) => semanticError('INVALID_LABEL', definition, message)
    const name = definition.name.value
    if (!labels.includes(label)) {
      throw refuse(`defined variable: ${name} is not a primary pattern variable`)
    }
    if (defined.has(label)) throw refuse(`pattern variable with name: ${name} is defined twice`)
    defined.add(label)
  }
}

function analyzeDefinitions(
  node: PatternClauses,
  labels: readonly string[],
  context: PatternContext,
): readonly (PatternExpression | null)[] {
  const definitions = labels.map((): PatternExpression | null => null)
  for (const definition of node.variableDefinitions) {
    const { expression, values } = analyzePatternExpression(
      definition.expression,
      'DEFINE',
      context,
    )
    if (expression.type.kind !== 'boolean' && expression.type.kind !== 'unknown') {
      throw semanticError(
        'TYPE_MISMATCH',
        definition.expression,
        `Expression defining a label must be boolean (actual type: ${typeName(expression.type)})`,
      )
    }
    const label = labels.indexOf(canonicalName(definition.name))
    definitions[label] = { expression: coerce(expression, BOOLEAN), values }
  }
  return definitions
}

function checkPattern(node: PatternRecognitionRelation, rowsPerMatch: RowsPerMatch): void {
  if (node.patternSearchMode !== undefined) {
    throw semanticError(
      'NOT_SUPPORTED',
      node.patternSearchMode,
      `Pattern search modifier: ${node.patternSearchMode.mode} is not allowed in MATCH_RECOGNIZE clause`,
    )
  }
  const visit = (p: RowPattern): void => {
    if (p.kind === 'excludedPattern' && rowsPerMatch === 'allWithUnmatched') {
      throw semanticError(
        'INVALID_ROW_PATTERN',
        p,
        'Pattern exclusion syntax is not allowed when ALL ROWS PER MATCH WITH UNMATCHED ROWS is specified',
      )
    }
    for (const part of partsOf(p)) visit(part)
  }
  visit(node.pattern)
}

function skipTarget(node: PatternClauses, context: PatternContext): SkipTarget {
  const skip = node.afterMatchSkipTo
  if (skip === undefined || skip.position === 'PAST LAST') return { kind: 'pastLast' }
  if (skip.position === 'NEXT') return { kind: 'next' }
  const labels = context.variables.get(canonicalName(skip.identifier!))
  if (labels === undefined) {
    throw semanticError(
      'INVALID_LABEL',
      skip.identifier!,
      `${skip.identifier!.value} is not a primary or union pattern variable`,
    )
  }
  return { kind: skip.position === 'FIRST' ? 'first' : 'last', labels }
}

function termOf(pattern: RowPattern, labels: readonly string[]): PatternTerm {
  const terms = (patterns: readonly RowPattern[]) => patterns.map((p) => termOf(p, labels))
  switch (pattern.kind) {
    case 'patternVariable':
      return { kind: 'label', label: labels.indexOf(canonicalName(pattern.name)) }
    case 'patternAlternation':
      return { kind: 'alternation', terms: terms(pattern.patterns) }
    case 'patternConcatenation':
      return { kind: 'concatenation', terms: terms(pattern.patterns) }
    case 'patternPermutation':
      return { kind: 'permutation', terms: terms(pattern.patterns) }
    case 'excludedPattern':
      return { kind: 'exclusion', term: termOf(pattern.pattern, labels) }
    case 'emptyPattern':
      return { kind: 'empty' }
    case 'anchorPattern':
      return { kind: 'anchor', at: pattern.type === 'PARTITION_START' ? 'start' : 'end' }
    case 'quantifiedPattern': {
      const { greedy } = pattern.quantifier
      return {
        kind: 'quantified',
        term: termOf(pattern.pattern, labels),
        greedy,
        ...bounds(pattern.quantifier),
      }
    }
  }
}

function bounds(quantifier: PatternQuantifier): { min: number; max?: number } {
  switch (quantifier.type) {
    case 'ZERO_OR_MORE':
      return { min: 0 }
    case 'ONE_OR_MORE':
      return { min: 1 }
    case 'ZERO_OR_ONE':
      return { min: 0, max: 1 }
    case 'RANGE': {
      const refuse = (code: 'NUMERIC_VALUE_OUT_OF_RANGE' | 'INVALID_RANGE', message: string) =>
        semanticError(code, quantifier, `Pattern quantifier ${message}`)
      const number = (text: string, what: string): number => {
        const value = Number(text.replaceAll('_', ''))
        if (value <= 2_147_483_647) return value
        throw refuse('NUMERIC_VALUE_OUT_OF_RANGE', `${what} bound must not exceed 2147483647`)
      }
      const min = quantifier.atLeast === undefined ? 0 : number(quantifier.atLeast, 'lower')
      if (quantifier.atMost === undefined) return { min }
      const max = number(quantifier.atMost, 'upper')
      if (max < 1) {
        throw refuse('NUMERIC_VALUE_OUT_OF_RANGE', 'upper bound must be greater than or equal to 1')
      }
      if (min > max) throw refuse('INVALID_RANGE', 'lower bound must not exceed upper bound')
      return { min, max }
    }
  }
}
