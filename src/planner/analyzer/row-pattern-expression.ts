import type { Expression } from '../../expressions/ir.js'
import type {
  PatternExpression,
  PatternPosition,
  PatternValue,
} from '../../expressions/row-pattern.js'
import { BIGINT, type ErrorCode, VARCHAR } from '../../spi/index.js'
import type {
  Expression as AstExpression,
  DereferenceExpression,
  FunctionCall,
  Identifier,
  NodeBase,
} from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import { type Analysis, analyze, type ExpressionContext, expressionContext } from './analysis.js'
import { resolveArguments } from './argument-analysis.js'
import { canonicalName } from './canonical-name.js'
import { coerceNoting } from './coercion-analysis.js'
import { fieldReference } from './column-analysis.js'
import { expressionText } from './expression-text.js'
import { functionName } from './function-analysis.js'
import {
  addInput,
  addValue,
  type Clause,
  NAVIGATIONS,
  navigation,
  type PatternContext,
  type Place,
  positionOf,
} from './row-pattern-place.js'
import { patternSubquery } from './row-pattern-subquery.js'
import { qualifiedNameOf, resolveField } from './scope.js'
import { semanticError } from './semantic-error.js'

/**
 * Analyzes an expression of MEASURES or DEFINE: what it reads of the match becomes values, by position.
 * @throws MillraceError with Trino's code at the place in the text
 * @source Trino PatternRecognitionAnalyzer and ExpressionAnalyzer
 */
export function analyzePatternExpression(
  node: AstExpression,
  clause: Clause,
  context: PatternContext,
): PatternExpression {
  const values: PatternValue[] = []
  const analysis = analysisAt(context, { clause, values })
  const expression = analyze(node, expressionContext(analysis, context.scope))
  return { expression, values }
}

/** The analysis of expressions at a place: columns and pattern functions are its own, the rest as everywhere. */
function analysisAt(context: PatternContext, place: Place): Analysis {
  const { analysis } = context
  return {
    ...analysis,
    withoutAsyncCalls: 'Pattern recognition',
    analyzeExpression: (node, inner) =>
      patternPart(node, inner, context, place) ?? analysis.analyzeExpression(node, inner),
  }
}

function patternPart(
  node: AstExpression,
  inner: ExpressionContext,
  context: PatternContext,
  place: Place,
): Expression | undefined {
  switch (node.kind) {
    case 'identifier':
      return column([node.value.toLowerCase()], '', [], node, inner, context, place)
    case 'dereferenceExpression':
      return labelledColumn(node, inner, context, place)
    case 'functionCall':
      return patternCall(node, inner, context, place)
    case 'subqueryExpression':
    case 'existsPredicate':
    case 'quantifiedComparisonExpression':
      return patternSubquery(node, inner, context, place)
    case 'inPredicate':
      return node.valueList.kind === 'subqueryExpression'
        ? patternSubquery(node, inner, context, place)
        : undefined
    case 'groupingOperation':
      throw semanticError(
        'NOT_SUPPORTED',
        node,
        'GROUPING() in pattern recognition context is not supported',
      )
    default:
      return undefined
  }
}

/** A name of several parts is a column of a variable: relations can not be named, nor fields of rows reached. */
function labelledColumn(
  node: DereferenceExpression,
  inner: ExpressionContext,
  context: PatternContext,
  place: Place,
): Expression | undefined {
  const name = qualifiedNameOf(node)
  if (name === undefined) return undefined
  const { base } = node
  const variable = base.kind === 'identifier' ? canonicalName(base) : ''
  const labels = context.variables.get(variable)
  if (labels !== undefined) {
    return column(name.slice(1), variable, labels, node, inner, context, place)
  }
  throw semanticError('COLUMN_NOT_FOUND', node, `Column '${name.join('.')}' cannot be resolved`)
}

/** @param labels none: the universal variable */
function column(
  name: readonly string[],
  variable: string,
  labels: readonly number[],
  node: Identifier | AstExpression,
  inner: ExpressionContext,
  context: PatternContext,
  place: Place,
): Expression | undefined {
  const resolved = resolveField(inner.scope, name, node)
  if (resolved === undefined) {
    if (variable === '') return undefined
    throw semanticError(
      'COLUMN_NOT_FOUND',
      node,
      `Column ${name[0]} prefixed with label ${variable} cannot be resolved`,
    )
  }
  const { field } = resolved
  readFields(inner.analysis, [field])
  return addInput(fieldReference(field), positionOf(variable, labels, place), context, place)
}

function patternCall(
  node: FunctionCall,
  inner: ExpressionContext,
  context: PatternContext,
  place: Place,
): Expression | undefined {
  const name = functionName(node)
  if (node.window !== undefined) {
    throw semanticError(
      'NESTED_WINDOW',
      node,
      'Cannot nest window functions or row pattern measures inside pattern recognition expressions',
    )
  }
  const lambda = node.arguments.find((argument) => argument.kind === 'lambdaExpression')
  if (lambda !== undefined) {
    throw semanticError(
      'NOT_SUPPORTED',
      lambda,
      'Lambda expression in pattern recognition context is not yet supported',
    )
  }
  const mode = node.processingMode
  if (mode?.mode === 'FINAL' && place.clause === 'DEFINE') {
    throw semanticError(
      'INVALID_PROCESSING_MODE',
      mode,
      'FINAL semantics is not supported in DEFINE clause',
    )
  }
  const isNavigation = NAVIGATIONS.has(name)
  const isAggregate = inner.analysis.registry.kinds(name).has('aggregate')
  const takesMode = name === 'first' || name === 'last' || isAggregate
  if (mode !== undefined && !takesMode) {
    throw semanticError(
      'INVALID_PROCESSING_MODE',
      mode,
      `${mode.mode} semantics is not supported with ${name} pattern recognition function`,
    )
  }
  if (isNavigation) return navigationCall(node, name, inner, context, place)
  if (name === 'match_number') {
    requireArguments(node, name, 0, 0)
    if (!context.numbersMatches) {
      throw semanticError(
        'INVALID_PATTERN_RECOGNITION_FUNCTION',
        node,
        'MATCH_NUMBER function is not supported in window',
      )
    }
    return addValue({ kind: 'matchNumber' }, BIGINT, place)
  }
  if (name === 'classifier') return classifier(node, context, place)
  return isAggregate ? aggregateCall(node, name, inner, context, place) : undefined
}

function requireArguments(node: FunctionCall, name: string, min: number, max: number): void {
  const count = node.arguments.length
  if (count >= min && count <= max) return
  const expected = min === max ? `${min}` : `${min} or ${max}`
  throw semanticError(
    'INVALID_FUNCTION_ARGUMENT',
    node,
    `${name.toUpperCase()} pattern recognition function requires ${expected} arguments`,
  )
}

function classifier(node: FunctionCall, context: PatternContext, place: Place): Expression {
  requireArguments(node, 'classifier', 0, 1)
  const [argument] = node.arguments
  if (argument === undefined) {
    return addValue({ kind: 'classifier', at: positionOf('', [], place) }, VARCHAR, place)
  }
  if (argument.kind !== 'identifier') {
    throw semanticError(
      'TYPE_MISMATCH',
      argument,
      `CLASSIFIER function argument should be primary pattern variable or subset name. Actual: ${argument.kind}`,
    )
  }
  const variable = canonicalName(argument)
  const labels = context.variables.get(variable)
  if (labels === undefined) {
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      argument,
      `${variable} is not a primary pattern variable or subset name`,
    )
  }
  return addValue({ kind: 'classifier', at: positionOf(variable, labels, place) }, VARCHAR, place)
}

function navigationCall(
  node: FunctionCall,
  name: string,
  inner: ExpressionContext,
  context: PatternContext,
  place: Place,
): Expression {
  const outer = place.inside
  if (outer !== undefined) {
    throw semanticError(
      'INVALID_NAVIGATION_NESTING',
      node,
      `Cannot nest ${name} pattern navigation function inside ${outer.name} ${outer.kind === 'aggregate' ? 'function' : 'pattern navigation function'}`,
    )
  }
  requireArguments(node, name, 1, 2)
  const isPhysical = name === 'prev' || name === 'next'
  const offset = offsetOf(node, name, isPhysical ? 1 : 0)
  const physical = name === 'prev' ? -offset : name === 'next' ? offset : 0
  const [argument] = node.arguments
  const nested = isPhysical && argument!.kind === 'functionCall' ? functionName(argument!) : ''
  const logical: FunctionCall | undefined =
    nested === 'first' || nested === 'last'
      ? (argument as FunctionCall)
      : isPhysical
        ? undefined
        : node
  if (logical !== undefined && logical !== node) requireArguments(logical, nested, 1, 2)
  const mode = logical?.processingMode
  if (mode?.mode === 'FINAL' && place.clause === 'DEFINE') {
    throw semanticError(
      'INVALID_PROCESSING_MODE',
      mode,
      'FINAL semantics is not supported in DEFINE clause',
    )
  }
  const last = logical === undefined || functionName(logical) === 'last'
  const steps = logical === undefined ? 0 : logical === node ? offset : offsetOf(logical, nested, 0)
  const variables = new Map<string, readonly number[]>()
  const value = analyze(logical?.arguments[0] ?? argument!, {
    ...inner,
    analysis: analysisAt(context, {
      ...place,
      inside: {
        kind: 'navigation',
        name,
        variables,
        positionOf: (labels) => navigation(labels, last, mode?.mode !== 'FINAL', steps, physical),
      },
    }),
  })
  if (variables.size === 0) {
    throw semanticError(
      'INVALID_ARGUMENTS',
      node,
      `Pattern navigation function '${name}' must contain at least one column reference or CLASSIFIER()`,
    )
  }
  if (variables.size > 1) {
    throw semanticError(
      'INVALID_ARGUMENTS',
      node,
      `All labels and classifiers inside the call to '${name}' must match`,
    )
  }
  return value
}

/** The second argument of a navigation, which is written as a number. */
function offsetOf(node: FunctionCall, name: string, otherwise: number): number {
  const argument = node.arguments[1]
  if (argument === undefined) return otherwise
  const refuse = (code: ErrorCode, message: string) => semanticError(code, node, message)
  const called = `${name} pattern recognition navigation function`
  const isNegated = argument.kind === 'arithmeticUnaryExpression' && argument.sign === '-'
  const literal = isNegated ? argument.value : argument
  if (literal.kind !== 'longLiteral') {
    throw refuse('INVALID_FUNCTION_ARGUMENT', `${called} requires a number as the second argument`)
  }
  const offset = isNegated ? -BigInt(literal.value) : BigInt(literal.value)
  if (offset < 0n) {
    throw refuse(
      'NUMERIC_VALUE_OUT_OF_RANGE',
      `${called} requires a non-negative number as the second argument (actual: ${offset})`,
    )
  }
  if (offset > 2_147_483_647n) {
    throw refuse(
      'NUMERIC_VALUE_OUT_OF_RANGE',
      `The second argument of ${called} must not exceed 2147483647 (actual: ${offset})`,
    )
  }
  return Number(offset)
}

function aggregateCall(
  node: FunctionCall,
  name: string,
  inner: ExpressionContext,
  context: PatternContext,
  place: Place,
): Expression {
  if (place.inside !== undefined) {
    const code: ErrorCode =
      place.inside.kind === 'aggregate' ? 'NESTED_AGGREGATION' : 'INVALID_NAVIGATION_NESTING'
    throw semanticError(
      code,
      node,
      `Cannot nest ${name} aggregate function inside ${place.inside.name} function`,
    )
  }
  refuseClauses(node, name)
  const star = node.arguments[0]
  const isLabelStar = star?.kind === 'dereferenceExpression' && star.field === undefined
  const values: PatternValue[] = []
  const variables = new Map<string, readonly number[]>()
  if (isLabelStar) {
    const variable = star.base.kind === 'identifier' ? canonicalName(star.base) : ''
    const labels = context.variables.get(variable)
    if (name !== 'count' || labels === undefined || node.arguments.length > 1) {
      throw labelStarError(star)
    }
    variables.set(variable, labels)
  }
  const row: PatternPosition = { kind: 'row' }
  const { resolved, args } = resolveArguments(
    isLabelStar ? { ...node, arguments: [] } : node,
    name,
    {
      ...inner,
      analysis: analysisAt(context, {
        clause: place.clause,
        values,
        inside: { kind: 'aggregate', name, variables, positionOf: () => row },
      }),
    },
  )
  if (variables.size > 1) {
    throw semanticError(
      'INVALID_ARGUMENTS',
      node,
      'All aggregate function arguments must apply to rows matched with the same label',
    )
  }
  return addValue(
    {
      kind: 'aggregate',
      function: resolved,
      args: args.map((arg, i) => coerceNoting(context.analysis, arg, resolved.argumentTypes[i]!)),
      values,
      labels: [...variables.values()][0] ?? [],
      running: node.processingMode?.mode !== 'FINAL',
    },
    resolved.returnType,
    place,
  )
}

const labelStarError = (node: NodeBase & AstExpression) =>
  semanticError(
    'INVALID_FUNCTION_ARGUMENT',
    node,
    `label.* syntax is only supported as the only argument of row pattern count function: ${expressionText(node)}`,
  )

function refuseClauses(node: FunctionCall, name: string): void {
  const refuse = (clause: string): never => {
    throw semanticError(
      'NOT_SUPPORTED',
      node,
      `Cannot use ${clause} with ${name} aggregate function in pattern recognition context`,
    )
  }
  if (node.distinct) refuse('DISTINCT')
  if (node.orderBy !== undefined) refuse('ORDER BY')
  if (node.filter !== undefined) refuse('FILTER')
}
