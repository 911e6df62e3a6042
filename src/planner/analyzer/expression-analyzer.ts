import type { Expression } from '../../expressions/ir.js'
import { logical, not, row, symbol } from '../../expressions/ir-build.js'
import { isNumeric, MillraceError, typeName, UNKNOWN } from '../../spi/index.js'
import type {
  ArithmeticBinaryExpression,
  ArithmeticUnaryExpression,
  Expression as AstExpression,
  ExpressionKind,
  LogicalExpression,
  NotExpression,
  Parameter,
} from '../parser/ast/index.js'
import { analyze, analyzed, type ExpressionContext } from './analysis.js'
import { resolveCall } from './call-resolution.js'
import { coerceToBoolean, parameterName } from './coercion-analysis.js'
import { analyzeDereference, analyzeIdentifier } from './column-analysis.js'
import {
  analyzeCoalesce,
  analyzeIf,
  analyzeNullIf,
  analyzeSearchedCase,
  analyzeSimpleCase,
} from './conditional-analysis.js'
import { analyzeFunctionCall } from './function-analysis.js'
import { analyzeGroupingOperation } from './grouping-analysis.js'
import { analyzeJsonForm } from './json-analysis.js'
import { analyzeLiteral } from './literal-analysis.js'
import {
  analyzeBetween,
  analyzeComparison,
  analyzeInPredicate,
  analyzeIsNotNull,
  analyzeIsNull,
  analyzeLike,
} from './predicate-analysis.js'
import { semanticError } from './semantic-error.js'
import { sessionValue } from './session-analysis.js'
import {
  analyzeArray,
  analyzeAtTimeZone,
  analyzeCast,
  analyzeExtract,
  analyzeFormat,
  analyzeSubscript,
  analyzeTrim,
  analyzeTry,
} from './special-form-analysis.js'
import { analyzeExists, analyzeQuantified, analyzeScalarSubquery } from './subquery-analysis.js'
import { analyzeWindowMeasure } from './window-analysis.js'

type Kind<K extends ExpressionKind> = Extract<AstExpression, { kind: K }>
type Analyzer<K extends ExpressionKind> = (node: Kind<K>, context: ExpressionContext) => Expression

/**
 * Analyzes an expression of the text: names resolved, types checked, coercions written as casts.
 * @throws MillraceError with Trino's code and the place in the text
 * @source Trino io.trino.sql.analyzer.ExpressionAnalyzer
 */
export const analyzeExpression = (node: AstExpression, context: ExpressionContext): Expression =>
  (ANALYZERS[node.kind] as (node: AstExpression, context: ExpressionContext) => Expression)(
    node,
    context,
  )

const literal = (node: Parameters<typeof analyzeLiteral>[0], context: ExpressionContext) =>
  analyzeLiteral(node, context.analysis)

const ANALYZERS: { readonly [K in ExpressionKind]: Analyzer<K> } = {
  arithmeticBinaryExpression: analyzeArithmetic,
  arithmeticUnaryExpression: analyzeSign,
  array: analyzeArray,
  atTimeZone: analyzeAtTimeZone,
  betweenPredicate: analyzeBetween,
  binaryLiteral: literal,
  booleanLiteral: literal,
  cast: analyzeCast,
  coalesceExpression: analyzeCoalesce,
  comparisonExpression: analyzeComparison,
  currentCatalog: sessionValue,
  currentDate: sessionValue,
  currentPath: sessionValue,
  currentSchema: sessionValue,
  currentTime: sessionValue,
  currentTimestamp: sessionValue,
  currentUser: sessionValue,
  decimalLiteral: literal,
  dereferenceExpression: analyzeDereference,
  doubleLiteral: literal,
  existsPredicate: analyzeExists,
  extract: analyzeExtract,
  format: analyzeFormat,
  functionCall: analyzeFunctionCall,
  genericLiteral: literal,
  groupingOperation: analyzeGroupingOperation,
  identifier: analyzeIdentifier,
  ifExpression: analyzeIf,
  inListExpression: (node) => {
    throw semanticError('NOT_SUPPORTED', node, 'A list stands only after IN')
  },
  inPredicate: analyzeInPredicate,
  intervalLiteral: literal,
  isNotNullPredicate: analyzeIsNotNull,
  isNullPredicate: analyzeIsNull,
  jsonArray: analyzeJsonForm,
  jsonExists: analyzeJsonForm,
  jsonObject: analyzeJsonForm,
  jsonQuery: analyzeJsonForm,
  jsonValue: analyzeJsonForm,
  lambdaExpression: (node) => {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      'Lambda expression should always be used inside a function',
    )
  },
  likePredicate: analyzeLike,
  localTime: sessionValue,
  localTimestamp: sessionValue,
  logicalExpression: analyzeLogical,
  longLiteral: literal,
  notExpression: analyzeNot,
  nullIfExpression: analyzeNullIf,
  nullLiteral: literal,
  parameter: analyzeParameter,
  quantifiedComparisonExpression: analyzeQuantified,
  row: (node, context) => row(node.items.map((item) => analyze(item, context))),
  searchedCaseExpression: analyzeSearchedCase,
  simpleCaseExpression: analyzeSimpleCase,
  stringLiteral: literal,
  subqueryExpression: analyzeScalarSubquery,
  subscriptExpression: analyzeSubscript,
  trim: analyzeTrim,
  tryExpression: analyzeTry,
  windowOperation: analyzeWindowMeasure,
}

const OPERATORS = {
  '+': '$add',
  '-': '$subtract',
  '*': '$multiply',
  '/': '$divide',
  '%': '$modulus',
} as const

function analyzeArithmetic(
  node: ArithmeticBinaryExpression,
  context: ExpressionContext,
): Expression {
  const left = analyze(node.left, context)
  const right = analyze(node.right, context)
  return resolveCall(OPERATORS[node.operator], [left, right], node, context.analysis)
}

function analyzeSign(node: ArithmeticUnaryExpression, context: ExpressionContext): Expression {
  const value = analyze(node.value, context)
  if (node.sign === '-') return resolveCall('$negation', [value], node, context.analysis)
  const allowsPlus = isNumeric(value.type) && value.type.kind !== 'decimal'
  if (allowsPlus) return value
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `Unary '+' operator cannot by applied to ${typeName(value.type)} type`,
  )
}

function analyzeLogical(node: LogicalExpression, context: ExpressionContext): Expression {
  const terms = node.terms.map((term) =>
    coerceToBoolean(context.analysis, analyzed(term, context), 'Logical expression term'),
  )
  return logical(node.operator === 'AND' ? 'and' : 'or', terms)
}

function analyzeNot(node: NotExpression, context: ExpressionContext): Expression {
  return not(
    coerceToBoolean(
      context.analysis,
      analyzed(node.value, context),
      'Value of logical NOT expression',
    ),
  )
}

function analyzeParameter(node: Parameter, context: ExpressionContext): Expression {
  const { parameters } = context.analysis
  if (parameters === undefined) return symbol(parameterName(node.position), UNKNOWN)
  const value = parameters[node.position]
  if (value === undefined) {
    throw semanticError(
      'INVALID_PARAMETER_USAGE',
      node,
      `Query takes unknown parameter: ${node.position}`,
    )
  }
  if (value.kind === 'constant') return value
  try {
    return analyze(value, { ...context, scope: { fields: [], isQueryBoundary: false } })
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'COLUMN_NOT_FOUND') throw error
    const message = 'Constant expression cannot contain column references'
    throw new MillraceError('EXPRESSION_NOT_CONSTANT', message, { location: error.location })
  }
}
