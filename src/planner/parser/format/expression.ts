import type {
  ArithmeticBinaryExpression,
  Expression,
  ExpressionKind,
  FunctionCall,
  WhenClause,
} from '../ast/index.js'
import { formatDataType } from './data-type.js'
import {
  formatJsonArray,
  formatJsonExists,
  formatJsonObject,
  formatJsonQuery,
  formatJsonValue,
} from './json.js'
import { formatDoubleLiteral, formatIntervalLiteral } from './literal.js'
import { formatIdentifier, formatQualifiedName, formatStringLiteral } from './name.js'
import { type FormatRules, join, optional, quantifier } from './rules.js'
import { formatOrderBy, formatWindow } from './window.js'

/** Chains of operators longer than this are written without parentheses around each of them. */
export const PARENTHESIZED_CHAIN_MAX = 100

type Formatters = {
  readonly [K in ExpressionKind]: (
    node: Extract<Expression, { kind: K }>,
    rules: FormatRules,
  ) => string
}

const FORMATTERS: Formatters = {
  arithmeticBinaryExpression: formatArithmetic,
  arithmeticUnaryExpression: ({ sign, value }, rules) => {
    // without parentheses, a minus before a number would become part of it
    return sign === '-' ? `-(${rules.expression(value)})` : `+${operand(value, rules)}`
  },
  array: ({ values }, rules) => `ARRAY[${join(values, rules.expression, ',')}]`,
  atTimeZone: ({ value, timeZone }, rules) => {
    return `${primary(value, rules)} AT TIME ZONE ${rules.expression(timeZone)}`
  },
  betweenPredicate: ({ value, min, max }, rules) => {
    const range = `${operand(min, rules)} AND ${operand(max, rules)}`
    return `(${operand(value, rules)} BETWEEN ${range})`
  },
  binaryLiteral: ({ hex }) => `X'${hex}'`,
  booleanLiteral: ({ value }) => String(value),
  cast: ({ expression, type, safe }, rules) => {
    return `${safe ? 'TRY_CAST' : 'CAST'}(${rules.expression(expression)} AS ${formatDataType(type)})`
  },
  coalesceExpression: ({ operands }, rules) => `COALESCE(${join(operands, rules.expression)})`,
  comparisonExpression: ({ left, operator, right }, rules) => {
    return `(${operand(left, rules)} ${operator} ${operand(right, rules)})`
  },
  currentCatalog: () => 'CURRENT_CATALOG',
  currentDate: () => 'current_date',
  currentPath: () => 'CURRENT_PATH',
  currentSchema: () => 'CURRENT_SCHEMA',
  currentTime: ({ precision }) => `current_time${formatPrecision(precision)}`,
  currentTimestamp: ({ precision }) => `current_timestamp${formatPrecision(precision)}`,
  currentUser: () => 'CURRENT_USER',
  decimalLiteral: ({ text }) => `DECIMAL ${formatStringLiteral(text)}`,
  dereferenceExpression: formatDereference,
  doubleLiteral: ({ text }) => formatDoubleLiteral(text),
  existsPredicate: ({ subquery }, rules) => `(EXISTS ${rules.expression(subquery)})`,
  extract: ({ field, expression }, rules) => `EXTRACT(${field} FROM ${operand(expression, rules)})`,
  format: (node, rules) => `format(${join(node.arguments, rules.expression)})`,
  functionCall: formatFunctionCall,
  genericLiteral: ({ type, value }) => {
    const text = `${type} ${formatStringLiteral(value)}`
    // an alias after it could be taken for the field of an interval
    return type.toLowerCase() === 'interval' ? `(${text})` : text
  },
  groupingOperation: ({ groupingColumns }, rules) => {
    return `GROUPING (${join(groupingColumns, rules.expression)})`
  },
  identifier: formatIdentifier,
  ifExpression: ({ condition, trueValue, falseValue }, rules) => {
    const first = `${rules.expression(condition)}, ${rules.expression(trueValue)}`
    return `IF(${first}${optional(falseValue, rules.expression, ', ')})`
  },
  inListExpression: ({ values }, rules) => `(${join(values, rules.expression)})`,
  inPredicate: ({ value, valueList }, rules) => {
    return `(${operand(value, rules)} IN ${rules.expression(valueList)})`
  },
  intervalLiteral: formatIntervalLiteral,
  isNotNullPredicate: ({ value }, rules) => `(${operand(value, rules)} IS NOT NULL)`,
  isNullPredicate: ({ value }, rules) => `(${operand(value, rules)} IS NULL)`,
  jsonArray: formatJsonArray,
  jsonExists: formatJsonExists,
  jsonObject: formatJsonObject,
  jsonQuery: formatJsonQuery,
  jsonValue: formatJsonValue,
  lambdaExpression: (node, rules) => {
    const args = join(node.arguments, ({ name }) => formatIdentifier(name))
    return `(${args}) -> ${rules.expression(node.body)}`
  },
  likePredicate: ({ value, pattern, escape: escapeCharacter }, rules) => {
    const escaped = optional(escapeCharacter, (node) => operand(node, rules), ' ESCAPE ')
    return `(${operand(value, rules)} LIKE ${operand(pattern, rules)}${escaped})`
  },
  localTime: ({ precision }) => `localtime${formatPrecision(precision)}`,
  localTimestamp: ({ precision }) => `localtimestamp${formatPrecision(precision)}`,
  logicalExpression: ({ operator, terms }, rules) => {
    return `(${join(terms, (term) => operand(term, rules), ` ${operator} `)})`
  },
  longLiteral: ({ value }) => value,
  notExpression: ({ value }, rules) => `(NOT ${operand(value, rules)})`,
  nullIfExpression: ({ first, second }, rules) => {
    return `NULLIF(${rules.expression(first)}, ${rules.expression(second)})`
  },
  nullLiteral: () => 'null',
  parameter: () => '?',
  quantifiedComparisonExpression: ({ value, operator, quantifier, subquery }, rules) => {
    const right = `${quantifier} ${rules.expression(subquery)}`
    return `(${operand(value, rules)} ${operator} ${right})`
  },
  row: ({ items }, rules) => `ROW (${join(items, rules.expression)})`,
  searchedCaseExpression: ({ whenClauses, defaultValue }, rules) => {
    return formatCase('CASE', whenClauses, defaultValue, rules)
  },
  simpleCaseExpression: ({ operand: value, whenClauses, defaultValue }, rules) => {
    return formatCase(`CASE ${rules.expression(value)}`, whenClauses, defaultValue, rules)
  },
  stringLiteral: ({ value }) => formatStringLiteral(value),
  subqueryExpression: ({ query }, rules) => `(${rules.query(query, 0)})`,
  subscriptExpression: ({ base, index }, rules) => {
    return `${primary(base, rules)}[${operand(index, rules)}]`
  },
  trim: ({ specification, trimCharacter, trimSource }, rules) => {
    const characters = optional(trimCharacter, (node) => operand(node, rules))
    return `trim(${specification}${characters} FROM ${operand(trimSource, rules)})`
  },
  tryExpression: ({ innerExpression }, rules) => `TRY(${rules.expression(innerExpression)})`,
  windowOperation: ({ name, window }, rules) => {
    return `${formatIdentifier(name)} OVER ${formatWindow(window, rules)}`
  },
}

/** Writes an expression as Trino's ExpressionFormatter does: every operator in parentheses. */
export function formatExpressionNode(node: Expression, rules: FormatRules): string {
  const format = FORMATTERS[node.kind] as (node: Expression, rules: FormatRules) => string
  return format(node, rules)
}

/** An expression before or after an operator: the body of a lambda must not take that in. */
function operand(node: Expression, rules: FormatRules): string {
  const text = rules.expression(node)
  return node.kind === 'lambdaExpression' ? `(${text})` : text
}

/** An expression before `.field`, `[index]` or AT TIME ZONE, which bind more tightly than others. */
function primary(node: Expression, rules: FormatRules): string {
  const text = rules.expression(node)
  switch (node.kind) {
    case 'arithmeticUnaryExpression':
    case 'atTimeZone':
    case 'doubleLiteral':
    case 'lambdaExpression':
    case 'longLiteral':
      return `(${text})`
    default:
      return text
  }
}

function formatPrecision(precision: number | undefined): string {
  return precision === undefined ? '' : `(${precision})`
}

function isAdditive({ operator }: ArithmeticBinaryExpression): boolean {
  return operator === '+' || operator === '-'
}

/** Walks down the left sides, which may be thousands, instead of recursing. */
function formatArithmetic(node: ArithmeticBinaryExpression, rules: FormatRules): string {
  const chain = [node]
  let left = node.left
  while (left.kind === 'arithmeticBinaryExpression' && isAdditive(left) === isAdditive(node)) {
    chain.push(left)
    left = left.left
  }
  const flat = chain.length > PARENTHESIZED_CHAIN_MAX
  let text = operand(left, rules)
  for (const { operator, right } of chain.reverse()) {
    const next = `${text} ${operator} ${operand(right, rules)}`
    text = flat ? next : `(${next})`
  }
  return flat ? `(${text})` : text
}

/** Walks down the bases, which may be thousands, instead of recursing. */
function formatDereference(
  node: Extract<Expression, { kind: 'dereferenceExpression' }>,
  rules: FormatRules,
): string {
  const fields: string[] = []
  let base: Expression = node
  while (base.kind === 'dereferenceExpression') {
    fields.push(base.field === undefined ? '*' : formatIdentifier(base.field))
    base = base.base
  }
  return [primary(base, rules), ...fields.reverse()].join('.')
}

function formatCase(
  start: string,
  whenClauses: readonly WhenClause[],
  defaultValue: Expression | undefined,
  rules: FormatRules,
): string {
  const clauses = join(
    whenClauses,
    ({ operand: condition, result }) => {
      return ` WHEN ${rules.expression(condition)} THEN ${rules.expression(result)}`
    },
    '',
  )
  return `(${start}${clauses}${optional(defaultValue, rules.expression, ' ELSE ')} END)`
}

function nameOf(call: FunctionCall): string | undefined {
  const only = call.name.parts.length === 1 ? call.name.parts[0] : undefined
  return only === undefined || only.delimited ? undefined : only.value
}

function formatFunctionCall(node: FunctionCall, rules: FormatRules): string {
  if (nameOf(node) === 'LISTAGG' && node.arguments.length === 5) return formatListagg(node, rules)
  const chain = concatenation(node)
  if (chain !== undefined) return `(${join(chain, (term) => operand(term, rules), ' || ')})`
  const suffix = node.name.parts.at(-1)?.value.toLowerCase()
  const star = node.arguments.length === 0 && suffix === 'count'
  const args = star ? '*' : join(node.arguments, rules.expression)
  const distinct = quantifier(node.distinct, args)
  const orderBy = optional(node.orderBy, (clause) => formatOrderBy(clause, rules))
  return [
    optional(node.processingMode, ({ mode }) => `${mode} `, ''),
    `${formatQualifiedName(node.name)}(${distinct}${args}${orderBy})`,
    formatFilter(node.filter, rules),
    optional(node.nullTreatment, (treatment) => `${treatment} NULLS`),
    optional(node.window, (window) => formatWindow(window, rules), ' OVER '),
  ].join('')
}

/** The terms of a chain of `||` too long to be written as calls in calls. */
function concatenation(node: FunctionCall): Expression[] | undefined {
  const terms: Expression[] = []
  let next: Expression = node
  while (isConcatenation(next)) {
    const [left, right]: readonly Expression[] = next.arguments
    if (left === undefined || right === undefined) return undefined
    terms.push(right)
    next = left
  }
  if (terms.length <= PARENTHESIZED_CHAIN_MAX) return undefined
  return [...terms, next].reverse()
}

function isConcatenation(node: Expression): node is FunctionCall {
  if (node.kind !== 'functionCall' || nameOf(node) !== 'concat') return false
  const plain = node.window === undefined && node.filter === undefined && !node.distinct
  return plain && node.orderBy === undefined && node.arguments.length === 2
}

function formatFilter(filter: Expression | undefined, rules: FormatRules): string {
  return filter === undefined ? '' : ` FILTER (WHERE ${rules.expression(filter)})`
}

/** LISTAGG, whose call has the value, separator, overflow error, filler and count as arguments. */
function formatListagg(node: FunctionCall, rules: FormatRules): string {
  const [value, separator, error, filler, count] = node.arguments
  const text = (argument: Expression | undefined): string =>
    optional(argument, rules.expression, '')
  const isTrue = (argument: Expression | undefined): boolean => {
    return argument?.kind === 'booleanLiteral' && argument.value
  }
  const behavior = isTrue(error)
    ? 'ERROR'
    : `TRUNCATE ${text(filler)} ${isTrue(count) ? 'WITH' : 'WITHOUT'} COUNT`
  const first = text(value)
  const distinct = quantifier(node.distinct, first)
  const orderBy = optional(node.orderBy, (clause) => formatOrderBy(clause, rules), '')
  // Two blanks, as Trino leaves them there.
  const args = `${distinct}${first}, ${text(separator)} ON OVERFLOW  ${behavior}`
  return `LISTAGG(${args}) WITHIN GROUP (${orderBy})${formatFilter(node.filter, rules)}`
}
